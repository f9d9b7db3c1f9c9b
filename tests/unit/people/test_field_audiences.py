"""Each field of a profile has its own audience, in pages, events and exports."""

from __future__ import annotations

import pytest

from contracts.people import ChangeProfile, FieldAudience
from core.audience import STRANGER, Viewer
from core.database import Database
from services.people import actions, queries
from services.people.tables import Person
from tests.unit.people.harness import Enrol, Events, Found

pytestmark = pytest.mark.slow


def fresh(database: Database, viewer: Viewer) -> Viewer:
    """The viewer with the groups of now."""
    with database.reading() as session:
        return queries.viewer_of_person(session, session.get_one(Person, viewer.person_id))


def about(database: Database, viewer: Viewer) -> tuple[str, str | None, str]:
    """What a viewer sees of Sam: the description, its HTML and the place."""
    with database.reading() as session:
        seen = queries.person(session, viewer, "Sam")
        return seen.about, seen.html, seen.place.name if seen.place else ""


@pytest.mark.parametrize(
    ("audience", "seen_by"),
    [
        ("public", {"stranger", "member", "fellow", "asker", "sam"}),
        ("members", {"member", "fellow", "asker", "sam"}),
        ("groups", {"fellow", "sam"}),
        ("me", {"sam"}),
    ],
)
def test_who_sees_a_field(
    database: Database, enrol: Enrol, found: Found, events: Events, audience: FieldAudience, seen_by: set[str]
) -> None:
    sam, member, fellow, asker = enrol("Sam"), enrol("Bea"), enrol("Cleo"), enrol("Dora")
    found(sam, "maps", "open")
    found(sam, "art", "closed")
    with database.writing() as session:
        actions.join(session, fellow, "maps")
        actions.join(session, asker, "art")
        command = ChangeProfile(about="I draw.", place_name="Fès", field_audiences={"about": audience})
        actions.change_profile(session, sam, command)
    viewers = {"stranger": STRANGER, "member": member, "fellow": fellow, "asker": asker, "sam": sam}
    for name, viewer in viewers.items():
        seen = about(database, fresh(database, viewer) if viewer.signed_in else viewer)
        assert (seen[0] != "", seen[1] is not None) == (name in seen_by, name in seen_by), name
        assert seen[2] == "Fès"
    published = events()[-1].data["person"]
    assert published["about"] == ("I draw." if audience == "public" else "")
    assert published["place"]["name"] == "Fès"
    with database.reading() as session:
        mine = queries.me(session, sam)
        assert (mine.about, mine.field_audiences) == ("I draw.", {"about": audience})


def test_fields_change_one_by_one(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    for field in ("about", "place"):
        with database.writing() as session:
            command = ChangeProfile.model_validate({"field_audiences": {field: "me"}})
            actions.change_profile(session, sam, command)
    with database.reading() as session:
        assert queries.me(session, sam).field_audiences == {"about": "me", "place": "me"}


def test_who_left_the_group_sees_no_more(database: Database, enrol: Enrol, found: Found) -> None:
    sam, fellow = enrol("Sam"), enrol("Cleo")
    found(sam, "maps", "open")
    with database.writing() as session:
        actions.join(session, fellow, "maps")
        actions.change_profile(
            session, sam, ChangeProfile(about="I draw.", field_audiences={"about": "groups"})
        )
    assert about(database, fresh(database, fellow))[0] == "I draw."
    with database.writing() as session:
        actions.leave(session, fellow, "maps")
    assert about(database, fresh(database, fellow))[0] == ""
