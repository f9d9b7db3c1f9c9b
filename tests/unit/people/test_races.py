"""Several people at one account or group at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from contracts.errors import Conflict, Forbidden, Invalid, NotFound
from contracts.people import (
    ChangeProfile,
    CreateToken,
    GroupView,
    Profile,
    Register,
    SetGroupText,
    SignedIn,
)
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries, rules
from tests.unit.harness import meet
from tests.unit.people.harness import Enrol, Events, Found


@pytest.fixture
def moderators(database: Database, enrol: Enrol, found: Found) -> tuple[Viewer, Viewer]:
    """The two moderators of the group `maps`."""
    ada, bea = enrol("Ada"), enrol("Bea")
    found(ada, "maps", "open")
    with database.writing() as session:
        actions.join(session, bea, "maps")
        actions.set_member(session, ada, "maps", "Bea", "moderator")
    return ada, bea


def test_one_role_given_twice_at_one_moment_is_given_once(database: Database, enrol: Enrol) -> None:
    admin, other = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    enrol("Cleo")

    def grant(viewer: Viewer) -> Callable[[Session], Profile]:
        return lambda session: actions.grant_role(session, viewer, "Cleo", "editor", True)

    assert meet(database, grant(admin), grant(other)) is None
    with database.reading() as session:
        assert queries.person(session, admin, "Cleo").roles == ["member", "editor"]


def test_of_two_administrators_who_take_the_role_from_each_other_one_stays(
    database: Database, enrol: Enrol
) -> None:
    ada, bea = enrol("Ada", "administrator"), enrol("Bea", "administrator")
    error = meet(
        database,
        lambda session: actions.grant_role(session, ada, "Bea", "administrator", False),
        lambda session: actions.grant_role(session, bea, "Ada", "administrator", False),
    )
    assert isinstance(error, Forbidden)
    assert error.code == "administrators-only"


def test_changes_of_two_fields_of_a_profile_are_both_kept(
    database: Database, enrol: Enrol, events: Events
) -> None:
    sam = enrol("Sam")
    error = meet(
        database,
        lambda session: actions.change_profile(session, sam, ChangeProfile(about="I draw maps.")),
        lambda session: actions.change_profile(session, sam, ChangeProfile(languages=["yo"])),
    )
    assert error is None
    with database.reading() as session:
        profile = queries.person(session, sam, "Sam")
        assert profile.about == "I draw maps."
        assert profile.languages == ["yo"]
    published = events()[-1].data["person"]
    assert (published["about"], published["languages"]) == ("I draw maps.", ["yo"])


def test_of_two_moderators_who_leave_at_one_moment_one_stays(
    database: Database, moderators: tuple[Viewer, Viewer]
) -> None:
    ada, bea = moderators
    error = meet(
        database,
        lambda session: actions.leave(session, ada, "maps"),
        lambda session: actions.leave(session, bea, "maps"),
    )
    assert isinstance(error, Conflict)
    assert error.code == "last-moderator"


def test_a_group_joined_twice_at_one_moment_counts_once(
    database: Database, enrol: Enrol, found: Found
) -> None:
    ada, bea = enrol("Ada"), enrol("Bea")
    found(ada, "maps", "open")
    error = meet(
        database,
        lambda session: actions.join(session, bea, "maps"),
        lambda session: actions.join(session, bea, "maps"),
    )
    assert error is None
    with database.reading() as session:
        assert queries.group(session, bea, "maps").members == 2


def test_of_two_who_take_one_name_at_one_moment_one_gets_it(database: Database) -> None:
    def take(name: str) -> Callable[[Session], SignedIn]:
        command = Register(name=name, password=SecretStr("correct horse battery"))
        return lambda session: actions.register(session, STRANGER, command, password_hash="")

    error = meet(database, take("Sam"), take("SAM"))
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "name-taken"


def test_a_role_given_while_the_profile_changes_is_published_with_the_new_profile(
    database: Database, enrol: Enrol, events: Events
) -> None:
    admin, sam = enrol("Ada", "administrator"), enrol("Sam")
    error = meet(
        database,
        lambda session: actions.change_profile(session, sam, ChangeProfile(display_name="Samuel")),
        lambda session: actions.grant_role(session, admin, "Sam", "editor", True),
    )
    assert error is None
    newest = events()[-1].data["person"]
    assert (newest["display_name"], newest["roles"]) == ("Samuel", ["member", "editor"])


def test_first_texts_of_a_group_in_one_language_at_one_moment_are_one(
    database: Database, moderators: tuple[Viewer, Viewer]
) -> None:
    ada, bea = moderators

    def name(viewer: Viewer, text: str) -> Callable[[Session], GroupView]:
        command = SetGroupText(language="de", name=text, about="")
        return lambda session: actions.set_group_text(session, viewer, "maps", command)

    assert meet(database, name(ada, "Karten"), name(bea, "Landkarten")) is None
    with database.reading() as session:
        texts = queries.group(session, bea.model_copy(update={"languages": ("de",)}), "maps").texts
        assert [text.name for text in texts if text.language == "de"] == ["Landkarten"]


def test_a_session_that_ends_while_it_is_renewed_stays_ended(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    with database.writing() as session:
        token = actions.open_session(session, sam.person_id or "").token
    error = meet(
        database,
        lambda session: actions.sign_out(session, sam, token),
        lambda session: actions.renew_session(session, token),
    )
    assert error is None
    with database.reading() as session:
        assert queries.viewer_of_session(session, STRANGER, token) is None


def test_a_token_revoked_twice_at_one_moment_is_not_found_the_second_time(
    database: Database, enrol: Enrol
) -> None:
    sam = enrol("Sam")
    command = CreateToken(
        name="Sam", password=SecretStr("correct horse battery"), label="A bot", scopes=["read"]
    )
    with database.writing() as session:
        token_id = actions.create_token(session, sam.person_id or "", command).id
    error = meet(
        database,
        lambda session: actions.revoke_token(session, sam, token_id),
        lambda session: actions.revoke_token(session, sam, token_id),
    )
    assert isinstance(error, NotFound)


def test_tokens_made_at_one_moment_do_not_exceed_the_limit(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    command = CreateToken(
        name="Sam", password=SecretStr("correct horse battery"), label="A bot", scopes=["read"]
    )
    with database.writing() as session:
        for _ in range(rules.TOKENS_EACH - 1):
            actions.create_token(session, sam.person_id or "", command)
    error = meet(
        database,
        lambda session: actions.create_token(session, sam.person_id or "", command),
        lambda session: actions.create_token(session, sam.person_id or "", command),
    )
    assert isinstance(error, Conflict)
    assert error.code == "tokens-many"


def test_of_two_changes_of_one_password_one_is_refused(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    error = meet(
        database,
        lambda session: actions.change_password(session, sam, "", "hash of one"),
        lambda session: actions.change_password(session, sam, "", "hash of the other"),
    )
    assert isinstance(error, Invalid)
    assert error.faults[0].code == "password-wrong"
    with database.reading() as session:
        assert queries.password_of(session, "Sam") == (sam.person_id, "hash of one")


def test_a_sign_in_whose_password_was_just_changed_is_refused(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")

    def sign_in(session: Session) -> None:
        actions.lock_unless_changed(session, sam.person_id or "", "")
        actions.open_session(session, sam.person_id or "")

    error = meet(database, lambda session: actions.change_password(session, sam, "", "new hash"), sign_in)
    assert isinstance(error, Forbidden)
    assert error.code == "sign-in-wrong"


def test_a_password_changed_during_a_sign_in_ends_its_session(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    tokens = []

    def sign_in(session: Session) -> None:
        actions.lock_unless_changed(session, sam.person_id or "", "")
        tokens.append(actions.open_session(session, sam.person_id or "").token)

    error = meet(database, sign_in, lambda session: actions.change_password(session, sam, "", "new hash"))
    assert error is None
    with database.reading() as session:
        assert queries.viewer_of_session(session, STRANGER, tokens[0]) is None
