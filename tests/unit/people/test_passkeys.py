"""Passkeys as a second factor: challenge, origin, site, presence, signature and counter are those of this sign-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.errors import Conflict, Forbidden, Invalid, NotFound, SpaceError, TooMany
from contracts.passkeys import (
    AddPasskey,
    BeginPasskey,
    PasskeySetup,
    RemovePasskey,
    RenamePasskey,
    SignInWithPasskey,
)
from contracts.people import EnterCode, OwnPassword, Register, SignedIn, SignIn, SignInWithCode
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from core.relying_party import RelyingParty, relying_party
from core.settings import Settings
from services.people import access_rules, actions, passkeys, queries, rules, totp
from services.people.actions import passkeys as passkey_actions
from services.people.actions import sign_in as signing
from tests.unit.harness import meet
from tests.unit.people.authenticator import PRESENT, VERIFIED, Authenticator
from tests.unit.people.harness import SEALER, Post

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
SITE = RelyingParty(id="space.example", origin="https://space.example")


@pytest.fixture
def sam(database: Database) -> Viewer:
    return signing.register(database, STRANGER, Register(name="Sam", password=SecretStr(PASSWORD))).viewer


def begin(database: Database, viewer: Viewer, password: str = PASSWORD) -> PasskeySetup:
    return passkey_actions.begin(database, viewer, BeginPasskey(password=SecretStr(password)))


def add(database: Database, viewer: Viewer, token: str, credential: str, label: str = "Key") -> list[str]:
    command = AddPasskey(token=SecretStr(token), credential=credential, label=label)
    with database.writing() as session:
        return passkey_actions.add(session, viewer, command, SITE).codes


def added(database: Database, viewer: Viewer, key: Authenticator, label: str = "Key") -> list[str]:
    setup = begin(database, viewer)
    return add(database, viewer, setup.token, key.create(setup.challenge, SITE.id, SITE.origin), label)


def needed(database: Database) -> dict[str, Any]:
    """What a sign-in whose password was right is answered by."""
    with pytest.raises(Forbidden) as error:
        signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))
    assert error.value.code == "code-needed"
    return error.value.data


def answer(database: Database, asked: dict[str, Any], credential: str, name: str = "sam") -> SignedIn:
    command = SignInWithPasskey(challenge=SecretStr(asked["challenge"]), credential=credential, name=name)
    return passkey_actions.sign_in(database, STRANGER, command, SITE)


def use(database: Database, key: Authenticator, **changes: Any) -> SignedIn:
    asked = needed(database)
    return answer(database, asked, key.get(asked["passkey_challenge"], SITE.id, SITE.origin, **changes))


def refusal(work: Callable[..., object], *arguments: object, **named: Any) -> str:
    with pytest.raises(SpaceError) as error:
        work(*arguments, **named)
    return error.value.faults[0].code if error.value.faults else error.value.code


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://space.example", ("space.example", "https://space.example")),
        ("https://space.example:8443", ("space.example", "https://space.example:8443")),
        ("http://localhost:8000", ("localhost", "http://localhost:8000")),
        ("http://space.example", None),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.7", None),
        ("https://[::1]", None),
    ],
)
def test_passkeys_are_for_the_host_of_the_site(base_url: str, expected: tuple[str, str] | None) -> None:
    found = relying_party(base_url)
    assert (found and (found.id, found.origin)) == expected


def test_where_browsers_make_none_nothing_is_asked_for(tmp_path: Any) -> None:
    settings = Settings.from_environment({"SPACE_HOME": str(tmp_path)})
    with pytest.raises(Forbidden) as error:
        passkeys.site_of(settings)
    assert error.value.code == "passkeys-unavailable"


def test_a_passkey_is_added_and_signs_in(database: Database, sam: Viewer) -> None:
    key = Authenticator()
    codes = added(database, sam, key, "Blue key")
    assert len(codes) == access_rules.RECOVERY_CODES
    with database.reading() as session:
        account = queries.me(session, sam)
    (mine,) = account.passkeys
    assert (mine.label, mine.last_used_on) == ("Blue key", None)
    assert (account.second_factor, account.authenticator_app, account.recovery_codes) == (True, False, 10)
    asked = needed(database)
    assert (asked["app"], asked["passkeys"][0]["transports"]) == (False, ["usb", "nfc"])
    signed_in = use(database, key)
    assert (signed_in.viewer, signed_in.second_factor) == (sam, True)
    with database.reading() as session:
        assert queries.me(session, sam).passkeys[0].last_used_on == clock.now().date()
    # A recovery code works as well, once.
    for code, works in ((codes[0], True), (codes[0], False)):
        command = SignInWithCode(
            challenge=SecretStr(needed(database)["challenge"]), code=SecretStr(code), name="sam"
        )
        if works:
            assert signing.sign_in_with_code(database, STRANGER, command, SEALER)
        else:
            assert refusal(signing.sign_in_with_code, database, STRANGER, command, SEALER) == "code-wrong"


def test_the_same_answer_opens_nothing_a_second_time(database: Database, sam: Viewer) -> None:
    for counts in (True, False):
        key = Authenticator(counts)
        added(database, sam, key)
        asked = needed(database)
        credential = key.get(asked["passkey_challenge"], SITE.id, SITE.origin)
        assert answer(database, asked, credential)
        assert refusal(answer, database, asked, credential) == "challenge-over"
        assert refusal(answer, database, needed(database), credential) == "passkey-wrong"


@pytest.mark.parametrize(
    ("site", "origin", "changes"),
    [
        ("space.example", "https://evil.example", {}),
        ("space.example", "http://space.example", {}),
        ("space.example", "https://space.example.evil.example", {}),
        ("space.example", "https://www.space.example", {}),
        ("evil.example", "https://space.example", {}),
        ("example", "https://space.example", {}),
        ("space.example", "https://space.example", {"challenge": "AAAA"}),
        ("space.example", "https://space.example", {"type": "webauthn.nothing"}),
    ],
)
def test_what_was_said_to_another_site_counts_for_nothing(
    database: Database, sam: Viewer, site: str, origin: str, changes: dict[str, str]
) -> None:
    key, setup = Authenticator(), begin(database, sam)
    lured = key.create(setup.challenge, site, origin, **changes)
    assert refusal(add, database, sam, setup.token, lured) == "passkey-wrong"
    added(database, sam, key)
    asked = needed(database)
    lured = key.get(asked["passkey_challenge"], site, origin, **changes)
    assert refusal(answer, database, asked, lured) == "passkey-wrong"


def test_a_counter_that_does_not_grow_tells_of_a_copy(database: Database, sam: Viewer) -> None:
    key = Authenticator()
    added(database, sam, key)
    use(database, key)
    use(database, key)
    key.counter = 0
    assert refusal(use, database, key) == "passkey-wrong"
    key.counter = 2
    use(database, key)


def test_somebody_must_be_there(database: Database, sam: Viewer) -> None:
    key = Authenticator()
    key.flags = 0
    assert refusal(added, database, sam, key) == "passkey-wrong"
    key.flags = PRESENT | VERIFIED
    added(database, sam, key)
    use(database, key)
    key.flags = VERIFIED
    assert refusal(use, database, key) == "passkey-wrong"


def test_another_key_and_another_persons_key_open_nothing(database: Database, sam: Viewer) -> None:
    ada = signing.register(database, STRANGER, Register(name="Ada", password=SecretStr(PASSWORD))).viewer
    mine, theirs = Authenticator(), Authenticator()
    added(database, sam, mine)
    added(database, ada, theirs)
    assert refusal(use, database, theirs) == "passkey-wrong"
    assert refusal(use, database, Authenticator()) == "passkey-wrong"
    forged = Authenticator()
    forged.id = mine.id
    assert refusal(use, database, forged) == "passkey-wrong"
    # A key that somebody has is not added again, by them or by others.
    for viewer in (sam, ada):
        setup = begin(database, viewer)
        again = mine.create(setup.challenge, SITE.id, SITE.origin)
        assert refusal(add, database, viewer, setup.token, again) == "passkey-known"


def test_adding_takes_the_password_and_a_fresh_start(database: Database, sam: Viewer) -> None:
    assert refusal(begin, database, sam, "wrong") == "password-wrong"
    assert refusal(begin, database, STRANGER) == "sign-in-needed"
    reader = sam.model_copy(update={"scopes": frozenset({"read"})})
    assert refusal(begin, database, reader) == "scope-missing"
    ada = signing.register(database, STRANGER, Register(name="Ada", password=SecretStr(PASSWORD))).viewer
    key, setup = Authenticator(), begin(database, sam)
    credential = key.create(setup.challenge, SITE.id, SITE.origin)
    assert refusal(add, database, ada, setup.token, credential) == "challenge-over"
    assert refusal(add, database, sam, "add-unknown", credential) == "challenge-over"
    with clock.at(clock.now() + access_rules.CHALLENGE_LIFE):
        assert refusal(add, database, sam, setup.token, credential) == "challenge-over"
    add(database, sam, setup.token, credential)
    other = Authenticator().create(setup.challenge, SITE.id, SITE.origin)
    assert refusal(add, database, sam, setup.token, other) == "challenge-over"
    # What a sign-in got is no start for a new key, nor the reverse.
    asked = needed(database)
    challenge = passkeys.text_of(passkeys.challenge_of("add", asked["challenge"]))
    made = Authenticator().create(challenge, SITE.id, SITE.origin)
    assert refusal(add, database, sam, asked["challenge"], made) == "challenge-over"
    setup = begin(database, sam)
    signed = key.get(setup.challenge, SITE.id, SITE.origin)
    assert refusal(answer, database, {"challenge": setup.token}, signed) == "passkey-wrong"


@pytest.mark.parametrize(
    "broken",
    [
        "", "{}", "[]", "null", "x", '{"id": "AAAA"}', '{"response": {}}', '{"id": 1, "response": {}}',
        '{"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {"clientDataJSON": "e30"}}',
        '{"id": "AAAA", "rawId": "AAAA", "type": "x", "response": {"clientDataJSON": 1, "attestationObject": []}}',
        '{"id": "\u00e9", "rawId": "\u00e9", "type": "public-key", "response": {"clientDataJSON": "\u00e9"}}',
        "[" * 9000,
    ],
)  # fmt: skip
def test_what_no_browser_sends_is_refused(database: Database, sam: Viewer, broken: str) -> None:
    assert refusal(add, database, sam, begin(database, sam).token, broken) == "passkey-wrong"
    added(database, sam, Authenticator())
    assert refusal(answer, database, needed(database), broken) == "passkey-wrong"


@pytest.mark.parametrize("field", ["clientDataJSON", "authenticatorData", "signature", "attestationObject"])
def test_each_part_of_an_answer_is_checked(database: Database, sam: Viewer, field: str) -> None:
    key = Authenticator()
    setup = begin(database, sam)
    made = json.loads(key.create(setup.challenge, SITE.id, SITE.origin))
    added(database, sam, key)
    asked = needed(database)
    got = json.loads(key.get(asked["passkey_challenge"], SITE.id, SITE.origin))
    values: tuple[Any, ...] = ("", "AAAA", "!", None, 7, {}, "A" * 4000)
    for value in values:
        if field in made["response"]:
            sent = {**made, "response": {**made["response"], field: value}}
            assert refusal(add, database, sam, setup.token, json.dumps(sent)) == "passkey-wrong"
        if field in got["response"] and field != "attestationObject":
            sent = {**got, "response": {**got["response"], field: value}}
            with clock.at(clock.now()), database.writing() as session, pytest.raises(Invalid):
                passkey_actions.use(session, sam.person_id or "", asked["challenge"], json.dumps(sent), SITE)


def test_guesses_count_as_those_of_passwords(database: Database, sam: Viewer) -> None:
    key = Authenticator()
    added(database, sam, key)
    asked = needed(database)
    for _ in range(rules.SIGN_IN_TRIES - 1):
        assert refusal(answer, database, asked, "{}") == "passkey-wrong"
    with pytest.raises(TooMany):
        answer(database, asked, key.get(asked["passkey_challenge"], SITE.id, SITE.origin))


def test_they_are_named_and_removed_and_the_address_is_told(database: Database, post: Post) -> None:
    command = Register(name="Sam", password=SecretStr(PASSWORD), email="sam@x.example")
    sam = signing.register(database, STRANGER, command).viewer
    (mail,) = post.sent()
    with database.writing() as session:
        actions.confirm_email(session, STRANGER, mail.token)
    assert len(added(database, sam, Authenticator(), "One")) == access_rules.RECOVERY_CODES
    assert added(database, sam, Authenticator(), "Two") == [], "the codes are those of the first"
    with database.writing() as session:
        one, two = queries.passkeys_of(session, sam.person_id or "")
        passkey_actions.rename(session, sam, two.id, RenamePasskey(label="Red"))
    ada = signing.register(database, STRANGER, Register(name="Ada", password=SecretStr(PASSWORD))).viewer

    def rename(viewer: Viewer, id: str) -> None:
        with database.writing() as session:
            passkey_actions.rename(session, viewer, id, RenamePasskey(label="x"))

    def remove(viewer: Viewer, id: str, password: str = PASSWORD) -> None:
        passkey_actions.remove(database, viewer, id, RemovePasskey(password=SecretStr(password)))

    for work in (rename, remove):
        for viewer, id in ((ada, two.id), (sam, "0" * 16), (sam, "\0"), (sam, "")):
            with pytest.raises(NotFound):
                work(viewer, id)
    assert refusal(remove, sam, one.id, "wrong") == "password-wrong"
    remove(sam, one.id)
    with database.reading() as session:
        account = queries.me(session, sam)
    assert ([each.label for each in account.passkeys], account.recovery_codes) == (["Red"], 10)
    remove(sam, two.id)
    with database.reading() as session:
        account = queries.me(session, sam)
    assert (account.second_factor, account.recovery_codes) == (False, 0)
    assert signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))
    told = [mail.template for mail in post.sent() if mail.to == "sam@x.example"]
    assert told == ["passkey-added", "passkey-added", "passkey-removed", "passkey-removed"]


def test_app_and_passkey_stand_side_by_side(database: Database, sam: Viewer) -> None:
    now = clock.now()
    key = Authenticator()
    with clock.at(now):
        codes = added(database, sam, key)
        password = OwnPassword(password=SecretStr(PASSWORD))
        secret = signing.begin_second_factor(database, sam, password, SEALER).secret

        def enter(step: int) -> SignedIn:
            code = totp.code_at(secret, totp.step_at(now) + step)
            command = SignInWithCode(
                challenge=SecretStr(needed(database)["challenge"]), code=SecretStr(code), name="sam"
            )
            return signing.sign_in_with_code(database, STRANGER, command, SEALER)

        assert refusal(enter, -1) == "code-wrong", "an app that was not confirmed opens nothing"
        confirm = EnterCode(code=SecretStr(totp.code_at(secret, totp.step_at(now) - 1)))
        assert signing.confirm_second_factor(database, sam, confirm, SEALER).codes == []
        assert needed(database)["app"]
        assert enter(0)
        assert use(database, key)
        signing.remove_second_factor(database, sam, password)
        with database.reading() as session:
            account = queries.me(session, sam)
        assert (account.second_factor, account.recovery_codes) == (True, len(codes))
        assert use(database, key)
    with database.writing() as session:
        actions.remove_second_factor_of(session, "SAM")
    assert signing.sign_in(database, STRANGER, SignIn(name="sam", password=SecretStr(PASSWORD)))


def test_there_are_not_any_number_of_them(database: Database, sam: Viewer) -> None:
    for _ in range(access_rules.PASSKEYS_EACH):
        added(database, sam, Authenticator())
    with pytest.raises(Conflict) as error:
        begin(database, sam)
    assert error.value.code == "passkeys-many"


def test_of_two_with_the_same_answer_one_gets_in(database: Database, sam: Viewer) -> None:
    key = Authenticator()
    added(database, sam, key)
    asked = needed(database)
    credential = key.get(asked["passkey_challenge"], SITE.id, SITE.origin)

    def work(session: Any) -> None:
        passkey_actions.use(session, sam.person_id or "", asked["challenge"], credential, SITE)

    assert isinstance(meet(database, work, work), Invalid)
