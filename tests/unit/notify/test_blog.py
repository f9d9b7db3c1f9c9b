"""Who is notified of articles, and of changes that are proposed to them."""

from __future__ import annotations

from typing import cast

import pytest

from contracts import blog
from contracts.people import MemberState
from contracts.proposals import ProposalState
from tests.unit.notify.harness import NotifyHarness, group, of_group


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


def test_what_an_article_no_longer_says_is_in_no_notification_but_a_remark_stays(
    harness: NotifyHarness,
) -> None:
    harness.people("author", "editor", "reader")
    harness.follow("reader", "tag", "birds")
    article = harness.article("author", tags=["birds"], body="My address is secret.")
    harness.handle(blog.ArticlePublished(article=article, by_id=harness.ids["editor"]))
    harness.handle(
        blog.ArticleDeclined(article=article, by_id=harness.ids["editor"], remark="Your address is in it.")
    )
    without = article.model_copy(
        update={"versions": [article.versions[0].model_copy(update={"body": "It begins."})]}
    )
    harness.handle(blog.ArticleChanged(article=without, by_id=harness.ids["author"]))
    shown = {each.what: each.excerpt for each in harness.notifications("author")}
    assert shown == {
        "blog.article.published": "It begins.",
        "blog.article.declined": "Your address is in it.",
    }
    assert [each.excerpt for each in harness.notifications("reader")] == ["It begins."]


def test_a_groups_draft_is_for_the_group(harness: NotifyHarness) -> None:
    harness.people("author", "editor")
    circle = group()
    harness.member(circle, "author", "member")
    article = harness.article(
        "author", status="submitted", audience=of_group(circle), contributor_ids=[harness.ids["editor"]]
    )
    harness.handle(blog.ArticleSubmitted(article=article, by_id=harness.ids["author"]))
    assert harness.notifications("editor") == []


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
