"""What calls read and what events change: every call and every event is in the tables, or left out on purpose."""

from __future__ import annotations

import inspect
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from contracts.blog import ArticleLine, ArticleQuery, BlogApi
from contracts.catalogue import event_models
from contracts.common import Page, Producer, Recorded
from contracts.events import EventsApi
from contracts.forum import ForumApi, TopicLine, TopicQuery
from contracts.people import PeopleApi
from core.audience import STRANGER
from gateway.cache.changes import EVENTS, changed
from gateway.cache.log_ends import PRODUCERS
from gateway.cache.resources import ALL, CALLS, used
from tests.unit.gateway.fakes import AMINA, ARTICLE, BORIS, TOPIC
from tests.unit.gateway.page_samples import topic_line

SAMPLES = Path(__file__).resolve().parents[3] / "contracts/published/samples"
APIS: dict[str, type] = {"people": PeopleApi, "blog": BlogApi, "forum": ForumApi, "events": EventsApi}

READ_EVERYTHING = {
    "people": {
        "viewer_of_session",
        "viewer_of_token",
        "role_holders",
        "tag_changes",
        "roles_held",
        "sign_up_invitations",
        "sign_up_requests",
        "own_sign_up_request",
        "invited_by",
        "tokens",
        "me",
        "mail_author",
        "mail_recipient",
        "push_recipient",
        "people_found",
        "invited",
        "invitations",
        "site_revisions",
        "report_scores",
        "sessions",
        "confirmation",
        "reset",
        "administration_log",
        "public_administration",
        "silence",
        "blocks",
        "blocks_of",
        "blocked_ids",
        "export_of",
        "writing_rules",
        "writing_rules_versions",
        "trust",
        "cases",
        "case",
        "decision",
    },
    "blog": {
        "proposal",
        "article_deletions",
        "picture_bytes",
        "category_content",
        "category_details",
        "category_now",
        "administration_log",
        "public_administration",
        "export_of",
    },
    "forum": {
        "post_history",
        "post_revisions",
        "post_deletions",
        "topic_deletions",
        "category_content",
        "category_details",
        "category_now",
        "administration_log",
        "public_administration",
        "export_of",
        "held",
        "held_items",
        "term_matches",
    },
    "events": {"event_deletions", "export_of", "held", "held_items", "term_matches"},
}
"""Calls for pages that few read, or that are not kept."""

CHANGE_EVERYTHING = {"forum.revision.withheld", "forum.revision.shown"}
"""They don't say which topic shows it."""


def test_each_event_says_what_it_changes_or_may_have_changed_everything() -> None:
    published = {
        model.type for model in event_models() if model.type.partition(".")[0] in (*PRODUCERS, "notify")
    }
    assert EVENTS.keys().isdisjoint(CHANGE_EVERYTHING)
    assert EVENTS.keys() | CHANGE_EVERYTHING == published


@pytest.mark.parametrize("service", PRODUCERS)
def test_each_call_that_reads_says_what_it_reads_or_reads_everything(service: str) -> None:
    own = {
        name
        for name, method in inspect.getmembers(APIS[service], inspect.isfunction)
        if getattr(method, "safe", False) and name not in vars(Producer)
    }
    assert CALLS[service].keys().isdisjoint(READ_EVERYTHING[service])
    assert CALLS[service].keys() | READ_EVERYTHING[service] == own
    assert used(service, "log_end", 7) == {ALL}


@pytest.mark.parametrize("service", PRODUCERS)
def test_a_row_takes_the_arguments_of_its_call(service: str) -> None:
    for name, row in CALLS[service].items():
        takes = list(inspect.signature(row).parameters)
        call = list(inspect.signature(getattr(APIS[service], name)).parameters)
        assert takes[1:] in (call[1:], ["args", "kwargs"]), name


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_what_services_publish_has_what_its_row_reads(kind: str) -> None:
    published = json.loads((SAMPLES / f"{kind}.v1.json").read_text())
    assert ALL not in changed(Recorded.from_cloud_event(published))


def test_an_event_of_another_version_may_have_changed_everything() -> None:
    assert changed(event("forum.topic.changed", {"thread": {"id": TOPIC}})) == {ALL}
    assert changed(event("forum.topic.split", {"topic": {"id": TOPIC}})) == {ALL}


REPLY = {
    "post": {
        "id": "0" * 16, "topic_id": TOPIC, "topic_author_id": BORIS, "author_id": AMINA, "audience": "public",
        "category": "help", "tags": ["maps", "wells"], "article_id": None,
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "shown", "ended"),
    [
        (TopicQuery(), [], True),
        (TopicQuery(category="help"), [], True),
        (TopicQuery(category="news"), [], False),
        (TopicQuery(category="news", language="de"), [TOPIC], True),
        (TopicQuery(tag="wells"), [], True),
        (TopicQuery(tag="birds", author_id=BORIS), [], False),
        (TopicQuery(author_id=BORIS), [], True),
        (TopicQuery(author_id=AMINA), [], False),
        (TopicQuery(audience="public"), [], True),
        (TopicQuery(audience="members"), [], False),
        (TopicQuery(language="de"), [], True),
        (TopicQuery(sort="new"), [], False),
        (TopicQuery(sort="new"), [TOPIC], True),
    ],
)
def test_a_reply_ends_the_lists_that_it_moves_the_topic_on(
    query: TopicQuery, shown: list[str], ended: bool
) -> None:
    found = Page[TopicLine](items=[topic_line(id=each) for each in shown])
    names = used("forum", "topics", found, STRANGER, query)
    ended_by = changed(event("forum.post.created", REPLY))
    assert bool(names & ended_by) is ended


@pytest.mark.parametrize("kind", ["changed", "deleted", "restored"])
def test_a_change_of_a_topic_ends_each_list(kind: str) -> None:
    names = used("forum", "topics", Page[Any](items=[]), STRANGER, TopicQuery(category="news"))
    ended_by = changed(event(f"forum.topic.{kind}", {"topic": {"id": TOPIC, "article_id": None}}))
    assert names & ended_by


def test_a_reply_to_a_discussion_ends_the_page_of_its_article() -> None:
    names = used("forum", "topic_of_article", None, STRANGER, ARTICLE)
    other = used("forum", "topic_of_article", None, STRANGER, TOPIC)
    ended_by = changed(event("forum.post.created", {"post": {**REPLY["post"], "article_id": ARTICLE}}))
    assert names & ended_by
    assert not other & ended_by


def test_a_draft_ends_no_list_of_what_is_published() -> None:
    found = Page[ArticleLine](items=[])
    published, all_of_them, drafts = (
        used("blog", "articles", found, STRANGER, ArticleQuery(status=status))
        for status in ("published", None, "draft")
    )
    saved = changed(event("blog.article.changed", {"article": {"id": ARTICLE, "status": "draft"}}))
    out = changed(event("blog.article.published", {"article": {"id": ARTICLE, "status": "published"}}))
    assert not published & saved
    assert all(each & saved for each in (all_of_them, drafts))
    assert all(each & out for each in (published, all_of_them, drafts))


def event(kind: str, data: dict[str, Any]) -> Recorded:
    """An event as a listener gets it."""
    return Recorded(
        producer=kind.partition(".")[0], seq=1, id="1", type=kind, version=1, subject="x/1", audience="public",
        occurred_at=datetime(2026, 5, 4, tzinfo=UTC), data=data,
    )  # fmt: skip
