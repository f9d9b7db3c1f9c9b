"""Builds documents of the index from the states in other services' events."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from contracts.blog import ArticleState
from contracts.common import TextVersion
from contracts.events import EventState
from contracts.forum import ParsedText, PostState, TopicState
from contracts.people import GroupState, PersonState
from core import slugs
from core.audience import PUBLIC, group_audience
from core.markup import plain, tokens_of
from services.search.engine import Document, Key, Text


def article_document(article: ArticleState) -> Document | None:
    """The document of a published article; None for any other."""
    if article.status != "published":
        return None
    return Document(
        key=Key("article", article.id),
        path=address("news", article.slug),
        audience=article.audience,
        at=article.published_at or article.created_at,
        texts=_texts(article.versions, article.original_language),
        author_id=article.author_id,
        category=article.category or None,
        tags=canonical_tags(article.tags),
        marks=_marks(
            picture=article.picture is not None or _has_picture(*(each.body for each in article.versions)),
            announcement=article.official,
        ),
    )


def topic_document(topic: TopicState) -> Document:
    """The document of a topic, with the text of its first post."""
    return Document(
        key=Key("topic", topic.id),
        path=address("talk", "t", topic.id, topic.slug),
        audience=topic.audience,
        at=topic.created_at,
        texts=_texts(topic.versions, topic.original_language),
        author_id=topic.author_id,
        category=topic.category,
        tags=canonical_tags(topic.tags),
        thread=topic.id,
        marks=_marks(picture=_has_picture(*(each.body for each in topic.versions))),
    )


def post_document(post: PostState, parsed: ParsedText | None = None) -> Document | None:
    """The document of a reply; None for a deleted one, and for a first post, which is part of the topic's document.
    `parsed`: what the event says of its text."""
    if post.deleted or post.number == 1:
        return None
    text = plain(post.body) if parsed is None else parsed.plain
    return Document(
        key=Key("post", post.id),
        path=address("talk", "p", post.id),
        audience=post.audience,
        at=post.created_at,
        texts=(Text(post.language, post.topic_title, text),),
        author_id=post.author_id,
        category=post.category,
        tags=canonical_tags(post.tags),
        titled=False,
        thread=post.topic_id,
        marks=_marks(picture=_has_picture(post.body)),
    )


def event_document(event: EventState) -> Document:
    """The document of an event, with the time of its next date."""
    place = (event.place.name, event.place.venue) if event.place else ()
    return Document(
        key=Key("event", event.id),
        path=address("events", event.id, event.slug),
        audience=event.audience,
        at=event.starts_at,
        texts=_texts(event.versions, event.original_language),
        author_id=event.author_id,
        tags=canonical_tags(event.tags),
        keywords=tuple(word for word in place if word),
        marks=(
            *_marks(
                picture=_has_picture(*(each.body for each in event.versions)),
                online=event.format in ("online", "hybrid"),
                seats=event.has_seats,
            ),
            *(f"spoken:{language}" for language in event.spoken),
        ),
        point=(event.place.latitude, event.place.longitude) if event.place else None,
    )


def group_document(group: GroupState) -> Document:
    """The document of a group. Everybody may find open and closed groups, only members a hidden one."""
    original = sorted(group.texts, key=lambda text: text.language != group.language)
    return Document(
        key=Key("group", group.id),
        path=address("groups", group.slug),
        audience=group_audience(group.id) if group.kind == "hidden" else PUBLIC,
        at=group.created_at,
        texts=tuple(Text(text.language, text.name, plain(text.about)) for text in original),
        keywords=(group.slug.replace("-", " "),),
    )


def person_document(person: PersonState) -> Document:
    """The document of a person: name, description, and the place that they chose to publish."""
    language = person.languages[0] if person.languages else person.interface_language or "en"
    return Document(
        key=Key("person", person.id),
        path=address("people", person.name),
        audience=PUBLIC,
        at=person.joined_at,
        texts=(Text(language, person.shown_name or person.display_name or person.name, plain(person.about)),),
        keywords=(person.name, *((person.place.name,) if person.place else ())),
    )


def canonical_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags in today's canonical form: events in the logs have that of their time."""
    return tuple(dict.fromkeys(slugs.tag(tag) for tag in tags))


def _marks(
    *, picture: bool = False, announcement: bool = False, online: bool = False, seats: bool = False
) -> tuple[str, ...]:
    marks = (
        ("has:picture", picture),
        ("is:announcement", announcement),
        ("is:online", online),
        ("has:seats", seats),
    )
    return tuple(mark for mark, there in marks if there)


def _has_picture(*bodies: str) -> bool:
    """Whether a picture stands in one of the texts."""
    return any(
        child.type == "image"
        for body in bodies
        if "![" in body  # most texts need not be parsed
        for token in tokens_of(body) or ()
        for child in token.children or ()
    )


def _texts(versions: list[TextVersion], original: str) -> tuple[Text, ...]:
    ordered = sorted(versions, key=lambda version: version.language != original)
    return tuple(
        Text(
            version.language, version.title, plain("\n\n".join(filter(None, (version.summary, version.body))))
        )
        for version in ordered
    )


def address(*parts: str) -> str:
    """The path of a page, each part of it quoted."""
    return "/" + "/".join(quote(part, safe="~") for part in parts)
