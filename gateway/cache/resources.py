"""What a page is made of, by name: which resources each call of a service reads, and which each event changes.

A resource is an item (`topic/<id>`) or all that lists show of one kind (`topics`). What is not in these tables counts
for everything of its service: a call reads all of it, an event changes all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from contracts.common import Recorded

ALL = "*"
"""Everything of a service."""

_Used = Callable[[Sequence[Any], Any], set[str]]


def _lists(*names: str) -> _Used:
    return lambda arguments, result: set(names)


def _item(kind: str) -> _Used:
    """The item that the call's first argument, after the viewer, names by its id."""
    return lambda arguments, result: {f"{kind}/{arguments[1]}"}


def _items(kind: str) -> _Used:
    """The items that the call's first argument, after the viewer, names by their ids."""
    return lambda arguments, result: {f"{kind}/{each}" for each in arguments[1]}


def _found(kind: str) -> _Used:
    """The item that the call found, by an address or by another item."""
    return lambda arguments, result: {f"{kind}/{result.id}"}


CALLS: Mapping[tuple[str, str], _Used] = {
    ("forum", "categories"): _lists("categories"),
    ("forum", "topics"): _lists("topics"),
    ("forum", "recent_posts"): _lists("topics"),
    ("forum", "topic"): _found("topic"),
    ("forum", "topics_by_id"): _items("topic"),
    ("forum", "posts"): _item("topic"),
    ("forum", "topic_of_article"): lambda arguments, result: {f"topic/{result.id}" if result else "topics"},
    ("blog", "categories"): _lists("categories"),
    ("blog", "articles"): _lists("articles"),
    ("blog", "article"): _found("article"),
    ("blog", "articles_by_id"): _items("article"),
    ("events", "events"): _lists("events"),
    ("events", "month"): _lists("events"),
    ("events", "event"): _item("event"),
    ("events", "events_by_id"): _items("event"),
    ("events", "attendees"): _item("event"),
    ("people", "cards"): _items("person"),
    # Somebody may take one of the names.
    ("people", "cards_by_name"): _lists("people"),
    ("people", "people"): _lists("people"),
    ("people", "person"): lambda arguments, result: {f"person/{result.id}", "groups"},
    ("people", "groups"): _lists("groups"),
    ("people", "group"): _lists("groups"),
    ("people", "groups_by_id"): _lists("groups"),
    ("people", "members"): _lists("groups", "people"),
}

# By the beginning of an event's type: the lists that it changes, beside the item that is its subject.
EVENTS: Mapping[str, frozenset[str]] = {
    # It may open or close a topic's place among the others, but no category has more or fewer topics by it.
    "forum.post.": frozenset({"topics"}),
    "forum.topic.": frozenset({"topics", "categories"}),
    "blog.article.": frozenset({"articles"}),
    "events.event.": frozenset({"events"}),
    "events.attendance.": frozenset({"events"}),
    "people.person.": frozenset({"people"}),
    "people.group.": frozenset({"groups"}),
    "people.membership.": frozenset({"groups"}),
    # No page shows who is signed in.
    "people.session.": frozenset(),
}


def used(service: str, method: str, arguments: Sequence[Any], result: Any) -> set[str]:
    """The resources that a call read, the arguments beginning with the viewer."""
    of = CALLS.get((service, method))
    return {ALL} if of is None else of(arguments, result)


def changed(event: Recorded) -> frozenset[str]:
    """The resources that an event changed."""
    kind = ".".join(event.type.split(".")[:2]) + "."
    lists = EVENTS.get(kind)
    return frozenset({ALL}) if lists is None else lists | {event.subject}
