"""`meta=notifications` as MediaWiki's Echo answers it, so that a wiki can show Space's notifications among its own.

Source: <https://www.mediawiki.org/wiki/Extension:Echo> and its API's own help page.
"""

from __future__ import annotations

import html
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from contracts.notify import NotificationView
from core.audience import Viewer
from gateway.i18n.messages import message
from gateway.notify.pages import target, words
from gateway.request_context import request_context, services, settings
from gateway.site.words import site_name
from gateway.wiki.mediawiki import ApiError, Parameters, number_of

# What asks something of the reader is an alert, the rest a notice, as in Echo.
_ALERTS = {"mention", "reply", "quote", "review", "membership"}


def notifications(parameters: Parameters, viewer: Viewer, answer: dict[str, Any]) -> dict[str, Any]:
    """The list, the count, or both. Raises `ApiError("login-required")` for a stranger."""
    if viewer.person_id is None:
        raise ApiError("login-required", message("space-wiki-api-login", parameters.lang))
    props = parameters.several("notprop", ("list", "count"), "list")
    formats = ("model", "special", "flyout", "html")
    model = parameters.one_of("notformat", ("", *formats)) != ""
    found: dict[str, Any] = {}
    if "list" in props:
        wanted = parameters.several("notfilter", ("read", "!read"), "read|!read")
        limit = parameters.number("notlimit", 20, 1, 50)
        page = services().notify.notifications(
            viewer, wanted == ["!read"], parameters.text("notcontinue") or None, limit
        )
        shown = [one for one in page.items if ("read" if one.read else "!read") in wanted]
        _know_actors(viewer, shown)
        found["list"] = [_entry(one, model) for one in shown]
        found["continue"] = page.next
        if page.next is not None:
            answer.pop("batchcomplete", None)
            answer["continue"] = {"notcontinue": page.next, "continue": "-||"}
    if "count" in props:
        unread = services().notify.unread(viewer)
        found |= {"rawcount": unread, "count": str(unread) if unread < 100 else "99+"}
    return found


def _know_actors(viewer: Viewer, shown: list[NotificationView]) -> None:
    ids = sorted({one.actor_id for one in shown if one.actor_id})
    if ids:
        request_context().cards.update({card.id: card for card in services().people.cards(viewer, ids)})


def _entry(one: NotificationView, model: bool) -> dict[str, Any]:
    config = settings()
    actor = request_context().cards.get(one.actor_id or "")
    entry: dict[str, Any] = {
        "wiki": urlsplit(config.base_url).hostname or "space",
        "id": str(number_of(one.id)),
        "type": f"space-{one.what.replace('.', '-')}",
        "category": f"space-{one.reasons[0]}" if one.reasons else "space-other",
        "section": "alert" if _ALERTS & set(one.reasons) else "message",
        "timestamp": _times(one.at),
        "title": {"full": one.title, "namespace": "", "namespace-key": 0, "text": one.title},
        "revid": 0,
        "targetpages": [],
    }
    if actor is not None:
        entry["agent"] = {"id": number_of(actor.id), "name": actor.name}
    if one.read:
        entry["read"] = f"{one.at.astimezone(UTC):%Y%m%d%H%M%S}"
    if model:
        header = html.escape(words(one).striptags(), quote=False)
        entry["*"] = {
            "header": header,
            "compactHeader": header,
            "body": html.escape(one.excerpt, quote=False),
            "icon": "placeholder",
            "iconUrl": "",
            "links": {
                "primary": {
                    "url": config.base_url + target(one),
                    "label": message("space-wiki-api-open", request_context().language, site_name()),
                },
                "secondary": [],
            },
        }
    return entry


def _times(moment: datetime) -> dict[str, str]:
    seconds = str(int(moment.timestamp()))
    mediawiki = f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"
    return {
        "utciso8601": f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "utcunix": seconds,
        "unix": seconds,
        "utcmw": mediawiki,
        "mw": mediawiki,
        "date": f"{moment.astimezone(UTC):%Y-%m-%d}",
    }
