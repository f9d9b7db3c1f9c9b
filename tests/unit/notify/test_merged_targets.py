"""Follows of categories that were merged into others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from contracts.notify import Level
from contracts.removed_categories import NewsCategoryRemoved, TalkCategoryRemoved
from contracts.tags import TagReplaced
from core import clock
from core.database import Database
from services.notify import actions, queries
from services.notify.tables import REPLICAS, Follow
from tests.unit.notify.harness import NotifyHarness

MERGED = TalkCategoryRemoved(slug="photos", into="general", by_id="admin")


def followed(database: Database, harness: NotifyHarness, name: str) -> list[tuple[str, str]]:
    with database.reading() as session:
        found = queries.follows(session, harness.viewer(name), None, 50).items
    return sorted((each.id, each.level) for each in found)


def test_who_followed_it_follows_the_kept_one(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "noa", "bea")
    harness.follow("sam", "category", "talk/photos", "watching")
    harness.follow("noa", "category", "news/photos")
    harness.handle(MERGED)
    assert followed(database, harness, "sam") == [("talk/general", "watching")]
    assert followed(database, harness, "noa") == [("news/photos", "normal")]
    assert harness.follows_changed()[-1:] == ["sam"]
    harness.handle(NewsCategoryRemoved(slug="photos", into=None, by_id="admin"))
    assert followed(database, harness, "noa") == []
    harness.open_topic("bea")
    (told,) = harness.notifications("sam")
    assert [(each.kind, each.id) for each in told.followed] == [("category", "talk/general")]


@pytest.mark.parametrize(
    ("before", "kept", "level"),
    [
        ("watching", "normal", "watching"),
        ("normal", "watching", "watching"),
        ("muted", "tracking", "tracking"),
        ("normal", "muted", "normal"),
        ("tracking", "normal", "normal"),
    ],
)
def test_of_two_levels_the_stronger_one_stays(
    harness: NotifyHarness, database: Database, before: Level, kept: Level, level: Level
) -> None:
    harness.people("sam")
    harness.follow("sam", "category", "talk/general", kept)
    harness.follow("sam", "category", "talk/photos", before)
    harness.handle(MERGED)
    assert followed(database, harness, "sam") == [("talk/general", level)]


def test_an_event_of_before_that_comes_later_reaches_them(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "category", "talk/photos")
    harness.handle(MERGED)
    harness.open_topic("bea", category="photos")
    assert harness.reasons("sam") == {"sam": ["follow"]}
    harness.follow("sam", "category", "talk/photos", "muted")
    assert followed(database, harness, "sam") == [("talk/general", "muted")]
    with database.writing() as session:
        actions.unfollow(session, harness.viewer("sam"), "category", "talk/photos")
    assert followed(database, harness, "sam") == []


def test_notifications_name_the_kept_one(harness: NotifyHarness) -> None:
    harness.people("sam", "bea")
    harness.follow("sam", "category", "talk/photos")
    harness.open_topic("bea", category="photos")
    harness.handle(MERGED)
    harness.handle(TalkCategoryRemoved(slug="general", into="all", by_id="admin"))
    (told,) = harness.notifications("sam")
    assert [(each.kind, each.id) for each in told.followed] == [("category", "talk/all")]


def test_handled_again_it_leaves_later_follows_of_the_same_name(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam")
    harness.follow("sam", "category", "talk/photos")
    removed = TalkCategoryRemoved(slug="photos", into=None, by_id="admin")
    recorded = harness.handle(removed)
    with clock.at(clock.now() + timedelta(hours=1)):
        harness.follow("sam", "category", "talk/photos")
        harness.give(removed, recorded)
    assert followed(database, harness, "sam") == [("talk/photos", "normal")]


def test_replayed_from_empty_tables_it_changes_no_follows(harness: NotifyHarness, database: Database) -> None:
    harness.people("sam")
    harness.follow("sam", "category", "talk/photos")
    harness.handle(MERGED)
    with database.writing() as session:
        for table in reversed(REPLICAS):
            session.execute(table.delete())
    for event, recorded in list(harness.handled):
        harness.give(event, recorded)
    with database.reading() as session:
        assert session.scalars(select(Follow.target)).all() == ["talk/general"]


def test_who_follows_or_has_muted_a_replaced_tag_does_so_with_the_other(
    harness: NotifyHarness, database: Database
) -> None:
    harness.people("sam", "noa", "bea")
    harness.follow("sam", "tag", "photo")
    harness.follow("noa", "tag", "photo", "muted")
    harness.handle(TagReplaced(change_id="one", tag="photo", into="photos"))
    assert followed(database, harness, "sam") == [("photos", "normal")]
    assert followed(database, harness, "noa") == [("photos", "muted")]
    harness.open_topic("bea", tags=["photo"])
    assert harness.reasons("sam", "noa") == {"sam": ["follow"]}
    harness.handle(TagReplaced(change_id="two", tag="photos", into=None))
    assert followed(database, harness, "sam") == followed(database, harness, "noa") == []
