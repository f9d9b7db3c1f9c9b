"""Saves a text, or has it wait where the rules say so."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from werkzeug.wrappers import Response

from contracts.errors import Conflict
from contracts.events import ChangeEvent, CreateEvent, EventView, SetEventVersion
from contracts.forum import (
    ChangePost,
    ChangeTopic,
    CreatePost,
    CreateTopic,
    PostView,
    SetTopicVersion,
    TopicView,
)
from contracts.held import HeldView
from core.audience import Viewer
from gateway.notices import redirect_with
from gateway.paths import held_path
from gateway.request_context import services

T = TypeVar("T")


def save_or_hold(save: Callable[[], T], hold: Callable[[], HeldView]) -> T | HeldView:
    """What `save` returns, or the held item if it raises that it must wait."""
    try:
        return save()
    except Conflict as error:
        if error.code != "review-needed":
            raise
    return hold()


def redirect_to_held(area: str, item: HeldView) -> Response:
    """Redirect to the page of what waits, and say so there."""
    return redirect_with(held_path(area, item.id), "space-review-sent")


def new_topic(me: Viewer, command: CreateTopic) -> TopicView | HeldView:
    """Open a topic."""
    forum = services().forum
    return save_or_hold(lambda: forum.create_topic(me, command), lambda: forum.hold_topic(me, command))


def new_post(me: Viewer, topic_id: str, command: CreatePost) -> PostView | HeldView:
    """Write a reply."""
    forum = services().forum
    return save_or_hold(
        lambda: forum.create_post(me, topic_id, command), lambda: forum.hold_post(me, topic_id, command)
    )


def changed_post(me: Viewer, post_id: str, command: ChangePost) -> PostView | HeldView:
    """Change a post."""
    forum = services().forum
    return save_or_hold(
        lambda: forum.change_post(me, post_id, command), lambda: forum.hold_post_change(me, post_id, command)
    )


def new_event(me: Viewer, command: CreateEvent) -> EventView | HeldView:
    """Put an event in the calendar."""
    events = services().events
    return save_or_hold(lambda: events.create_event(me, command), lambda: events.hold_event(me, command))


def changed_event(me: Viewer, event_id: str, command: ChangeEvent) -> EventView | HeldView:
    """Change an event."""
    events = services().events
    return save_or_hold(
        lambda: events.change_event(me, event_id, command),
        lambda: events.hold_event_change(me, event_id, command),
    )


def event_version(me: Viewer, event_id: str, command: SetEventVersion) -> EventView | HeldView:
    """Translate an event."""
    events = services().events
    return save_or_hold(
        lambda: events.set_event_version(me, event_id, command),
        lambda: events.hold_event_version(me, event_id, command),
    )


def changed_topic(me: Viewer, topic_id: str, command: ChangeTopic) -> TopicView | HeldView:
    """Change a topic."""
    forum = services().forum
    return save_or_hold(
        lambda: forum.change_topic(me, topic_id, command),
        lambda: forum.hold_topic_change(me, topic_id, command),
    )


def topic_version(me: Viewer, topic_id: str, command: SetTopicVersion) -> TopicView | HeldView:
    """Translate a topic."""
    forum = services().forum
    return save_or_hold(
        lambda: forum.set_topic_version(me, topic_id, command),
        lambda: forum.hold_topic_version(me, topic_id, command),
    )
