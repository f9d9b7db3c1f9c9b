"""What of an event other programs get: nobody learns which moderator decided about others' content."""

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


_INTERNAL = "parsed"
"""The field of an event's data that is for the services alone: it says once more what the item's state says."""


def public_data(event_type: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event's data as other programs get it: `by_id` is empty where somebody decided about what is another's, and
    `parsed` is left out."""
    item = data.get(_DECISIONS.get(event_type, ""))
    by_another = item is not None and data.get("by_id") != item["author_id"]
    public = {name: value for name, value in data.items() if name != _INTERNAL}
    if by_another or event_type in _UNNAMED:
        public["by_id"] = ""
    return public
