"""A second factor: codes of an app or recovery codes after the password, each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from contracts.common import Scope
from contracts.errors import Conflict, Forbidden, Invalid, SpaceError, TooMany
from contracts.own_account import Vanish
from contracts.people import (
    ChangePassword,
    CreateToken,
    EnterCode,
    OwnPassword,
    Register,
    SignedIn,
    SignIn,
    SignInWithCode,
)
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import access_rules, actions, queries, rules, totp
from services.people.actions import second_factor
from services.people.actions import sign_in as signing
from services.people.tables import RecoveryCode
from tests.unit.harness import meet
from tests.unit.people.harness import SEALER, Post

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
NOW = clock.now()
STEP = timedelta(seconds=totp.STEP_SECONDS)


@pytest.fixture
def sam(database: Database) -> Viewer:
    return signing.register(database, STRANGER, Register(name="Sam", password=SecretStr(PASSWORD))).viewer


def begin(database: Database, viewer: Viewer, password: str = PASSWORD) -> str:
    return signing.begin_second_factor(
        database, viewer, OwnPassword(password=SecretStr(password)), SEALER
    ).secret


def confirm(database: Database, viewer: Viewer, code: str) -> list[str]:
    return signing.confirm_second_factor(database, viewer, EnterCode(code=SecretStr(code)), SEALER).codes


def turn_on(database: Database, viewer: Viewer) -> tuple[str, list[str]]:
    """The secret and the recovery codes of a second factor that was set up a minute ago."""
    with clock.at(NOW - 2 * STEP):
        secret = begin(database, viewer)
        return secret, confirm(database, viewer, code(secret, NOW - 2 * STEP))


def code(secret: str, moment: datetime = NOW) -> str:
    return totp.code_at(secret, totp.step_at(moment))


def challenge(database: Database) -> str:
    """The challenge of a sign-in whose password was right."""
    with pytest.raises(Forbidden) as error:
        signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))
    assert error.value.code == "code-needed"
    found: str = error.value.data["challenge"]
    return found


def answer(database: Database, challenge: str, code: str, name: str = "sam") -> SignedIn:
    command = SignInWithCode(challenge=SecretStr(challenge), code=SecretStr(code), name=name)
    return signing.sign_in_with_code(database, STRANGER, command, SEALER)


def refusal(work: object, *arguments: object) -> str:
    with pytest.raises(SpaceError) as error:
        work(*arguments)  # type: ignore[operator]
    return error.value.faults[0].code if error.value.faults else error.value.code


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds: int, expected: str) -> None:
    # RFC 6238, appendix B: the last six of its eight digits.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    moment = datetime.fromtimestamp(seconds, UTC)
    assert code(secret, moment) == expected
    step = totp.step_at(moment)
    assert totp.matching_step(secret, expected, moment, 0) == step
    assert totp.matching_step(secret, expected, moment + STEP, 0) == step
    assert totp.matching_step(secret, expected, moment + 2 * STEP, 0) is None
    assert totp.matching_step(secret, expected, moment, step) is None


def test_after_the_password_a_code_opens_a_session(database: Database, sam: Viewer) -> None:
    secret, codes = turn_on(database, sam)
    with clock.at(NOW):
        waiting = challenge(database)
        assert refusal(answer, database, waiting, "000000") == "code-wrong"
        signed_in = answer(database, waiting, code(secret))
        assert signing.viewer_of_session(database, STRANGER, signed_in.token) == sam
        assert refusal(answer, database, waiting, code(secret)) == "challenge-over"
        # The same code opens nothing a second time.
        assert refusal(answer, database, challenge(database), code(secret)) == "code-wrong"
    assert (len(codes), len(set(codes))) == (access_rules.RECOVERY_CODES, access_rules.RECOVERY_CODES)
    assert refusal(answer, database, "unknown", "1") == "challenge-over"


def test_it_counts_only_once_a_code_was_entered(database: Database, sam: Viewer) -> None:
    assert refusal(begin, database, sam, "wrong") == "password-wrong"
    assert refusal(confirm, database, sam, "000000") == "code-wrong"
    with clock.at(NOW):
        secret = begin(database, sam)
        assert refusal(confirm, database, sam, "000000") == "code-wrong"
        assert signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))
        other = begin(database, sam)
        assert other != secret
        confirm(database, sam, code(other))
    challenge(database)
    for again in (lambda: begin(database, sam), lambda: confirm(database, sam, code(other))):
        with pytest.raises(Conflict):
            again()


def test_a_recovery_code_works_once_however_it_is_typed(database: Database, sam: Viewer) -> None:
    _, codes = turn_on(database, sam)
    assert answer(database, challenge(database), codes[0].upper().replace("-", " "))
    assert refusal(answer, database, challenge(database), codes[0]) == "code-wrong"
    assert answer(database, challenge(database), codes[1])
    with database.reading() as session:
        account = queries.me(session, sam)
        stored = session.scalars(select(RecoveryCode.code_hash)).all()
    assert (account.second_factor, account.recovery_codes) == (True, access_rules.RECOVERY_CODES - 2)
    assert not set(codes) & set(stored)


def test_who_is_to_vanish_enters_a_code_as_well(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)

    def vanish(typed: str) -> object:
        return signing.vanish(
            database, sam, Vanish(password=SecretStr(PASSWORD), code=SecretStr(typed)), SEALER
        )

    with clock.at(NOW):
        assert refusal(vanish, "") == "code-needed"
        assert refusal(vanish, "000000") == "code-wrong"
        assert vanish(code(secret))
    challenge(database)


def test_digits_of_any_script_are_digits(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)
    with clock.at(NOW):
        typed = code(secret).translate({48 + digit: 0x660 + digit for digit in range(10)})
        assert answer(database, challenge(database), f"{typed[:3]} {typed[3:]}")


def test_guesses_of_codes_are_counted_as_those_of_passwords(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)
    with clock.at(NOW):
        waiting = challenge(database)
        for _ in range(rules.SIGN_IN_TRIES - 1):
            assert refusal(answer, database, waiting, "000000") == "code-wrong"
        with pytest.raises(TooMany):
            answer(database, waiting, code(secret))


def test_nobody_turns_it_on_by_guessing(database: Database, sam: Viewer) -> None:
    with clock.at(NOW):
        secret = begin(database, sam)
        for _ in range(rules.SIGN_IN_TRIES):
            assert refusal(confirm, database, sam, "000000") == "code-wrong"
        with pytest.raises(TooMany):
            confirm(database, sam, code(secret))


def test_a_code_goes_on_with_the_name_of_its_sign_in_alone(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)
    with clock.at(NOW):
        waiting = challenge(database)
        # Else guesses would be counted for the devices of the account whose name is sent, however many those are.
        for name in ("", "Sammy"):
            assert refusal(answer, database, waiting, code(secret), name) == "challenge-over"
        assert answer(database, waiting, code(secret), " SAM ")


def test_a_challenge_ends_by_time_and_by_a_new_password(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)
    with clock.at(NOW):
        waiting = challenge(database)
    with clock.at(NOW + access_rules.CHALLENGE_LIFE):
        moment = NOW + access_rules.CHALLENGE_LIFE
        assert refusal(answer, database, waiting, code(secret, moment)) == "challenge-over"
    waiting = challenge(database)
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr("four other stones"))
    signing.change_password(database, sam, change)
    assert refusal(answer, database, waiting, code(secret, clock.now())) == "challenge-over"


def test_a_token_by_password_needs_a_code_too(database: Database, sam: Viewer) -> None:
    secret, _ = turn_on(database, sam)

    def make(viewer: Viewer, code: str = "") -> str:
        scopes: list[Scope] = ["read"]
        command = CreateToken(
            name="sam", password=SecretStr(PASSWORD), label="bot", scopes=scopes, code=SecretStr(code)
        )
        return signing.create_token(database, viewer, command, SEALER).token

    with clock.at(NOW):
        assert refusal(make, STRANGER) == "code-needed"
        assert refusal(make, sam.model_copy(update={"scopes": frozenset({"write"})})) == "code-needed"
        assert refusal(make, STRANGER, "000000") == "code-wrong"
        assert make(STRANGER, code(secret))
        assert refusal(make, STRANGER, code(secret)) == "code-wrong"
    assert make(sam)  # in a session, which a code has opened


def test_it_is_turned_off_by_the_password_and_both_are_told(database: Database, post: Post) -> None:
    command = Register(name="Sam", password=SecretStr(PASSWORD), email="sam@x.example")
    sam = signing.register(database, STRANGER, command).viewer
    (mail,) = post.sent()
    with database.writing() as session:
        actions.confirm_email(session, STRANGER, mail.token)
    turn_on(database, sam)
    assert [mail.template for mail in post.sent()] == ["second-factor-on"]
    with pytest.raises(Invalid):
        signing.remove_second_factor(database, sam, OwnPassword(password=SecretStr("wrong")))
    signing.remove_second_factor(database, sam, OwnPassword(password=SecretStr(PASSWORD)))
    assert [mail.template for mail in post.sent()] == ["second-factor-off"]
    assert signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))
    with database.reading() as session:
        assert session.scalars(select(RecoveryCode)).all() == []


def test_the_operator_turns_it_off_for_who_lost_it(database: Database, sam: Viewer) -> None:
    turn_on(database, sam)
    with database.writing() as session:
        actions.remove_second_factor_of(session, "SAM")
    assert signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))


def test_of_two_with_the_same_code_one_gets_in(database: Database, sam: Viewer) -> None:
    secret, codes = turn_on(database, sam)
    sam_id = sam.person_id or ""
    for typed in (code(secret, clock.now()), codes[0]):
        error = meet(
            database,
            lambda session, typed=typed: second_factor.check_code(session, sam_id, typed, SEALER),  # type: ignore[misc]
            lambda session, typed=typed: second_factor.check_code(session, sam_id, typed, SEALER),  # type: ignore[misc]
        )
        assert isinstance(error, Invalid)
