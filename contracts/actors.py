"""Who of those that acted is named outside: never a moderator for what they decided about others' content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DECISIONS: Mapping[str, str] = {
    f"{service}.{kind}.{verb}": kind
    for service, kind in (("forum", "topic"), ("forum", "post"), ("blog", "article"), ("events", "event"))
    for verb in ("deleted", "restored")
}
"""The events of what moderators decide, and the field of their data with the item."""

_UNNAMED = frozenset(
    f"{service}.revision.{verb}" for service in ("blog", "forum", "events") for verb in ("withheld", "shown")
)
"""Those that don't say whose item it is: only moderators learn who withheld a text."""


def public_data(event_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as other programs get it: `by_id` is empty where somebody decided about what is another's."""
    item = data.get(_DECISIONS.get(event_type, ""))
    by_another = item is not None and data.get("by_id") != item["author_id"]
    if by_another or event_type in _UNNAMED:
        return {**data, "by_id": ""}
    return dict(data)
