"""`/live`: one's own notifications as they come, as server-sent events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import TypeVar

from flask import Blueprint, Response

from contracts.errors import SignInNeeded, SpaceError
from contracts.notify import NotificationView
from core.audience import STRANGER, Viewer
from gateway.api.authentication import authenticate, bearer_token, check_scope
from gateway.i18n.messages import message
from gateway.live import sse
from gateway.live.broadcaster import Broadcaster, Mailbox, broadcaster
from gateway.request_context import request_context, services
from gateway.services import Services

T = TypeVar("T")
E = TypeVar("E")

blueprint = Blueprint("live", __name__)


@blueprint.get("/live")
def live() -> Response:
    viewer = authenticate()
    check_scope(viewer, "read")
    if viewer.person_id is None:
        raise SignInNeeded
    source, person_id = broadcaster(), viewer.person_id
    mailbox = source.enter(person_id)
    messages = notifications(source, mailbox, services(), viewer, request_context().language, _still_known())
    return sse.stream_response(messages, lambda: source.leave(mailbox, person_id))


def notifications(
    source: Broadcaster,
    mailbox: Mailbox,
    api: Services,
    viewer: Viewer,
    lang: str,
    still_known: Callable[[], bool],
) -> Iterator[str]:
    """`notified` with the unread count at first, then at each change of it; ends when the session or process has.

    Whether it has is asked when a session of the person ended, before anything is sent, and from time to time. While
    that can't be known, nothing is sent. A stream that is closed for a newer page ends after asking its browser to come
    back later. `data` is `{"unread": n, "text": how to say it, "notification": id, "path": page}`, the last two where
    something is new.
    """
    unread: int | None = None
    checked_at = spoke_at = monotonic()
    opened = mailbox.dropped = True
    while True:
        wakes = source.wakes
        if source.ended:
            return
        if mailbox.closed:
            yield sse.LATER
            return
        if monotonic() - checked_at >= source.options.check:
            checked_at = monotonic()
            mailbox.dropped = True
        known: bool | None = True
        if not opened and (mailbox.doubted or mailbox.waiting or mailbox.dropped):
            mailbox.doubted = False
            known = _or(still_known, None)
            mailbox.doubted = mailbox.doubted or known is None
        opened = False
        if known is False:
            return
        while known and mailbox.waiting:
            notified = mailbox.waiting.popleft()
            unread = notified.unread
            yield _message(unread, lang, notified.notification)
            spoke_at = monotonic()
        if known and mailbox.dropped:
            mailbox.dropped = False
            now = _or(lambda: api.notify.unread(viewer), unread)
            if now is not None and now != unread:
                unread = now
                yield _message(unread, lang, None)
                spoke_at = monotonic()
        if monotonic() - spoke_at >= source.options.heartbeat:
            yield sse.HEARTBEAT
            spoke_at = monotonic()
        pause = source.options.heartbeat - (monotonic() - spoke_at)
        source.wait(wakes, pause if known else min(pause, source.options.retry))


def _message(unread: int, lang: str, new: NotificationView | None) -> str:
    data: dict[str, object] = {"unread": unread, "text": message("space-frame-notifications", lang, unread)}
    if new is not None:
        data |= {"notification": new.id, "path": new.path}
    return sse.written("notified", data)


def _or(ask: Callable[[], T], otherwise: E) -> T | E:
    """What `ask` returns, or what to go on with while the service is away."""
    try:
        return ask()
    except SpaceError:
        return otherwise


def _still_known() -> Callable[[], bool]:
    """A question for later, outside of the request: whether who opened the stream is still signed in."""
    people, token = services().people, bearer_token()
    if token is not None:
        return lambda: people.viewer_of_token(STRANGER, token) is not None
    session = request_context().token or ""
    return lambda: people.viewer_of_session(STRANGER, session) is not None
