"""One's own sessions are listed with little, and ended one by one or all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from bus.rpc.context import Origin, coming_from
from contracts.errors import NotFound, SignInNeeded
from contracts.people import CreateToken, Register, SessionView, SignIn
from core import clock
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from services.people.actions import sign_in as signing
from tests.unit.people.harness import SEALER, Events

pytestmark = pytest.mark.slow

PASSWORD = "correct horse battery"
NOON = clock.now().replace(hour=12)


def sign_in(database: Database, browser: str, name: str = "Sam") -> str:
    with coming_from(Origin(browser=browser)):
        return signing.sign_in(database, STRANGER, SignIn(name=name, password=SecretStr(PASSWORD))).token


@pytest.fixture
def sam(database: Database) -> Viewer:
    with clock.at(NOON - timedelta(days=40)):  # this session is over
        return signing.register(database, STRANGER, Register(name="Sam", password=SecretStr(PASSWORD))).viewer


def listed(database: Database, viewer: Viewer, token: str | None = None) -> list[SessionView]:
    with database.reading() as session:
        return queries.sessions(session, viewer, token)


def works(database: Database, token: str) -> bool:
    return signing.viewer_of_session(database, STRANGER, token) is not None


def test_a_session_says_which_browser_and_which_day(database: Database, sam: Viewer) -> None:
    with clock.at(NOON):
        first, second = sign_in(database, "Firefox"), sign_in(database, "")
    with clock.at(NOON + timedelta(days=3, hours=5)):
        assert works(database, second)
        one, other = listed(database, sam, first)
    assert (one.browser, one.current, one.created_at) == ("Firefox", True, NOON)
    assert (one.last_used_on, other.last_used_on) == (NOON.date(), NOON.date() + timedelta(days=3))
    assert (other.browser, other.current) == ("", False)
    assert set(SessionView.model_fields) == {"id", "browser", "created_at", "last_used_on", "current"}
    assert not {first, second} & {one.id, other.id}


def test_one_session_is_ended(database: Database, sam: Viewer, events: Events) -> None:
    first, second = sign_in(database, "Firefox"), sign_in(database, "Safari")
    (ending,) = [each.id for each in listed(database, sam, first) if not each.current]
    with database.writing() as session:
        actions.end_session(session, sam, ending)
    assert (works(database, first), works(database, second)) == (True, False)
    assert events()[-1].type == "people.session.ended"


def test_somebody_elses_session_is_not_there(
    database: Database, sam: Viewer, enrol: Callable[..., Viewer]
) -> None:
    token, bea = sign_in(database, "Firefox"), enrol("Bea")
    (session_of_sam,) = listed(database, sam)
    for session_id in (session_of_sam.id, "unknown", ""):
        with pytest.raises(NotFound), database.writing() as session:
            actions.end_session(session, bea, session_id)
    assert works(database, token)


def test_the_others_or_all_are_ended_and_tokens_go_on(
    database: Database, sam: Viewer, events: Events
) -> None:
    first, second, third = (sign_in(database, browser) for browser in ("Firefox", "Safari", "Edge"))
    command = CreateToken(name="Sam", password=SecretStr(PASSWORD), label="bot", scopes=["read"])
    api_token = signing.create_token(database, STRANGER, command, SEALER).token
    with database.writing() as session:
        actions.end_other_sessions(session, sam, second)
    assert [works(database, token) for token in (first, second, third)] == [False, True, False]
    told = len(events())
    with database.writing() as session:
        actions.end_other_sessions(session, sam, second)
    assert len(events()) == told
    with database.writing() as session:
        actions.end_sessions(session, sam)
    assert not works(database, second)
    assert len(events()) == told + 1
    assert signing.viewer_of_token(database, STRANGER, api_token) == sam.model_copy(
        update={"scopes": frozenset({"read"})}
    )


def test_strangers_have_no_sessions(database: Database) -> None:
    with pytest.raises(SignInNeeded):
        listed(database, STRANGER)
    ends: tuple[Callable[[Session], None], ...] = (
        lambda session: actions.end_session(session, STRANGER, "a"),
        lambda session: actions.end_other_sessions(session, STRANGER, "a"),
        lambda session: actions.end_sessions(session, STRANGER),
    )
    for end in ends:
        with pytest.raises(SignInNeeded), database.writing() as session:
            end(session)
