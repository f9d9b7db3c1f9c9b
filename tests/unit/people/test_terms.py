"""Blocked terms in names, profiles and groups."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.schema import outbox_task
from contracts.errors import Invalid
from contracts.own_account import Rename
from contracts.people import ChangeProfile, CreateGroup, SetGroupText
from contracts.writing_rules import AddTerm
from core.audience import Viewer
from core.database import Database
from services.people import actions
from services.people.actions import flagged_profiles, renaming, vanishing, writing_rules
from services.people.case_tables import Case
from services.people.queries import cases as case_queries
from services.people.tables import Person
from services.people.tasks import FlagProfile
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


def tasks(database: Database) -> list[FlagProfile]:
    """The profiles that moderators are to be told of."""
    with database.reading() as session:
        wanted = select(outbox_task.c.data).where(outbox_task.c.kind == FlagProfile.kind)
        return [FlagProfile.model_validate(data) for data in session.scalars(wanted)]


def change(database: Database, viewer: Viewer, **fields: object) -> None:
    with database.writing() as session:
        actions.change_profile(session, viewer, ChangeProfile.model_validate(fields))


def test_moderators_are_told_of_a_profile_once(database: Database, enrol: Enrol, sam: Viewer) -> None:
    mod = enrol("Mod", "moderator")
    change(database, sam, about="All about crypto")
    change(database, sam, about="All about crypto, still", place_name="Lagos")
    (task,) = tasks(database)
    assert (task.person_id, task.terms) == (sam.person_id, ["crypto"])
    for _ in range(2):  # a task may be carried out twice
        with database.writing() as session:
            flagged_profiles.open_case(session, task)
    with database.reading() as session:
        (line,) = case_queries.cases(session, mod, False, None, 50).items
        case = case_queries.case(session, mod, line.id)
    assert (line.kind, line.path, line.subject_id) == ("person", "/people/Sam", sam.person_id)
    assert [(each.check, each.term, each.score, each.threshold) for each in case.findings] == [
        ("words", "crypto", 1, 1)
    ]
    assert [each.text for each in case.snapshots] == ["All about crypto, still\n\nLagos"]


def test_what_only_some_see_is_not_shown_to_moderators(database: Database, sam: Viewer) -> None:
    change(database, sam, about="crypto", field_audiences={"about": "groups"})
    assert tasks(database) == []
    change(database, sam, field_audiences={"about": "members"})
    assert [task.terms for task in tasks(database)] == [["crypto"]]


def test_who_judges_texts_is_not_told_of(database: Database, enrol: Enrol, sam: Viewer) -> None:
    change(database, enrol("Mod", "moderator"), about="crypto")
    assert tasks(database) == []


def test_nobody_is_told_of_who_has_vanished(database: Database, enrol: Enrol, sam: Viewer) -> None:
    change(database, sam, about="crypto")
    (task,) = tasks(database)
    with database.writing() as session:
        vanishing.carry_out(session, session.get_one(Person, sam.person_id))
        flagged_profiles.open_case(session, task)
        assert session.scalar(select(Case.id)) is None
    assert tasks(database) == []
