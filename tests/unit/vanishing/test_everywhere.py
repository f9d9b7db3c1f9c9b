"""After somebody has vanished nothing is left of them in any table of any service, but that they wrote something.

A new table joins by itself: what it keeps of a person has to go, or stand below with the reason why it stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from contracts.own_account import VanishPerson
from core import clock
from core.audience import STRANGER
from services.people import queries
from services.people.actions import purging, vanishing
from services.people.case_tables import Case
from tests.unit.vanishing.harness import Services, all_services
from tests.unit.vanishing.world import World, fill

pytestmark = pytest.mark.slow

KNOWN = (
    "oldquill", "quillon", "fez quill", "quill@secret.example", "quill@next.example", "aboutquill", "placequill",
    "pronounquill", "websitequill", "labelquill", "wikiquill", "draftquill", "unusedquill",
    "searchquill",
)  # fmt: skip
"""What only they could be known by: in every table it must be gone."""

EVIDENCE = {"people.case_snapshot.text"}
"""What was reported of a profile is kept for an appeal; `purging` deletes it after its time."""

AUTHORSHIP = {
    # The account itself, which says nothing any more.
    "people.person.id",
    "people.person.name",
    # What they wrote, and in which texts of others they had a part.
    "blog.article.author_id",
    "blog.article_version.changed_by",
    "blog.article_revision.by_id",
    "blog.step.by_id",
    "blog.picture.uploaded_by",
    "events.event.author_id",
    "events.event_version.changed_by",
    "events.event_revision.by_id",
    "forum.topic.author_id",
    "forum.topic.last_author_id",
    "forum.topic_version.changed_by",
    "forum.topic_revision.by_id",
    "forum.topic.titled_by",
    "forum.post.author_id",
    "notify.post.author_id",
    "notify.notification.actor_id",
    "notify.refusal.person_id",
    "people.space_group.founder_id",
    "search.item.author_id",
    "search.author_name.author_id",
    # What was decided about them, and what they decided in an office.
    "people.decision.item",
    "people.moderation_case.item_id",
    "people.moderation_case.open_key",
    "people.moderation_case.subject_id",
    # Which events happened: what they said of the person is redacted.
    "blog.event_log.data",
    "events.event_log.data",
    "forum.event_log.data",
    "notify.event_log.data",
    "notify.event_log.subject",
    "people.event_log.data",
    "people.event_log.subject",
}
"""Where the id stays."""


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Somebody has vanished who had left every trace that one can leave."""
    with all_services(request.param, tmp_path_factory.mktemp("services")) as services:
        made = fill(services)
        made.before = {text for _, text in _texts(services)}
        with services.databases["people"].writing() as session:
            command = VanishPerson(reason="They asked for it by letter")
            made.name = vanishing.vanish_person(session, made.admin, "Quillon", command)
        services.carry()
        yield made


def test_before_it_everything_is_there(world: World) -> None:
    missing = [each for each in KNOWN if not any(each in text for text in world.before)]
    assert missing == []


def test_after_it_nothing_says_who_they_were(world: World) -> None:
    left = {
        (where, each)
        for where, text in _texts(world.services)
        for each in KNOWN
        if each in text and where not in EVIDENCE
    }
    assert left == set()


def test_after_it_their_id_is_where_they_wrote_and_nowhere_else(world: World) -> None:
    person_id = world.quill.person_id or ""
    found = {where for where, text in _texts(world.services) if person_id in text}
    assert found - AUTHORSHIP == set()


def test_what_was_reported_of_them_goes_when_no_appeal_can_need_it(world: World) -> None:
    with world.services.databases["people"].writing() as session:
        for case in session.query(Case):
            case.closed_at = clock.now()
    with clock.at(clock.now() + timedelta(days=91)), world.services.databases["people"].writing() as session:
        purging.purge_cases(session)
    assert not [where for where, text in _texts(world.services) if "aboutquill" in text]


def test_what_they_wrote_stays_and_others_take_over(world: World) -> None:
    texts = {text for _, text in _texts(world.services)}
    for kept in ("a post that stays", "a topic that stays", "an article that stays", "an event that stays"):
        assert kept in texts
    with world.services.databases["people"].reading() as session:
        group = queries.group(session, world.other, "maps")
        assert (group.members, group.may_moderate) == (1, True)
        profile = queries.person(session, STRANGER, world.name)
        assert (profile.vanished, profile.groups, profile.about) == (True, [], "")
        assert world.quill.person_id not in {
            card.id for card in queries.people(session, STRANGER, None, 50).items
        }


def test_who_reads_the_logs_from_the_start_learns_no_more(world: World, tmp_path: Path) -> None:
    (tmp_path / "anew").mkdir()
    with all_services("sqlite", tmp_path / "anew") as fresh:
        rebuilt = {name: fresh.databases[name] for name in ("notify", "search")}
        again = Services({**world.services.databases, **rebuilt})
        for name in rebuilt:
            again.carry_to(name)
        found = list(_texts(Services(rebuilt)))
    assert [(where, each) for where, text in found for each in KNOWN if each in text] == []
    person_id = world.quill.person_id or ""
    assert {where for where, text in found if person_id in text} - AUTHORSHIP == set()


def _texts(services: Services) -> Iterator[tuple[str, str]]:
    """The place and the text, in lower case, of whatever is stored."""
    for service, table, column, value in services.cells():
        text = (
            json.dumps(value, ensure_ascii=False, default=str)
            if isinstance(value, list | dict)
            else str(value)
        )
        yield f"{service}.{table}.{column}", text.casefold()
