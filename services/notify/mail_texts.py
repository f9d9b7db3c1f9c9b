"""The whole texts of what a mail is about: asked for by calls, on behalf of its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from contracts.blog import BlogApi
from contracts.errors import NotFound
from contracts.events import EventsApi, EventView
from contracts.forum import ForumApi, PostView
from contracts.mail import MailedEvent, MailedItem, MailRecipient
from contracts.people import PeopleApi
from core.audience import group_of
from core.markup_cut import cut
from services.notify.tables import Notification

ANSWERS_KEPT = 1.0
"""Seconds for which a text is not asked for again: as long as an edit may take to reach everywhere."""

ANSWERS_MOST = 200

QUOTED = 200
"""So many characters of what a post answers are in a mail."""

_FIRST_POST = "forum.topic.created"
_POSTS = (_FIRST_POST, "forum.post.created", "forum.post.changed")
_FOUND = "search.item.matched"
_NEW_EVENTS = ("events.event.created", _FOUND)
_EVENTS = (
    *_NEW_EVENTS, "events.event.changed", "events.event.cancelled", "events.event.recalculated", "events.seat.given",
)  # fmt: skip


class Answers:
    """What was answered within the last second, of texts that are the same for all who may see them and read the same
    languages: most readers of a busy topic."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[float, Any]] = {}

    def ask(self, key: object, call: Callable[[], Any]) -> Any:
        """What `call` answers, or has answered for this key a moment ago."""
        now = monotonic()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < ANSWERS_KEPT:
            return kept[1]
        if len(self._kept) >= ANSWERS_MOST:
            self._kept.clear()
        answer = call()
        self._kept[key] = (now, answer)
        return answer


@dataclass(frozen=True)
class Sources:
    """The services that are asked for what a mail says."""

    people: PeopleApi
    forum: ForumApi
    blog: BlogApi
    events: EventsApi
    answers: Answers = field(default_factory=lambda: Answers())


@dataclass(frozen=True)
class Reader:
    """Whose mail it is. `leaving`: the audiences of groups whose words may be in mails. `avoided`: of whose acts they
    want to know nothing. `searches`: the texts of the searches that they follow, by their ids."""

    person_id: str
    recipient: MailRecipient
    leaving: frozenset[str] = frozenset()
    avoided: frozenset[str] = frozenset()
    searches: Mapping[str, str] = field(default_factory=dict)

    def may_be_sent(self, audience: str) -> bool:
        """Whether the words of what has this audience may be in mails."""
        return group_of(audience) is None or audience in self.leaving


def with_text(sources: Sources, reader: Reader, row: Notification, item: MailedItem) -> MailedItem | None:
    """The item with the whole text of its post, article or event, of which the reader may have a version in their
    language; None if there is no such thing for them."""
    read = _reading(row)
    if read is None:
        return item

    def ask() -> dict[str, Any] | None:
        try:
            return read(sources, reader, row)
        except NotFound:
            return None

    found = sources.answers.ask(("text", row.what, row.subject, *_sight(reader, row)), ask)
    return None if found is None else item.model_copy(update=found)


_Read = Callable[[Sources, Reader, Notification], dict[str, Any] | None]


def _reading(row: Notification) -> _Read | None:
    kind = row.item.partition("/")[0]
    if row.what == _FIRST_POST:
        return _first_post
    if row.what in _POSTS or (row.what == _FOUND and kind == "post"):
        return _post
    if row.what == "blog.article.published" or (row.what == _FOUND and kind == "article"):
        return _article
    return _event if row.what in _EVENTS and kind == "event" else None


def _id(of: str) -> str:
    return of.partition("/")[2]


def _first_post(sources: Sources, reader: Reader, row: Notification) -> dict[str, Any] | None:
    viewer = reader.recipient.viewer
    topic = sources.forum.topic(viewer, _id(row.subject), None)
    post = sources.forum.post(viewer, _id(row.item))
    if post.deleted or topic.deletion is not None:
        return None
    version = next((each for each in topic.versions if each.language == topic.language), None)
    titled = {"title": topic.title, "language": topic.language}
    if version is None or not version.body:
        return titled | _text_of(post)
    return titled | _text(version.body, topic.html, topic.language)


def _post(sources: Sources, reader: Reader, row: Notification) -> dict[str, Any] | None:
    post = sources.forum.post(reader.recipient.viewer, _id(row.item))
    return None if post.deleted else _text_of(post)


def _article(sources: Sources, reader: Reader, row: Notification) -> dict[str, Any] | None:
    article = sources.blog.article(reader.recipient.viewer, _id(row.item), None)
    if article.deletion is not None or article.status != "published":
        return None
    titled = {"title": article.title, "language": article.language}
    return titled | _text(article.body, article.html, article.language)


def _event(sources: Sources, reader: Reader, row: Notification) -> dict[str, Any] | None:
    # A seat is for one date of a series, which its path names.
    _, _, date = row.path.partition("?date=")
    event = sources.events.event(reader.recipient.viewer, _id(row.item), date or None, None)
    if event.deletion is not None:
        return None
    found = {"title": event.title, "language": event.language, "event": _when_and_where(event)}
    # Who is told of a change has had the text, or has read it before they decided to come.
    return found | (_text(event.body, event.html, event.language) if row.what in _NEW_EVENTS else {})


def _when_and_where(event: EventView) -> MailedEvent:
    place = event.place
    parts = (place.venue, place.name) if place is not None else ()
    return MailedEvent(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        timezone=event.timezone,
        place=", ".join(dict.fromkeys(part for part in parts if part)),
        online_url=event.online_url or "",
    )


def _text_of(post: PostView) -> dict[str, Any]:
    return _text(post.body, post.html, post.language)


def _text(body: str, html: str | None, language: str) -> dict[str, Any]:
    return {"body": body, "html": html or "", "body_language": language}


def answered(sources: Sources, reader: Reader, row: Notification) -> PostView | None:
    """The post that a reply answers, as far as that is known: the one before it, unless it quotes one itself. None for
    what is no reply, and where the reader does not see that post or avoids who wrote it."""
    if row.what != "forum.post.created":
        return None
    one = sources.answers.ask(("before", *_sight(reader, row)), lambda: _before(sources, reader, row))
    return None if one is None or one.author_id in reader.avoided else one


def _sight(reader: Reader, row: Notification) -> tuple[object, ...]:
    """An item, and what decides how it looks to somebody who may see what has its audience."""
    return row.item, row.audience, reader.recipient.viewer.languages


def _before(sources: Sources, reader: Reader, row: Notification) -> PostView | None:
    viewer = reader.recipient.viewer
    try:
        post = sources.forum.post(viewer, _id(row.item))
        if post.number < 2 or any(line.startswith(">") for line in post.body.splitlines()):
            return None
        before = None if post.number == 2 else str(post.number - 2)
        found = sources.forum.posts(viewer, post.topic_id, before, 1).items
    except NotFound:
        return None
    return next((each for each in found if each.number == post.number - 1 and not each.deleted), None)


def beginning(post: PostView) -> str:
    """The beginning of a post, without markup."""
    return cut(post.excerpt, QUOTED)
