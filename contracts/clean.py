"""Cleans the texts of events that were recorded before there were rules for what can be seen (`core.plain_text`)."""

from __future__ import annotations

from typing import Any

from core.plain_text import clean_line, clean_text

_LINES = frozenset(
    {
        "title",
        "topic_title",
        "name",
        "display_name",
        "shown_name",
        "venue",
        "online_url",
        "alt",
        "author",
        "source",
    }
)
_TEXTS = frozenset({"body", "summary", "about", "remark"})


def cleaned(data: Any) -> Any:
    """The data of an event with its titles, names and texts as they would be stored today."""
    if isinstance(data, list):
        return [cleaned(item) for item in data]
    if not isinstance(data, dict):
        return data
    return {key: _value(key, value) for key, value in data.items()}


def _value(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return cleaned(value)
    if key in _LINES:
        return clean_line(value)
    return clean_text(value) if key in _TEXTS else value
