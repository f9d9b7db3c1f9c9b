"""The content of a message, as a browser reads it: the JSON of Declarative Web Push. A browser that knows it shows it
even where the service worker fails; for others the service worker reads the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bus.push.encryption import LONGEST
from contracts.push import PushNote
from core.languages import Direction

DECLARATIVE = 8030
"""By this number a browser knows the format (the Push API, *declarative push message*)."""


@dataclass(frozen=True)
class PushText:
    """What a message says, in one language. `address`: where a press on it leads."""

    title: str
    body: str
    language: str
    direction: Direction
    address: str


WritePush = Callable[[PushNote], PushText]
"""Words a message."""


def content(text: PushText, tag: str, key: str, ids: Sequence[str], unread: int) -> bytes:
    """The message. `tag`: of several with the same one the last is shown; `key`: the same in each copy of one message;
    `ids`: the notifications that a press marks as read; `unread`: the number on the app's icon."""
    notification = {
        "title": text.title,
        "body": text.body,
        "lang": text.language,
        "dir": text.direction,
        "tag": tag,
        "navigate": text.address,
        "data": {"ids": list(ids), "key": key},
    }
    message = {"web_push": DECLARATIVE, "notification": notification, "app_badge": unread}
    written = _json(message)
    if len(written) > LONGEST:
        notification["body"] = ""
        written = _json(message)
    if len(written) > LONGEST:
        notification["title"] = text.title[:100]
        written = _json(message)
    return written


def _json(message: object) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
