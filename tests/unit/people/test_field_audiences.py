"""Each field of a profile has its own audience, in pages, events and exports."""

from __future__ import annotations

import pytest

from contracts.errors import Invalid
from contracts.people import ChangeProfile, FieldAudience, ProfileField
from contracts.wiki_accounts import WikiIdentity
from core.audience import MEMBERS, STRANGER, Viewer
from core.database import Database
from services.people import actions, own_rules, queries
from services.people.actions import wiki_accounts
from services.people.tables import Person
from tests.unit.people.harness import Enrol, Events, Found

pytestmark = pytest.mark.slow

IDENTITY = WikiIdentity(wiki="https://meta.example/w", central_id="7", username="Sam of Fès")


def fresh(database: Database, viewer: Viewer) -> Viewer:
    """The viewer with the groups of now."""
    with database.reading() as session:
        return queries.viewer_of_person(session, session.get_one(Person, viewer.person_id))


EMPTY: dict[str, object] = {
    "about": "",
    "pronouns": "",
    "place": None,
    "website": "",
    "languages": [],
    "wiki_name": "",
}
"""What a field of a profile is to those who don't see it."""


def filled(field: ProfileField, audience: FieldAudience) -> ChangeProfile:
    """The command that fills in a whole profile, of which one field has this audience."""
    return ChangeProfile(
        about="I draw.",
        pronouns="they/them",
        place_name="Fès",
        website="https://sam.example/",
        languages=["fr", "ar"],
        interface_language="ar",
        field_audiences={"wiki_name": "public", field: audience},
    )


def fields(database: Database, viewer: Viewer) -> set[str]:
    """The fields of Sam's profile that a viewer sees something of."""
    with database.reading() as session:
        seen = queries.person(session, viewer, "Sam").model_dump()
    assert (seen["html"] is not None) == (seen["about"] != "")
    return {field for field, empty in EMPTY.items() if seen[field] != empty}


@pytest.mark.parametrize("field", own_rules.FIELDS)
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
    database: Database,
    enrol: Enrol,
    found: Found,
    events: Events,
    field: ProfileField,
    audience: FieldAudience,
    seen_by: set[str],
) -> None:
    sam, member, fellow, asker = enrol("Sam"), enrol("Bea"), enrol("Cleo"), enrol("Dora")
    found(sam, "maps", "open")
    found(sam, "art", "closed")
    with database.writing() as session:
        actions.join(session, fellow, "maps")
        actions.join(session, asker, "art")
        wiki_accounts.add_link(session, session.get_one(Person, sam.person_id), IDENTITY)
        actions.change_profile(session, sam, filled(field, audience))
    viewers = {"stranger": STRANGER, "member": member, "fellow": fellow, "asker": asker, "sam": sam}
    for name, viewer in viewers.items():
        seen = fields(database, fresh(database, viewer) if viewer.signed_in else viewer)
        assert seen == (set(EMPTY) if name in seen_by else set(EMPTY) - {field}), name
    published = [event for event in events() if event.type == "people.person.changed"][-1].data["person"]
    public = audience == "public"
    for each, value in {"about": "I draw.", "languages": ["fr", "ar"]}.items():
        assert published[each] == (value if public or field != each else type(value)())
    assert (published["place"] is not None) == (public or field != "place")
    assert (published["interface_language"] is not None) == (public or field != "languages")
    assert not {"website", "pronouns", "wiki_name"} & set(published)
    with database.reading() as session:
        mine = queries.me(session, sam)
        assert {each for each, empty in EMPTY.items() if getattr(mine, each) != empty} == set(EMPTY)
        assert mine.field_audiences[field] == audience


def test_hidden_languages_are_for_mails_alone(database: Database, enrol: Enrol, events: Events) -> None:
    sam = enrol("Sam")
    with database.writing() as session:
        actions.change_profile(session, sam, filled("languages", "groups"))
    changed, languages = events()[-2:]
    assert (changed.type, changed.data["person"]["languages"]) == ("people.person.changed", [])
    assert (languages.type, languages.data) == (
        "people.languages.changed",
        {"person_id": sam.person_id, "languages": ["ar", "fr"]},
    )
    assert languages.audience == MEMBERS  # off the public exchange
    with database.writing() as session:
        actions.change_profile(session, sam, ChangeProfile(field_audiences={"languages": "public"}))
    (last,) = events()[-1:]
    assert (last.type, last.data["person"]["languages"]) == ("people.person.changed", ["fr", "ar"])


def test_until_one_chooses_all_but_the_wiki_account_is_public(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    with database.writing() as session:
        wiki_accounts.add_link(session, session.get_one(Person, sam.person_id), IDENTITY)
        command = filled("about", "public").model_copy(update={"field_audiences": None})
        actions.change_profile(session, sam, command)
    assert fields(database, STRANGER) == set(EMPTY) - {"wiki_name"}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "sam.example", "https://", "https://a b.example"])
def test_a_website_is_an_address_of_the_web(database: Database, enrol: Enrol, address: str) -> None:
    sam = enrol("Sam")
    with pytest.raises(Invalid) as refused, database.writing() as session:
        actions.change_profile(session, sam, ChangeProfile(website=address))
    assert [(each.field, each.code) for each in refused.value.faults] == [("website", "url-shape")]


def test_fields_change_one_by_one(database: Database, enrol: Enrol) -> None:
    sam = enrol("Sam")
    for field in ("about", "place"):
        with database.writing() as session:
            command = ChangeProfile.model_validate({"field_audiences": {field: "me"}})
            actions.change_profile(session, sam, command)
    with database.reading() as session:
        assert queries.me(session, sam).field_audiences == {
            **own_rules.audiences_of({}),
            "about": "me",
            "place": "me",
        }


def test_who_left_the_group_sees_no_more(database: Database, enrol: Enrol, found: Found) -> None:
    sam, fellow = enrol("Sam"), enrol("Cleo")
    found(sam, "maps", "open")
    with database.writing() as session:
        actions.join(session, fellow, "maps")
        actions.change_profile(
            session, sam, ChangeProfile(about="I draw.", field_audiences={"about": "groups"})
        )
    assert "about" in fields(database, fresh(database, fellow))
    with database.writing() as session:
        actions.leave(session, fellow, "maps")
    assert "about" not in fields(database, fresh(database, fellow))
