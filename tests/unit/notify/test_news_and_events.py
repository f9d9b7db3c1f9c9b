"""Who is told of articles, events and membership."""

from __future__ import annotations

from datetime import timedelta

import pytest

from contracts.blog import (
    ArticleChanged,
    ArticleDeclined,
    ArticlePublished,
    ArticleReturned,
    ArticleScheduled,
    ArticleSubmitted,
)
from contracts.events import AttendanceChanged, EventChanged, EventCreated
from contracts.people import GroupChanged
from core import clock
from tests.unit.notify.town import Town, group, of_group, reasons_of


@pytest.mark.parametrize("step", [ArticleSubmitted, ArticleReturned, ArticleDeclined, ArticleScheduled])
def test_writers_hear_of_each_step(
    town: Town, step: type[ArticleSubmitted | ArticleReturned | ArticleDeclined | ArticleScheduled]
) -> None:
    town.people("author", "helper", "editor", "fan")
    town.follow("fan", "person", town.ids["author"], "watching")
    article = town.article(
        "author", status="submitted", contributor_ids=[town.ids["helper"], town.ids["editor"]]
    )
    town.hear(step(article=article, by_id=town.ids["editor"], remark="Who **took** the picture?"))
    assert town.reasons("author", "helper", "editor", "fan") == {"author": ["review"], "helper": ["review"]}
    (told,) = town.told("author")
    assert (told.what, told.actor_id, told.path) == (step.type, town.ids["editor"], "/news/an-article")
    assert told.excerpt == "Who took the picture?"


def test_a_published_article_is_told_to_followers(town: Town) -> None:
    town.people("author", "editor", "fan", "reader", "asked", "other")
    town.follow("fan", "person", town.ids["author"])
    town.follow("reader", "tag", "birds")
    town.follow("other", "category", "talk/community")
    town.follow("author", "category", "news/community")
    article = town.article("author", tags=["birds"], body="With thanks to @asked.")
    town.hear(ArticlePublished(article=article, by_id=town.ids["editor"]))
    assert town.reasons("author", "editor", "fan", "reader", "asked", "other") == {
        "author": ["review"],
        "fan": ["follow"],
        "reader": ["follow"],
        "asked": ["mention"],
    }
    assert town.told("author")[0].actor_id == town.ids["editor"]
    assert town.told("reader")[0].actor_id == town.ids["author"]


def test_an_articles_discussion_opens_silently(town: Town) -> None:
    town.people("author", "reader", "fan")
    town.follow("reader", "tag", "birds")
    article = town.article("author", tags=["birds"])
    town.follow("fan", "article", article.id)
    town.hear(ArticlePublished(article=article, by_id=town.ids["author"]))
    topic = town.open_topic("author", tags=["birds"], article_id=article.id)
    assert (len(town.told("reader")), len(town.told("fan"))) == (1, 1)
    town.reply(topic, "reader", "Which bird?")
    assert town.reasons("author", "fan") == {"author": ["follow", "reply"], "fan": ["follow"]}


def test_titles_of_articles_are_kept_up(town: Town) -> None:
    town.people("author", "reader")
    town.follow("reader", "tag", "birds")
    article = town.article("author", tags=["birds"])
    town.hear(ArticlePublished(article=article, by_id=town.ids["author"]))
    renamed = article.model_copy(
        update={"versions": [article.versions[0].model_copy(update={"title": "Birds" * 90})]}
    )
    town.hear(ArticleChanged(article=renamed, by_id=town.ids["author"]))
    assert town.told("reader")[0].title == ("Birds" * 90)[:400]


def test_a_groups_draft_is_for_the_group(town: Town) -> None:
    town.people("author", "editor")
    circle = group()
    town.member(circle, "author", "member")
    article = town.article(
        "author", status="submitted", audience=of_group(circle), contributor_ids=[town.ids["editor"]]
    )
    town.hear(ArticleSubmitted(article=article, by_id=town.ids["author"]))
    assert town.told("editor") == []


def test_a_new_event(town: Town) -> None:
    town.people("host", "reader", "guest")
    town.follow("reader", "tag", "walks")
    event = town.event("host", tags=["walks"], body="With @guest.")
    town.hear(EventCreated(event=event, by_id=town.ids["host"]))
    assert town.reasons("host", "reader", "guest") == {"reader": ["follow"], "guest": ["mention"]}
    assert town.told("reader")[0].path == f"/events/{event.id}/an-event"


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"status": "cancelled"}, "events.event.cancelled"),
        ({"timezone": "Asia/Tokyo"}, "events.event.changed"),
        ({"minutes": 90}, "events.event.changed"),
        ({"online_url": None}, "events.event.changed"),
        ({"tags": ["other"]}, None),
        ({"sequence": 5}, None),
    ],
)
def test_those_who_come_hear_what_matters(town: Town, change: dict[str, object], what: str | None) -> None:
    town.people("host", "guest", "fan", "gone")
    event = town.event("host")
    town.hear(EventCreated(event=event, by_id=town.ids["host"]))
    town.follow("fan", "event", event.id)
    for name in ("guest", "gone"):
        town.hear(
            AttendanceChanged(
                event=event, person_id=town.ids[name], occurrence="20300101T1000", attending="maybe"
            )
        )
    town.hear(
        AttendanceChanged(event=event, person_id=town.ids["gone"], occurrence="20300101T1000", attending=None)
    )
    changed = event.model_copy(update=change)
    for _ in range(2):
        town.hear(EventChanged(event=changed, by_id=town.ids["host"]))
    assert {name: [each.what for each in town.told(name)] for name in ("host", "guest", "fan", "gone")} == {
        "host": [],
        "guest": [what] if what else [],
        "fan": [what] if what else [],
        "gone": [],
    }


def test_past_dates_concern_nobody(town: Town) -> None:
    town.people("host", "before", "next")
    past, ahead = clock.now() - timedelta(days=20), clock.now() + timedelta(days=1)
    event = town.event("host", recurrence="FREQ=WEEKLY")
    town.hear(EventCreated(event=event, by_id=town.ids["host"]))
    for name, day in (("before", past), ("next", ahead)):
        occurrence = day.strftime("%Y%m%dT%H%M")
        town.hear(
            AttendanceChanged(event=event, person_id=town.ids[name], occurrence=occurrence, attending="going")
        )
    town.hear(EventChanged(event=event.model_copy(update={"minutes": 5}), by_id=town.ids["host"]))
    assert town.reasons("before", "next") == {"next": ["attendance"]}
    over = town.event("host", starts_at=past, ends_at=past)
    town.hear(EventCreated(event=over, by_id=town.ids["host"]))
    town.hear(AttendanceChanged(event=over, person_id=town.ids["before"], occurrence="x", attending="going"))
    town.hear(EventChanged(event=over.model_copy(update={"minutes": 5}), by_id=town.ids["host"]))
    assert town.told("before") == []


def test_asking_to_join_and_being_let_in(town: Town) -> None:
    town.person("head")
    town.person("asks", "de")
    town.people("member")
    circle = group("closed", "board")
    town.member(circle, "head", "moderator")
    town.member(circle, "member", "member", by="head")
    town.member(circle, "asks", "requested")
    assert town.told("asks") == []
    assert [each.what for each in town.told("head")] == ["people.membership.requested"]
    assert town.told("head")[0].path == "/groups/board"
    town.member(circle, "asks", "member", by="head")
    (told,) = town.told("asks")
    assert (told.what, told.title, told.actor_id) == (
        "people.membership.granted",
        "Die Gruppe",
        town.ids["head"],
    )
    town.member(circle, "asks", "moderator", by="head")
    assert town.told("asks")[0].what == "people.membership.moderator"
    assert reasons_of(town.told("member")) == [["membership"]]
    town.hear(GroupChanged(group=circle.model_copy(update={"slug": "board-x"})))
    assert {each.path for each in town.told("asks")} == {"/groups/board-x"}
