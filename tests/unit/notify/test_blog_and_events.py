"""Who is notified of articles, events and membership."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from contracts import blog, events
from contracts.people import GroupChanged, MemberState
from contracts.proposals import ProposalState
from core import clock
from services.notify import actions
from tests.unit.notify.harness import NotifyHarness, group, of_group, reasons_of


@pytest.mark.parametrize(
    "step", [blog.ArticleSubmitted, blog.ArticleReturned, blog.ArticleDeclined, blog.ArticleScheduled]
)
def test_writers_are_notified_of_each_step(
    harness: NotifyHarness,
    step: type[blog.ArticleSubmitted | blog.ArticleReturned | blog.ArticleDeclined | blog.ArticleScheduled],
) -> None:
    harness.people("author", "helper", "editor", "fan")
    harness.follow("fan", "person", harness.ids["author"], "watching")
    article = harness.article(
        "author", status="submitted", contributor_ids=[harness.ids["helper"], harness.ids["editor"]]
    )
    harness.handle(step(article=article, by_id=harness.ids["editor"], remark="Who **took** the picture?"))
    assert harness.reasons("author", "helper", "editor", "fan") == {
        "author": ["review"],
        "helper": ["review"],
    }
    (notified,) = harness.notifications("author")
    assert (notified.what, notified.actor_id, notified.path) == (
        step.type,
        harness.ids["editor"],
        "/news/an-article",
    )
    assert notified.excerpt == "Who took the picture?"


def test_who_scheduled_an_article_is_notified_that_it_changed_and_went_back(harness: NotifyHarness) -> None:
    harness.people("author", "helper", "editor", "fan")
    article = harness.article("author", status="submitted", contributor_ids=[harness.ids["helper"]])
    back = blog.ArticleSubmitted(
        article=article,
        by_id=harness.ids["helper"],
        reason="text-changed",
        approved_by=harness.ids["editor"],
    )
    harness.handle(back)
    assert harness.reasons("author", "helper", "editor", "fan") == {
        "author": ["review"],
        "editor": ["review"],
    }
    (notified,) = harness.notifications("editor")
    assert (notified.what, notified.actor_id) == ("blog.article.resubmitted", harness.ids["helper"])


def test_followers_are_notified_of_a_published_article(harness: NotifyHarness) -> None:
    harness.people("author", "editor", "fan", "reader", "asked", "other")
    harness.follow("fan", "person", harness.ids["author"])
    harness.follow("reader", "tag", "birds")
    harness.follow("other", "category", "talk/community")
    harness.follow("author", "category", "news/community")
    article = harness.article("author", tags=["birds"], body="With thanks to @asked.")
    harness.handle(blog.ArticlePublished(article=article, by_id=harness.ids["editor"]))
    assert harness.reasons("author", "editor", "fan", "reader", "asked", "other") == {
        "author": ["review"],
        "fan": ["follow"],
        "reader": ["follow"],
        "asked": ["mention"],
    }
    assert harness.notifications("author")[0].actor_id == harness.ids["editor"]
    assert harness.notifications("reader")[0].actor_id == harness.ids["author"]


def test_an_articles_discussion_opens_silently(harness: NotifyHarness) -> None:
    harness.people("author", "reader", "fan")
    harness.follow("reader", "tag", "birds")
    article = harness.article("author", tags=["birds"])
    harness.follow("fan", "article", article.id)
    harness.handle(blog.ArticlePublished(article=article, by_id=harness.ids["author"]))
    topic = harness.open_topic("author", tags=["birds"], article_id=article.id)
    assert (len(harness.notifications("reader")), len(harness.notifications("fan"))) == (1, 1)
    harness.reply(topic, "reader", "Which bird?")
    assert harness.reasons("author", "fan") == {"author": ["follow", "reply"], "fan": ["follow"]}


def test_titles_of_articles_are_kept_up(harness: NotifyHarness) -> None:
    harness.people("author", "reader")
    harness.follow("reader", "tag", "birds")
    article = harness.article("author", tags=["birds"])
    harness.handle(blog.ArticlePublished(article=article, by_id=harness.ids["author"]))
    renamed = article.model_copy(
        update={"versions": [article.versions[0].model_copy(update={"title": "Birds" * 90})]}
    )
    harness.handle(blog.ArticleChanged(article=renamed, by_id=harness.ids["author"]))
    assert harness.notifications("reader")[0].title == ("Birds" * 90)[:400]


def test_a_groups_draft_is_for_the_group(harness: NotifyHarness) -> None:
    harness.people("author", "editor")
    circle = group()
    harness.member(circle, "author", "member")
    article = harness.article(
        "author", status="submitted", audience=of_group(circle), contributor_ids=[harness.ids["editor"]]
    )
    harness.handle(blog.ArticleSubmitted(article=article, by_id=harness.ids["author"]))
    assert harness.notifications("editor") == []


def test_a_new_event(harness: NotifyHarness) -> None:
    harness.people("host", "reader", "guest")
    harness.follow("reader", "tag", "walks")
    event = harness.event("host", tags=["walks"], body="With @guest.")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    assert harness.reasons("host", "reader", "guest") == {"reader": ["follow"], "guest": ["mention"]}
    assert harness.notifications("reader")[0].path == f"/events/{event.id}/an-event"


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
def test_attendees_are_notified_of_what_matters(
    harness: NotifyHarness, change: dict[str, object], what: str | None
) -> None:
    harness.people("host", "guest", "fan", "gone")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.follow("fan", "event", event.id)
    for name in ("guest", "gone"):
        harness.handle(
            events.AttendanceChanged(
                event=event, person_id=harness.ids[name], occurrence="20300101T1000", attending="maybe"
            )
        )
    harness.handle(
        events.AttendanceChanged(
            event=event, person_id=harness.ids["gone"], occurrence="20300101T1000", attending=None
        )
    )
    changed = event.model_copy(update=change)
    for _ in range(2):
        harness.handle(events.EventChanged(event=changed, by_id=harness.ids["host"]))
    assert {
        name: [each.what for each in harness.notifications(name)] for name in ("host", "guest", "fan", "gone")
    } == {
        "host": [],
        "guest": [what] if what else [],
        "fan": [what] if what else [],
        "gone": [],
    }


def test_an_hour_that_is_changed_to_and_fro_is_one_notification(harness: NotifyHarness) -> None:
    harness.people("host", "guest")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    attending = events.AttendanceChanged(
        event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
    )
    harness.handle(attending)

    def flip(minutes: int, status: str = "confirmed") -> None:
        changed = event.model_copy(update={"minutes": minutes, "status": status})
        harness.handle(events.EventChanged(event=changed, by_id=harness.ids["host"]))

    for number in range(12):
        flip(30 + number % 2)
    assert [each.what for each in harness.notifications("guest")] == ["events.event.changed"]
    assert harness.notifications("host") == []
    with harness.database.writing() as session:
        actions.mark_read(session, harness.viewer("guest"), None)
    flip(45)
    assert harness.unread("guest") == 1, "what was read before is not the latest"
    flip(45, "cancelled")
    assert [each.what for each in harness.notifications("guest")] == ["events.event.cancelled"]
    for changed, recorded in list(harness.handled):
        harness.give(changed, recorded)
    assert len(harness.notifications("guest")) == 1, "events that come again change nothing"
    with clock.at(clock.now() + timedelta(hours=2)):
        flip(60)
    assert len(harness.notifications("guest")) == 2, "it is another change of plan"


def test_who_attends_is_notified_when_the_zones_rules_change(harness: NotifyHarness) -> None:
    harness.people("host", "guest", "fan")
    event = harness.event("host")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.follow("fan", "event", event.id)
    attending = events.AttendanceChanged(
        event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
    )
    harness.handle(attending)
    harness.handle(events.EventRecalculated(event=event, by_id=""))
    assert [each.what for each in harness.notifications("guest")] == ["events.event.recalculated"]
    assert harness.notifications("fan") == harness.notifications("host") == []
    cancelled = event.model_copy(update={"status": "cancelled"})
    harness.handle(events.EventRecalculated(event=cancelled, by_id=""))
    assert len(harness.notifications("guest")) == 1


def test_past_dates_concern_nobody(harness: NotifyHarness) -> None:
    harness.people("host", "before", "next")
    past, ahead = clock.now() - timedelta(days=20), clock.now() + timedelta(days=1)
    event = harness.event("host", recurrence="FREQ=WEEKLY")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    for name, day in (("before", past), ("next", ahead)):
        occurrence = day.strftime("%Y%m%dT%H%M")
        harness.handle(
            events.AttendanceChanged(
                event=event, person_id=harness.ids[name], occurrence=occurrence, attending="going"
            )
        )
    harness.handle(
        events.EventChanged(event=event.model_copy(update={"minutes": 5}), by_id=harness.ids["host"])
    )
    assert harness.reasons("before", "next") == {"next": ["attendance"]}
    over = harness.event("host", starts_at=past, ends_at=past)
    harness.handle(events.EventCreated(event=over, by_id=harness.ids["host"]))
    harness.handle(
        events.AttendanceChanged(
            event=over, person_id=harness.ids["before"], occurrence="x", attending="going"
        )
    )
    harness.handle(
        events.EventChanged(event=over.model_copy(update={"minutes": 5}), by_id=harness.ids["host"])
    )
    assert harness.notifications("before") == []


def test_asking_to_join_and_being_let_in(harness: NotifyHarness) -> None:
    harness.person("head")
    harness.person("asks", "de")
    harness.people("member")
    circle = group("closed", "board")
    harness.member(circle, "head", "moderator")
    harness.member(circle, "member", "member", by="head")
    harness.member(circle, "asks", "requested")
    assert harness.notifications("asks") == []
    assert [each.what for each in harness.notifications("head")] == ["people.membership.requested"]
    assert harness.notifications("head")[0].path == "/groups/board"
    harness.member(circle, "asks", "member", by="head")
    (notified,) = harness.notifications("asks")
    assert (notified.what, notified.title, notified.actor_id) == (
        "people.membership.granted",
        "Die Gruppe",
        harness.ids["head"],
    )
    harness.member(circle, "asks", "moderator", by="head")
    assert harness.notifications("asks")[0].what == "people.membership.moderator"
    assert reasons_of(harness.notifications("member")) == [["membership"]]
    harness.handle(GroupChanged(group=circle.model_copy(update={"slug": "board-x"})))
    assert {each.path for each in harness.notifications("asks")} == {"/groups/board-x"}


def test_attendees_are_told_that_a_deleted_event_is_cancelled(harness: NotifyHarness) -> None:
    harness.people("host", "guest", "fan", "mod")
    event = harness.event("host", body="Come, @fan.")
    harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
    harness.handle(
        events.AttendanceChanged(
            event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
        )
    )
    before = harness.notifications("fan")
    assert len(before) == 1
    blank = event.model_copy(update={"versions": [], "slug": event.id, "online_url": None})
    gone = events.EventDeleted(
        event=blank, by_id=harness.ids["mod"], reason="spam", titles={"en": "An event"}
    )
    harness.handle(gone)
    assert harness.notifications("fan") == []
    (told,) = harness.notifications("guest")
    assert (told.what, told.title, told.path) == ("events.event.cancelled", "An event", "/events")
    assert (told.reasons, told.actor_id) == (["attendance"], None)
    (own,) = harness.notifications("host")
    assert (own.what, own.path) == ("events.event.deleted", f"/events/{event.id}")
    # Everything handled once more, as in a rebuild.
    for handled, recorded in list(harness.handled):
        harness.give(handled, recorded)
    assert [each.id for each in harness.notifications("guest")] == [told.id]
    harness.handle(events.EventRestored(event=event, by_id=harness.ids["mod"]))
    assert harness.notifications("fan") == before
    assert [each.what for each in harness.notifications("guest")] == ["events.event.changed"]
    assert harness.notifications("host") == []


def test_of_a_past_or_cancelled_event_nobody_is_told_that_it_is_deleted(harness: NotifyHarness) -> None:
    harness.people("host", "guest")
    past = clock.now() - timedelta(days=3)
    for fields in ({"status": "cancelled"}, {"starts_at": past, "ends_at": past}):
        event = harness.event("host", **fields)
        harness.handle(events.EventCreated(event=event, by_id=harness.ids["host"]))
        harness.handle(
            events.AttendanceChanged(
                event=event, person_id=harness.ids["guest"], occurrence="20300101T1000", attending="going"
            )
        )
        harness.handle(
            events.EventDeleted(
                event=event, by_id=harness.ids["host"], reason="author", titles={"en": "An event"}
            )
        )
    assert harness.notifications("guest") == []


def test_notifications_of_a_deleted_article_are_hidden_until_it_is_restored(harness: NotifyHarness) -> None:
    harness.people("author", "editor", "fan")
    harness.follow("fan", "person", harness.ids["author"])
    article = harness.article("author")
    harness.handle(blog.ArticlePublished(article=article, by_id=harness.ids["editor"]))
    before = {name: harness.notifications(name) for name in ("author", "fan")}
    assert all(before.values())
    gone = blog.ArticleDeleted(
        article=article, by_id=harness.ids["editor"], reason="rights", titles={"en": "An article"}
    )
    harness.handle(gone)
    assert harness.notifications("fan") == []
    (told,) = harness.notifications("author")
    assert (told.what, told.title, told.path) == ("blog.article.deleted", "An article", f"/news/{article.id}")
    harness.handle(blog.ArticleRestored(article=article, by_id=harness.ids["editor"]))
    assert {name: harness.notifications(name) for name in before} == before


@pytest.mark.parametrize("decision", [blog.ProposalAccepted, blog.ProposalDeclined])
def test_who_proposed_a_change_is_notified_of_the_decision(
    harness: NotifyHarness, decision: type[blog.ProposalAccepted | blog.ProposalDeclined]
) -> None:
    harness.people("author", "proposer", "editor")
    harness.handle(decision(proposal=proposal(harness, "public"), by_id=harness.ids["editor"], remark="Why?"))
    assert harness.reasons("author", "proposer", "editor") == {"proposer": ["review"]}
    (notified,) = harness.notifications("proposer")
    assert (notified.what, notified.actor_id, notified.excerpt) == (
        decision.type,
        harness.ids["editor"],
        "Why?",
    )
    assert (notified.title, notified.path) == ("Wells", "/news/board/proposals/0000000000000pro")


def test_a_groups_moderators_are_notified_of_a_proposal_and_nobody_else(harness: NotifyHarness) -> None:
    harness.people("author", "proposer", "moderator", "member")
    circle = group()
    for name, state in (("proposer", "member"), ("moderator", "moderator"), ("member", "member")):
        harness.member(circle, name, cast(MemberState, state))
    for audience in (of_group(circle), "public"):
        harness.handle(blog.ProposalMade(proposal=proposal(harness, audience), by_id=harness.ids["proposer"]))
    told = [each.what for each in harness.notifications("moderator")]
    assert told.count("blog.proposal.made") == 1
    for name in ("author", "proposer", "member"):
        assert "blog.proposal.made" not in [each.what for each in harness.notifications(name)]


def proposal(harness: NotifyHarness, audience: str) -> ProposalState:
    return ProposalState(
        id="0000000000000pro",
        article_id="0000000000000art",
        audience=audience,
        author_id=harness.ids["proposer"],
        language="en",
        status="open",
        original_language="en",
        titles={"en": "Wells"},
    )
