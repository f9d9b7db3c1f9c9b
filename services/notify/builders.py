"""Builds a notification draft from each kind of event: what it says, about what, and for whom."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.blog import (
    ArticleDeclined,
    ArticlePublished,
    ArticleReturned,
    ArticleScheduled,
    ArticleState,
    ArticleSubmitted,
)
from contracts.common import Recorded
from contracts.events import EventState
from contracts.forum import PostState
from contracts.notify import Reason
from contracts.people import GroupState
from core.audience import group_of
from core.markup import excerpt
from services.notify import rules
from services.notify.actions import replicas
from services.notify.rules import NotificationDraft, Target

BoardStep = ArticleSubmitted | ArticleReturned | ArticleDeclined | ArticleScheduled


def article_draft(
    event: BoardStep | ArticlePublished,
    recorded: Recorded,
    direct: dict[str, frozenset[Reason]],
    followers: bool,
) -> NotificationDraft:
    """Of a step of an article, or its publication; the excerpt is of the board's remark, else of the article."""
    article = event.article
    original = next((each for each in article.versions if each.language == article.original_language), None)
    shown = event.remark or (original.summary or original.body if original else "")
    return NotificationDraft(
        what=event.type,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=article.author_id,
        audience=event.audience(),
        subject=f"article/{article.id}",
        item=f"article/{article.id}",
        titles=rules.titles(article.versions),
        original_language=article.original_language,
        path=f"/news/{article.slug}",
        excerpt=excerpt(shown, rules.EXCERPT_LENGTH),
        direct=direct,
        direct_actor_id=event.by_id,
        of=(("article", article.id),),
        among=among(article.tags, "news", article.category, article.audience, article.author_id),
        for_followers=followers,
    )


def post_draft(
    session: Session,
    post: PostState,
    recorded: Recorded,
    what: str,
    direct: dict[str, frozenset[Reason]],
    followers: bool,
) -> NotificationDraft:
    """Of a post, under its topic's titles."""
    titles, original = replicas.titles_of_topic(session, post)
    of: list[Target] = [("topic", post.topic_id)]
    if post.article_id is not None:
        of.append(("article", post.article_id))
    return NotificationDraft(
        what=what,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=post.author_id,
        audience=post.audience,
        subject=f"topic/{post.topic_id}",
        item=f"post/{post.id}",
        titles=titles,
        original_language=original,
        path=f"/talk/t/{post.topic_id}/{post.topic_slug}#p{post.id}",
        excerpt=excerpt(post.body, rules.EXCERPT_LENGTH),
        direct=direct,
        of=tuple(of),
        among=among(post.tags, "talk", post.category, post.audience, post.author_id),
        is_new=post.number == 1,
        for_followers=followers,
    )


def event_draft(
    event: EventState,
    recorded: Recorded,
    what: str,
    actor_id: str,
    direct: dict[str, frozenset[Reason]],
    changed: bool = False,
) -> NotificationDraft:
    """Of an event; of a change there is no excerpt."""
    body = rules.original_body(event.versions, event.original_language)
    return NotificationDraft(
        what=what,
        source_id=recorded.id,
        at=recorded.occurred_at,
        actor_id=actor_id,
        audience=event.audience,
        subject=f"event/{event.id}",
        item=f"event/{event.id}",
        titles=rules.titles(event.versions),
        original_language=event.original_language,
        path=f"/events/{event.id}/{event.slug}",
        excerpt="" if changed else excerpt(body, rules.EXCERPT_LENGTH),
        direct=direct,
        of=(("event", event.id),),
        among=() if changed else among(event.tags, "", None, event.audience, event.author_id),
    )


def writers(article: ArticleState) -> set[str]:
    """Who wrote an article or helped."""
    return {article.author_id, *article.contributor_ids}


def group_titles(group: GroupState) -> dict[str, str]:
    """A group's names by language."""
    return {text.language: text.name for text in group.texts}


def direct(reason: Reason, people: set[str]) -> dict[str, frozenset[Reason]]:
    """These people, each for this reason."""
    return {person_id: frozenset({reason}) for person_id in people}


def merge(*parts: dict[str, frozenset[Reason]]) -> dict[str, frozenset[Reason]]:
    """Everybody in `parts`, with all their reasons."""
    merged: dict[str, frozenset[Reason]] = {}
    for part in parts:
        for person_id, why in part.items():
            merged[person_id] = merged.get(person_id, frozenset()) | why
    return merged


def among(
    tags: list[str], domain: str, category: str | None, audience: str, author_id: str
) -> tuple[Target, ...]:
    """The targets that a thing belongs to: its tags, category, group and author."""
    targets: list[Target] = [("tag", tag) for tag in tags]
    if category:
        targets.append(("category", f"{domain}/{category}"))
    if group_id := group_of(audience):
        targets.append(("group", group_id))
    return (*targets, ("person", author_id))
