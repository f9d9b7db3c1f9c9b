"""Following searches: their texts, and who is notified of what they find."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from bus.eventlog.read import events_after
from contracts.blocks import BlockChanged
from contracts.errors import Conflict, Invalid
from contracts.forum import PostDeleted, TopicDeleted, TopicRestored
from contracts.notify import FollowKind, NotificationView, SavedSearchChanged
from contracts.people import PersonState, PersonVanished
from contracts.search import ItemMatched
from core import clock
from core.database import Database
from core.exporting import Section
from core.ids import new_id
from core.saved_searches import search_id
from services.notify import actions, own_data, queries, rules
from services.notify.tables import Follow, Notification, SavedSearch
from tests.unit.harness import meet
from tests.unit.notify.harness import NotifyHarness, group, of_group

MAPS = "old maps lang:en"


def found(harness: NotifyHarness, author: str, *searches: str, **fields: Any) -> ItemMatched:
    """Let notify handle that searches found a new topic; returns what it was told."""
    item = fields.pop("item_id", new_id())
    event = ItemMatched.model_validate(
        {
            "kind": "topic", "item_id": item, "searches": sorted(map(search_id, searches or (MAPS,))),
            "published_at": clock.now(), "item_audience": "public", "author_id": harness.ids[author],
            "titles": {"en": "Old maps", "de": "Alte Karten"}, "original_language": "en",
            "path": f"/talk/t/{item}/old-maps", "tags": ["maps"], "category": "general", "topic_id": item, **fields,
        }
    )  # fmt: skip
    harness.handle(event)
    return event


def told(harness: NotifyHarness, name: str) -> list[tuple[str, list[str]]]:
    """The path and the reasons of each notification of a person."""
    return [(each.path, list(each.reasons)) for each in harness.notifications(name)]


def changes(database: Database) -> list[tuple[str, str, bool]]:
    """What was published of searches so far."""
    with database.reading() as session:
        events = events_after(session, "notify", 0, 1_000)
    said = [
        SavedSearchChanged.model_validate(each.data)
        for each in events
        if each.type == SavedSearchChanged.type
    ]
    return [(each.search_id, each.query, each.followed) for each in said]


def test_a_search_is_known_by_its_text(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    harness.follow("sam", "search", f"  {MAPS.replace(' ', '  ')} ")
    harness.follow("noa", "search", MAPS)
    with database.reading() as session:
        (one,) = queries.follows(session, harness.viewer("sam"), None, 10).items
        state = queries.follow_state(session, harness.viewer("sam"), "search", f"{MAPS} ")
        assert queries.follow_state(session, harness.viewer("sam"), "search", "old maps") is None
    assert one == state
    assert (one.kind, one.id, one.level) == ("search", MAPS, "normal")
    assert changes(database) == [(search_id(MAPS), MAPS, True)]
    assert harness.follows_changed() == ["sam", "noa"]


def test_the_text_is_forgotten_with_the_last_who_follows_it(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam", "noa")
    for name in ("sam", "noa"):
        harness.follow(name, "search", MAPS)
    for name, left in (("sam", 1), ("noa", 0), ("noa", 0)):
        with database.writing() as session:
            actions.unfollow(session, harness.viewer(name), "search", MAPS)
            assert session.scalar(select(func.count()).select_from(SavedSearch)) == left
    assert changes(database)[1:] == [(search_id(MAPS), "", False)]
    found(harness, "noa")
    assert told(harness, "sam") == []


@pytest.mark.parametrize("text", ["", "-maps", "after:2026", "before:2027 -tag:maps", "maps OR -walk", "?!"])
def test_a_search_that_nearly_everything_matches_is_refused(harness: NotifyHarness, text: str) -> None:
    harness.people("sam")
    with pytest.raises(Invalid) as error:
        harness.follow("sam", "search", text)
    assert [each.code for each in error.value.faults] == ["search-broad"]


@pytest.mark.parametrize("text", ["a" * 301, "maps\0"])
def test_a_text_that_is_no_search_is_refused(harness: NotifyHarness, text: str) -> None:
    harness.people("sam")
    with pytest.raises(Invalid) as error:
        harness.follow("sam", "search", text)
    assert [each.code for each in error.value.faults] == ["follow-id-shape"]


def test_searches_are_limited(harness: NotifyHarness) -> None:
    harness.people("sam")
    for number in range(rules.SEARCHES_EACH):
        harness.follow("sam", "search", f"maps{number}")
    harness.follow("sam", "search", "maps0", "watching")
    harness.follow("sam", "tag", "maps")
    with pytest.raises(Conflict) as error:
        harness.follow("sam", "search", "one more")
    assert error.value.code == "searches-many"


def test_followers_are_notified_and_told_by_which_search(harness: NotifyHarness) -> None:
    harness.person("sam", "de")
    harness.people("noa", "bea")
    harness.follow("sam", "search", MAPS)
    harness.follow("sam", "search", "tag:maps")
    harness.follow("noa", "search", "walks")
    event = found(harness, "bea", MAPS, "tag:maps")
    (one,) = harness.notifications("sam")
    assert (one.title, one.language, one.path, one.reasons) == ("Alte Karten", "de", event.path, ["search"])
    assert sorted((each.kind, each.id) for each in one.followed) == [("search", MAPS), ("search", "tag:maps")]
    assert (one.actor_id, one.subject) == (harness.ids["bea"], event.subject())
    assert told(harness, "noa") == []
    assert [each.unread for each in harness.published()] == [1]


def test_a_search_that_nobody_follows_any_more_has_no_name(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    found(harness, "bea")
    with database.writing() as session:
        actions.unfollow(session, harness.viewer("sam"), "search", MAPS)
    (one,) = harness.notifications("sam")
    assert (one.reasons, one.followed) == (["search"], [])


def test_nobody_is_notified_of_what_is_theirs_or_older_than_the_follow(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    found(harness, "sam")
    found(harness, "bea", published_at=clock.now() - timedelta(minutes=1))
    assert told(harness, "sam") == []


def test_only_those_who_are_in_the_group_then_are_notified(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "bea", "mod")
    hidden = group()
    for name in ("sam", "noa", "bea"):
        harness.follow(name, "search", MAPS)
        harness.member(hidden, name, "member", "mod")
    harness.member(hidden, "noa", "none", "mod")
    found(harness, "mod", item_audience=of_group(hidden))
    by_search = {
        name: [why for _, why in told(harness, name) if "search" in why] for name in ("sam", "noa", "bea")
    }
    assert by_search == {"sam": [["search"]], "noa": [], "bea": [["search"]]}
    harness.member(hidden, "bea", "none", "mod")
    assert told(harness, "bea") == []
    assert harness.unread("bea") == 0


@pytest.mark.parametrize(
    ("kind", "target"),
    [("tag", "maps"), ("category", "talk/general"), ("topic", "0" * 16), ("person", "bea")],
)
def test_what_is_muted_is_not_found(harness: NotifyHarness, kind: FollowKind, target: str) -> None:
    harness.people("sam", "noa", "bea")
    for name in ("sam", "noa"):
        harness.follow(name, "search", MAPS)
    harness.follow("sam", kind, harness.ids.get(target, target), "muted")
    harness.follow("noa", kind, harness.ids.get(target, target), "watching")
    found(harness, "bea", item_id="0" * 16)
    assert told(harness, "sam") == []
    assert [reasons for _, reasons in told(harness, "noa")] == [["search"]]


@pytest.mark.parametrize("level", ["mute", "block"])
def test_who_is_blocked_is_not_found(harness: NotifyHarness, level: Any) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    harness.handle(BlockChanged(person_id=harness.ids["sam"], other_id=harness.ids["bea"], level=level))
    found(harness, "bea")
    assert told(harness, "sam") == []


def test_of_one_item_there_is_one_notification(harness: NotifyHarness) -> None:
    harness.people("sam", "noa", "bea")
    for name in ("sam", "noa"):
        harness.follow(name, "search", MAPS)
    harness.follow("sam", "tag", "maps")
    topic = harness.open_topic("bea", tags=["maps"])
    event = found(harness, "bea", item_id=topic.id)
    harness.give(event, harness.handled[-1][1])
    found(harness, "bea", item_id=topic.id)
    assert [reasons for _, reasons in told(harness, "sam")] == [["follow"]]
    assert [reasons for _, reasons in told(harness, "noa")] == [["search"]]


def test_a_reply_is_found_beside_others_of_its_topic(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    for item in (new_id(), new_id()):
        found(harness, "bea", kind="post", item_id=item, topic_id="0" * 16, path=f"/talk/p/{item}")
    assert {one.subject for one in harness.notifications("sam")} == {"topic/" + "0" * 16}
    assert len(told(harness, "sam")) == 2


def test_so_many_are_told_until_they_are_read(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    for _ in range(rules.FOUND_UNREAD + 3):
        found(harness, "bea")
    assert harness.unread("sam") == rules.FOUND_UNREAD
    with database.writing() as session:
        actions.mark_read(session, harness.viewer("sam"), [harness.notifications("sam")[0].id])
    for _ in range(3):
        found(harness, "bea")
    assert harness.unread("sam") == rules.FOUND_UNREAD


def test_what_is_deleted_is_hidden_and_shown_again(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    topic = harness.open_topic("bea")
    found(harness, "bea", item_id=topic.id)
    bea = harness.ids["bea"]
    harness.handle(TopicDeleted(topic=topic, by_id=bea, reason="author"))
    assert told(harness, "sam") == []
    harness.handle(TopicRestored(topic=topic, by_id=bea))
    assert len(told(harness, "sam")) == 1


def test_a_path_is_stored_as_that_of_other_notifications(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    slug = "नक्शे-" * 13
    found(harness, "bea", path=f"/talk/t/0000000000000007/{quote(slug)}")
    ((path, _),) = told(harness, "sam")
    assert path == f"/talk/t/0000000000000007/{slug}"


def test_what_was_deleted_before_it_was_found_is_not_told(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    topic = harness.open_topic("bea")
    bea = harness.ids["bea"]
    harness.handle(TopicDeleted(topic=topic, by_id=bea, reason="author"))
    found(harness, "bea", item_id=topic.id)
    found(harness, "bea", kind="post", topic_id=topic.id)
    assert harness.notifications("sam") == []
    assert harness.unread("sam") == 0
    harness.handle(TopicRestored(topic=topic, by_id=bea))
    assert told(harness, "sam") == []
    found(harness, "bea", kind="post", topic_id=topic.id)
    assert len(told(harness, "sam")) == 1


def test_a_reply_that_was_deleted_before_it_was_found_is_not_told(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    topic = harness.open_topic("bea")
    post = harness.reply(topic, "bea", "Old maps.")
    harness.handle(PostDeleted(post=post, by_id=harness.ids["bea"], reason="author"))
    found(harness, "bea", kind="post", item_id=post.id, topic_id=topic.id)
    assert told(harness, "sam") == []
    found(harness, "bea", kind="post", topic_id=topic.id)
    assert len(told(harness, "sam")) == 1


def test_a_replay_notifies_nobody_again(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "search", MAPS)
    event = found(harness, "bea")
    before: list[NotificationView] = harness.notifications("sam")
    harness.give(event, harness.handled[-1][1])
    assert harness.notifications("sam") == before


def test_who_vanishes_leaves_no_search(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    harness.follow("sam", "search", "only sams")
    for name in ("sam", "noa"):
        harness.follow(name, "search", MAPS)
    gone = PersonState(
        id=harness.ids["sam"],
        name="vanished-1",
        display_name="",
        languages=[],
        joined_at=clock.now(),
        vanished=True,
    )
    harness.handle(PersonVanished(person=gone, by_id=harness.ids["sam"], cited=[]))
    with database.reading() as session:
        assert session.scalars(select(SavedSearch.query)).all() == [MAPS]
        assert session.scalars(select(Follow.person_id)).all() == [harness.ids["noa"]]
    only = search_id("only sams")
    assert changes(database) == [(only, "", True), (search_id(MAPS), MAPS, True), (only, "", False)]


def test_the_texts_of_ones_own_searches_are_exported(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    harness.follow("sam", "search", MAPS)
    harness.follow("noa", "search", "walks")
    section: Section = next(each for each in own_data.SECTIONS if each.table is SavedSearch)
    with database.reading() as session:
        texts = session.scalars(select(SavedSearch.query).where(section.theirs(harness.viewer("sam")))).all()
    assert texts == [MAPS]


def test_one_follows_while_the_last_other_ends_it(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa")
    harness.follow("sam", "search", MAPS)
    error = meet(
        database,
        lambda session: actions.unfollow(session, harness.viewer("sam"), "search", MAPS),
        lambda session: actions.follow(session, harness.viewer("noa"), "search", MAPS, "normal"),
    )
    assert error is None
    with database.reading() as session:
        assert session.scalars(select(SavedSearch.query)).all() == [MAPS]
        assert session.scalar(select(func.count()).select_from(Notification)) == 0
    assert [followed for _, _, followed in changes(database)] == [True, False, True]
