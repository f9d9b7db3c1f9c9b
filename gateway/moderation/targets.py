"""What an address names that can be reported, as the reporter sees it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from contracts.common import Kind
from contracts.deletion import GivenReason
from contracts.errors import NotFound
from contracts.moderation import Report
from core.audience import PUBLIC, Viewer
from gateway.deletion import check_present
from gateway.forms import build
from gateway.paths import (
    article_path,
    event_path,
    group_path,
    parts_of,
    person_path,
    post_path,
    topic_path,
)
from gateway.services import Services
from gateway.shown_names import shown_name

_LONGEST = 2_000
_TEXT = 50_000
_TITLE = 400
_ID = "([0-9a-z]{16})"


@dataclass(frozen=True)
class Target:
    """An item with its text of now. `subject_id`: whose it is, or who it is; None for a group. `lasting`: its path
    where that has no words of its title, which may be changed, and too long once they are quoted. `original_language`
    and `category`, of a post those of its topic, say which part of the site it is in."""

    kind: Kind
    id: str
    path: str
    audience: str
    subject_id: str | None
    title: str
    text: str
    language: str
    revision: int = 1
    lasting: str = ""
    original_language: str = ""
    category: str = ""

    def report(self, reason: GivenReason | str | None, words: str) -> Report:
        """The command that reports it. Raises `Invalid`."""
        return build(
            Report,
            kind=self.kind,
            item_id=self.id,
            path=self.lasting or self.path,
            audience=self.audience,
            subject_id=self.subject_id,
            title=self.title[:_TITLE],
            text=self.text[:_TEXT],
            language=self.language,
            revision=self.revision,
            original_language=self.original_language,
            category=self.category,
            reason=reason,
            words=words,
        )


def target_at(services: Services, viewer: Viewer, address: str) -> Target:
    """The item with this path, read from its service as `viewer`.

    Raises `NotFound` for an address of nothing that can be reported, and in the same way for what the viewer may not
    see: a report tells nobody what there is.
    """
    path = parts_of(address).path if len(address) <= _LONGEST and address.startswith("/") else ""
    for pattern, find in _TARGETS:
        if found := pattern.fullmatch(path):
            return find(services, viewer, unquote(found[1]))
    raise NotFound


def _post(services: Services, viewer: Viewer, post_id: str) -> Target:
    post = services.forum.post(viewer, post_id)
    topic = services.forum.topic(viewer, post.topic_id, None)
    if post.deleted or topic.deletion is not None:
        raise NotFound
    return Target(
        "post", post.id, post_path(post.id), topic.audience, post.author_id, topic.title, post.body,
        post.language, post.revision, original_language=topic.original_language, category=topic.category or "",
    )  # fmt: skip


def _topic(services: Services, viewer: Viewer, topic_id: str) -> Target:
    topic = services.forum.topic(viewer, topic_id, None)
    check_present(topic)
    original = next(each for each in topic.versions if each.language == topic.original_language)
    return Target(
        "topic", topic.id, topic_path(topic.id, topic.slug), topic.audience, topic.author_id, original.title,
        original.body, topic.original_language, topic.revision, topic_path(topic.id), topic.original_language,
        topic.category or "",
    )  # fmt: skip


def _article(services: Services, viewer: Viewer, slug: str) -> Target:
    article = services.blog.article(viewer, slug, None)
    check_present(article)
    if article.status != "published":
        raise NotFound
    text = f"{article.summary}\n\n{article.body}".strip()
    return Target(
        "article", article.id, article_path(article.slug), article.audience, article.author_id, article.title,
        text, article.language, article.revision, article_path(article.id), article.original_language,
        article.category,
    )  # fmt: skip


def _event(services: Services, viewer: Viewer, event_id: str) -> Target:
    event = services.events.event(viewer, event_id, None, None)
    check_present(event)
    return Target(
        "event", event.id, event_path(event.id, event.slug), event.audience, event.author_id, event.title,
        event.body, event.language, event.revision, event_path(event.id), event.original_language,
    )  # fmt: skip


def _group(services: Services, viewer: Viewer, slug: str) -> Target:
    group = services.people.group(viewer, slug)
    audience = group.audience if group.kind == "hidden" else PUBLIC
    return Target(
        "group", group.id, group_path(group.slug), audience, None, group.name, group.about, group.language
    )


def _person(services: Services, viewer: Viewer, name: str) -> Target:
    person = services.people.person(viewer, name)
    language = person.languages[0] if person.languages else "en"
    shown = shown_name(person, language)
    # All that its owner typed, as the reporter sees it.
    text = "\n\n".join(filter(None, (person.about, person.pronouns, person.website)))
    return Target("person", person.id, person_path(person.name), PUBLIC, person.id, shown, text, language)


_Find = Callable[[Services, Viewer, str], Target]
_TARGETS: tuple[tuple[re.Pattern[str], _Find], ...] = (
    (re.compile(f"/talk/p/{_ID}"), _post),
    (re.compile(f"/talk/t/{_ID}(?:/[^/]*)?"), _topic),
    (re.compile(r"/news/([^/]+)"), _article),
    (re.compile(f"/events/{_ID}(?:/[^/]*)?"), _event),
    (re.compile(r"/groups/([^/]+)"), _group),
    (re.compile(r"/people/([^/]+)"), _person),
)
