"""Guesses of passwords are counted by name and place: a stranger's don't keep the owner out, and spraying ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.rpc.context import Origin, coming_from
from contracts.errors import Conflict, Invalid, SpaceError, TooMany
from contracts.people import ChangePassword, Register, SignIn
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import rules
from services.people.actions import sign_in as signing
from services.people.actions import tries
from services.people.actions.tries import Attempt
from services.people.tables import SignInWindow, SpentAllowance
from tests.unit.harness import meet

PASSWORD = "correct horse battery"
NOW = clock.now()
HOME = Origin(peer="home")
KNOWN = Origin(peer="home", device="telephone")


@pytest.fixture
def sam(database: Database) -> Viewer:
    return register(database, "Sam")


def register(database: Database, name: str) -> Viewer:
    return signing.register(database, STRANGER, Register(name=name, password=SecretStr(PASSWORD))).viewer


def code_of(database: Database, name: str, password: str, origin: Origin, after: timedelta) -> str:
    """What comes of an attempt; `""` if it succeeds."""
    with clock.at(NOW + after), coming_from(origin):
        try:
            signing.sign_in(database, STRANGER, SignIn(name=name, password=SecretStr(password)))
        except TooMany as error:
            return error.code if int(error.params["seconds"]) > 0 else "without a time"
        except SpaceError as error:
            return error.code
    return ""


def guess(
    database: Database, times: int, peer: str = "stranger", name: str = "sam", seconds: float = 0
) -> list[str]:
    origin, after = Origin(peer=peer), timedelta(seconds=seconds)
    return [code_of(database, name, "wrong password", origin, after) for _ in range(times)]


@pytest.mark.slow
def test_a_stranger_who_guesses_keeps_nobody_else_out(database: Database, sam: Viewer) -> None:
    assert guess(database, 12) == ["sign-in-wrong"] * rules.SIGN_IN_TRIES + ["sign-in-tries"] * 2
    assert code_of(database, "Sam", PASSWORD, HOME, timedelta()) == ""
    assert code_of(database, "Sam", PASSWORD, KNOWN, timedelta()) == ""
    assert code_of(database, "Sam", PASSWORD, Origin(peer="stranger"), timedelta()) == "sign-in-tries"


@pytest.mark.slow
def test_a_known_device_behind_the_same_address_is_spared(database: Database, sam: Viewer) -> None:
    guess(database, 40, peer="home")
    for number in range(30):
        guess(database, 1, peer="home", name=f"somebody-{number}")
    assert code_of(database, "Sam", PASSWORD, HOME, timedelta()) != ""
    assert code_of(database, "Sam", PASSWORD, KNOWN, timedelta()) == ""


@pytest.mark.slow
def test_a_known_device_has_no_endless_guesses(database: Database, sam: Viewer) -> None:
    found = [code_of(database, "sam", "wrong password", KNOWN, timedelta()) for _ in range(12)]
    assert found.count("sign-in-tries") == 2


@pytest.mark.slow
def test_guesses_from_many_networks_slow_down_and_never_lock(database: Database, sam: Viewer) -> None:
    burst = rules.SIGN_INS_OF_A_NAME.burst
    found = [guess(database, 1, peer=f"bot {number}")[0] for number in range(burst + 5)]
    assert found == ["sign-in-wrong"] * burst + ["sign-in-tries"] * 5
    assert code_of(database, "Sam", PASSWORD, HOME, timedelta()) == "sign-in-tries"
    assert code_of(database, "Sam", PASSWORD, KNOWN, timedelta()) == ""
    assert code_of(database, "Sam", PASSWORD, HOME, timedelta(seconds=61)) == ""


@pytest.mark.slow
def test_names_sprayed_from_one_network_are_stopped(database: Database, sam: Viewer) -> None:
    found = [guess(database, 1, name=f"somebody-{number}")[0] for number in range(57)]
    burst = rules.FAILURES_OF_A_PEER.burst
    assert found == ["sign-in-wrong"] * burst + ["sign-ins-too-many"] * (57 - burst)
    assert code_of(database, "Sam", PASSWORD, HOME, timedelta()) == "", "another network has its own"


@pytest.mark.slow
def test_a_class_that_signs_in_is_not_kept_out(database: Database, sam: Viewer) -> None:
    for _ in range(3 * rules.FAILURES_OF_A_PEER.burst):
        assert code_of(database, "Sam", PASSWORD, HOME, timedelta()) == ""
    with database.reading() as session:
        assert session.scalars(select(SignInWindow)).all() == []
        assert session.scalars(select(SpentAllowance)).all() == []


@pytest.mark.slow
def test_changing_ones_password_counts_for_the_session_alone(database: Database, sam: Viewer) -> None:
    guess(database, 12, peer="home")
    change = ChangePassword(old=SecretStr(PASSWORD), new=SecretStr("another good one"))
    with clock.at(NOW), coming_from(HOME):
        assert signing.change_password(database, sam, change)
        wrong = ChangePassword(old=SecretStr("not that one"), new=SecretStr("another good one"))
        for _ in range(rules.SIGN_IN_TRIES):
            with pytest.raises(Invalid):
                signing.change_password(database, sam, wrong)
        with pytest.raises(TooMany):
            signing.change_password(database, sam, wrong)


@pytest.mark.slow
def test_accounts_made_from_one_network_are_limited_and_refused_ones_given_back(database: Database) -> None:
    burst = rules.SIGN_UPS_OF_A_PEER.burst
    with clock.at(NOW), coming_from(HOME):
        register(database, "person-0")
        for _ in range(burst):
            with pytest.raises((Conflict, Invalid)):
                register(database, "person-0")
        for number in range(1, burst):
            register(database, f"person-{number}")
        with pytest.raises(TooMany) as refused:
            register(database, "one-more")
    assert (refused.value.code, refused.value.params) == ("sign-ups-too-many", {"seconds": 31})
    with clock.at(NOW + timedelta(seconds=31)), coming_from(HOME):
        register(database, "one-more")
    with clock.at(NOW), coming_from(Origin(peer="elsewhere")):
        register(database, "another")


def test_no_name_and_no_network_is_stored(database: Database) -> None:
    guess(database, 1, peer="192.0.2.7", name="hunter2")
    with database.reading() as session:
        keys = [
            *session.scalars(select(SignInWindow.name_hash)),
            *session.scalars(select(SpentAllowance.key)),
        ]
    assert len(keys) == 3
    assert all(len(key) == 64 and "192.0.2.7" not in key and "hunter2" not in key for key in keys)


def test_an_attempt_is_of_a_person_only_for_their_own_name(sam: Viewer) -> None:
    with coming_from(HOME):
        assert Attempt.of(sam, " SAM ").place == f"person {sam.person_id}"
        assert Attempt.of(sam, "somebody").place == "peer home"
        assert Attempt.of(STRANGER, "Sam").place == "peer home"


@pytest.mark.slow
def test_two_attempts_at_one_moment_both_count(database: Database) -> None:
    for number in range(rules.FAILURES_OF_A_PEER.burst - 1):
        guess(database, 1, name=f"nobody-{number}")

    def attempt(name: str) -> Callable[[Session], None]:
        def write(session: Session) -> None:
            with clock.at(NOW):
                tries.count(session, Attempt(name, "peer stranger", "stranger"))

        return write

    error = meet(database, attempt("one"), attempt("two"))
    assert isinstance(error, TooMany)
    assert error.code == "sign-ins-too-many"
