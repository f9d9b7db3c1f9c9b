"""Blocked terms in names, profiles and groups."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from contracts.errors import Invalid
from contracts.own_account import Rename
from contracts.people import ChangeProfile, CreateGroup, SetGroupText
from contracts.writing_rules import AddTerm
from core.audience import Viewer
from core.database import Database
from services.people import actions
from services.people.actions import renaming, writing_rules
from tests.unit.people.harness import Enrol


@pytest.fixture
def sam(database: Database, enrol: Enrol) -> Viewer:
    """Somebody who was there before the terms were blocked."""
    sam, ada = enrol("Sam"), enrol("Ada", "administrator")
    with database.writing() as session:
        actions.change_profile(session, sam, ChangeProfile(about="Once I sold viagra."))
        for text, action in (("viagra", "hold"), ("casino*", "refuse"), ("crypto", "flag")):
            command = AddTerm.model_validate({"text": text, "action": action, "reason": "Spam"})
            writing_rules.add_term(session, ada, command)
    return sam


def refused(work: Callable[[], object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as error:
        work()
    return [(fault.field, fault.code) for fault in error.value.faults]


def group(session: Session, viewer: Viewer, slug: str, name: str, about: str = "") -> None:
    command = CreateGroup(slug=slug, kind="open", language="en", name=name, about=about)
    actions.create_group(session, viewer, command)


def test_profiles_names_and_groups_are_refused(database: Database, enrol: Enrol, sam: Viewer) -> None:
    assert refused(lambda: enrol("Casino24")) == [("name", "text-blocked")]
    with database.writing() as session:
        assert refused(lambda: renaming.rename(session, sam, Rename(name="V1agra.viagra"))) == [
            ("name", "text-blocked")
        ]
        for field in ("display_name", "about", "place_name"):
            change = ChangeProfile.model_validate({field: "The casino"})
            assert refused(lambda change=change: actions.change_profile(session, sam, change)) == [  # type: ignore[misc]
                (field, "text-blocked")
            ]
        assert refused(lambda: group(session, sam, "one", "Viagra friends")) == [("name", "text-blocked")]
        assert refused(lambda: group(session, sam, "two", "Friends", "Of viagra")) == [
            ("about", "text-blocked")
        ]
        group(session, sam, "three", "Crypto friends")
        words = SetGroupText(language="de", name="Freunde", about="viagra")
        assert refused(lambda: actions.set_group_text(session, sam, "three", words)) == [
            ("about", "text-blocked")
        ]


def test_what_stood_before_may_stay(database: Database, sam: Viewer) -> None:
    with database.writing() as session:
        account = actions.change_profile(session, sam, ChangeProfile(about="Once I sold viagra, long ago."))
        assert account.about == "Once I sold viagra, long ago."
        ada = Viewer(person_id="x" * 16, roles=frozenset({"moderator"}))
        group(session, sam.model_copy(update={"roles": ada.roles}), "talks", "On casinos")
