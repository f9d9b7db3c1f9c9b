"""Rows and events of one topic of the demo, and how those of its copies differ from them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from core.ids import numbered_id

DAYS_APART = 0.37
"""Each copy of a topic is so much older than the last, so that the first ones stay on top."""

_TIME = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"'

Row = dict[str, Any]


@dataclass(frozen=True)
class Original:
    """What of a topic is something else in each copy. `ids` are those of the topic and its posts, with their times."""

    ids: Mapping[str, datetime]
    title: str
    slug: str

    def copy(self, number: int, first_id: int) -> Copy:
        """The copy `number`, from 1. Its ids have the numbers from `first_id` on."""
        earlier = timedelta(days=number * DAYS_APART)
        ids = {
            id: numbered_id(moment - earlier, first_id + index)
            for index, (id, moment) in enumerate(self.ids.items())
        }
        title, slug = f"{self.title} ({number + 1})", f"{self.slug}-{number + 1}"
        return Copy(ids, earlier, title, slug, {json.dumps(self.title): title, json.dumps(self.slug): slug})


@dataclass(frozen=True)
class Copy:
    """What one copy has in place of the original's; `texts` by how they are written in JSON."""

    ids: Mapping[str, str]
    earlier: timedelta
    title: str
    slug: str
    texts: Mapping[str, str]


Change = Callable[[Copy], Any]


class RowTemplate:
    """A row of the original topic, and which of its columns are something else in a copy."""

    def __init__(self, row: Row, of: Original) -> None:
        self._row = row
        found = {name: _change(value, of) for name, value in row.items()}
        self._changes = [(name, change) for name, change in found.items() if change is not None]

    def of(self, copy: Copy) -> Row:
        """The copy's row."""
        row = dict(self._row)
        for name, change in self._changes:
            row[name] = change(copy)
        return row


class EventTemplate:
    """An event of the original topic or of one of its posts; a copy's has its `data` as JSON text."""

    def __init__(self, row: Row, of: Original) -> None:
        self._row = {name: value for name, value in row.items() if name not in ("seq", "public_seq")}
        self._subject = _text(row["subject"], of)
        text = json.dumps(row["data"])
        marks = [*of.ids, *map(re.escape, (json.dumps(of.title), json.dumps(of.slug)))]
        self._parts = re.split(f"({'|'.join([*marks, _TIME])})", text)

    def of(self, copy: Copy, event_id: str) -> Row:
        """The copy's event, without its number in the log."""
        subject = self._subject(copy) if self._subject else self._row["subject"]
        moment = self._row["occurred_at"] - copy.earlier
        data = "".join([part if not at % 2 else _mark(part, copy) for at, part in enumerate(self._parts)])
        return {**self._row, "id": event_id, "subject": subject, "occurred_at": moment, "data": data}


def _mark(mark: str, copy: Copy) -> str:
    if (id := copy.ids.get(mark)) is not None:
        return id
    if (text := copy.texts.get(mark)) is not None:
        return json.dumps(text)
    moment = datetime.fromisoformat(mark.strip('"')) - copy.earlier
    return json.dumps(moment.isoformat().replace("+00:00", "Z"))


def _change(value: Any, of: Original) -> Change | None:
    """How a column's value changes; None if it stays."""
    if isinstance(value, datetime):
        return lambda copy: value - copy.earlier
    if isinstance(value, str):
        return _text(value, of)
    if isinstance(value, list) and not of.ids.keys().isdisjoint(filter(_is_text, value)):
        return lambda copy: [copy.ids.get(each, each) for each in value]
    if isinstance(value, dict) and of.title in value.values():
        return lambda copy: {key: copy.title if each == of.title else each for key, each in value.items()}
    return None


def _text(value: str, of: Original) -> Change | None:
    if value == of.title:
        return lambda copy: copy.title
    if value == of.slug:
        return lambda copy: copy.slug
    parts = re.split(f"({'|'.join(of.ids)})", value)
    if len(parts) == 1:
        return None
    return lambda copy: "".join([copy.ids.get(part, part) for part in parts])


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def templates(rows: Sequence[Row], of: Original) -> list[RowTemplate]:
    """A template of each row."""
    return [RowTemplate(row, of) for row in rows]
