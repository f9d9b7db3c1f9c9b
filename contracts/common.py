"""Types and base classes that the contracts of several services use."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from contracts.actors import public_data
from core import markup, slugs
from core.audience import Audience
from core.plain_text import clean_line, clean_text

_SURROGATE = re.compile("[\ud800-\udfff]")

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{16}$")]
"""An id of `core.ids`."""

LanguageCode = Annotated[str, StringConstraints(min_length=2, max_length=20)]
"""A MediaWiki language code. The services check whether it exists (fault `language-unknown`)."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=40)]
"""A tag: lower-case words of any script, joined by `-`."""


def _applied(clean: Callable[[str], str]) -> BeforeValidator:
    def validate(value: Any) -> Any:
        if not isinstance(value, str):
            return value  # pydantic refuses it
        if _SURROGATE.search(value):
            raise PydanticCustomError("text-broken", "a lone surrogate is not a character")
        return clean(value)

    return BeforeValidator(validate)


CLEAN_LINE = _applied(clean_line)
"""Cleans a title, name or other line (`core.plain_text`). It stands last, so that it comes before the constraints."""

CLEAN_TEXT = _applied(clean_text)
"""The same for a text of several lines."""


def _within_budget(text: str) -> str:
    try:
        markup.check(text)
    except markup.OverBudget as over:
        raise PydanticCustomError(
            over.code, "its formatting is too much work", {"limit": over.limit}
        ) from over
    return text


MARKDOWN = AfterValidator(_within_budget)
"""Refuses Markdown that makes too much work (`core.markup_budget`), with the limit that it exceeds."""


def _for_others(html: str, info: SerializationInfo) -> str:
    """HTML as it is stored, for other parts of Space; as it is shown, if the context says how to make it."""
    shown: Callable[[str], str] | None = (info.context or {}).get(SHOWN_HTML)
    return html if shown is None else shown(html)


SHOWN_HTML = "shown_html"
"""The key in the context of a serialisation: a function that makes stored HTML what others are shown."""

CookedHtml = Annotated[str, PlainSerializer(_for_others)]
"""Safe HTML of `core.markup_cooked`, as it is stored."""


def _wanted_tag(value: Any) -> Any:
    """A filter's tag in its canonical form; what is no tag stays as it is, and finds nothing."""
    try:
        return slugs.tag(value) if isinstance(value, str) else value
    except ValueError:
        return value


WantedTag = Annotated[str, BeforeValidator(_wanted_tag)]
"""A tag to filter by, in any spelling: `Maps`, `#maps`."""

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=200), CLEAN_LINE]
Body = Annotated[str, StringConstraints(min_length=1, max_length=50_000), CLEAN_TEXT, MARKDOWN]
"""Markdown that a person wrote."""

Cursor = Annotated[str, StringConstraints(max_length=200)]
PageSize = Annotated[int, Field(ge=1, le=100)]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class View(BaseModel):
    """Base of what services return: read-only. Fields that a newer service adds are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(BaseModel):
    """Base of what a service is asked to do. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class Page(View, Generic[T]):
    """One page of a list. `next` is the cursor of the next page, None on the last one. `total` is the number of all
    items, None where it is not counted."""

    items: list[T]
    next: str | None = None
    total: int | None = None


class MonthCount(View):
    """How many items a month (`2026-01`, in UTC) has."""

    month: str
    items: int


class TextVersion(View):
    """One language version of something that people wrote.

    `translator_id` is None for the original. `outdated`: the original moved on since this version was made.
    """

    language: str
    title: str
    summary: str = ""
    body: str = ""
    translator_id: str | None = None
    reviewed: bool = True
    outdated: bool = False
    revision: int = 1
    changed_at: AwareDatetime | None = None


class Event(BaseModel):
    """Base of events: facts in the past tense that never change. Subclasses set their CloudEvents `type` and `version`.

    An event holds the complete state of its subject after it happened (event-carried state transfer), so a replica can
    be rebuilt from the log alone.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    version: ClassVar[int] = 1

    def subject(self) -> str:
        """What the event is about, as `kind/id`. Subscribers handle the events of one subject in order."""
        raise NotImplementedError

    def audience(self) -> str:
        """Who may see it. `public` events are published on `<service>.events`, all others on an internal exchange."""
        raise NotImplementedError


class ItemEvent(Event):
    """An event of one item, whose state it holds in the field that `item` names, and of who did it."""

    item: ClassVar[str]
    by_id: str

    def subject(self) -> str:
        return f"{self.item}/{getattr(self, self.item).id}"

    def audience(self) -> str:
        return str(getattr(self, self.item).audience)


class Recorded(View):
    """An event in its producer's log, with the attributes of its CloudEvents 1.0 form as fields.

    `seq` is its position: 1 for a producer's first event and one more for each next, without gaps. `trace` is a W3C
    `traceparent`. `public_seq` counts the producer's public events alone, in the same way; None for all others. It is
    the number to be shown outside: gaps in `seq` would tell of what is hidden.
    """

    producer: str
    seq: int
    public_seq: int | None = None
    id: str
    type: str
    version: int
    subject: str
    audience: str
    occurred_at: AwareDatetime
    trace: str = ""
    data: dict[str, Any]

    def cloud_event(self) -> dict[str, Any]:
        """The event in the CloudEvents 1.0 JSON format, with the extension attributes `sequence`, `publicsequence`,
        `audience`, `dataversion` and `traceparent`."""
        event: dict[str, Any] = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"/{self.producer}",
            "type": self.type,
            "subject": self.subject,
            "time": self.occurred_at.isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "sequence": str(self.seq),
            "audience": self.audience,
            "dataversion": str(self.version),
            "data": self.data,
        }
        if self.public_seq is not None:
            event["publicsequence"] = str(self.public_seq)
        if self.trace:
            event["traceparent"] = self.trace
        return event

    def public_cloud_event(self) -> dict[str, Any]:
        """A public event as other programs get it: its `sequence` counts public events alone, and it names no moderator
        (`contracts.actors`)."""
        event = self.cloud_event()
        event["data"] = public_data(self.type, self.data)
        event["sequence"] = event.pop("publicsequence")
        return event

    @classmethod
    def from_cloud_event(cls, event: dict[str, Any]) -> Recorded:
        """The event that `cloud_event` wrote. Raises `KeyError` or `ValueError` for anything else."""
        return cls(
            producer=str(event["source"]).removeprefix("/"),
            seq=int(event["sequence"]),
            public_seq=int(event["publicsequence"]) if "publicsequence" in event else None,
            id=event["id"],
            type=event["type"],
            version=int(event.get("dataversion", "1")),
            subject=event["subject"],
            audience=event["audience"],
            occurred_at=datetime.fromisoformat(event["time"]),
            trace=event.get("traceparent", ""),
            data=event["data"],
        )


def safe(method: F) -> F:
    """Mark a method of an API as safe, that is essentially read-only (RFC 9110, section 9.2.1): it may be called again
    if no reply arrives."""
    method.safe = True  # type: ignore[attr-defined]
    return method


Scope = Literal["read", "write", "moderate"]
"""What an API token may be for: to read, to do what every member may, and to decide on what is others'."""


def needs_scope(scope: Scope | None) -> Callable[[F], F]:
    """Say which scope a token needs to call a method of an API; `write` where nothing is said, of unsafe methods.

    None: the method asks for a password or a token itself, or for nothing. `read` is checked where a request comes in,
    not at each call, for what a token may write makes calls that read.
    """

    def mark(method: F) -> F:
        method.scope = scope  # type: ignore[attr-defined]
        return method

    return mark


def also_silenced(method: F) -> F:
    """Let silenced people call a method of an API: it changes what is theirs alone, and nobody else reads it."""
    method.also_silenced = True  # type: ignore[attr-defined]
    return method


def also_from(*services: str) -> Callable[[F], F]:
    """Let these services call a method of an API: all others may be called by the gateway alone, but for those of
    `Producer`."""

    def mark(method: F) -> F:
        method.also_from = frozenset(services)  # type: ignore[attr-defined]
        return method

    return mark


class Producer(Protocol):
    """The calls that every service has for its own event log."""

    @safe
    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` (1–1000) events after `seq`, in order and without gaps."""

    @safe
    def log_end(self) -> int:
        """The `seq` of the newest event, 0 in an empty log."""

    @safe
    def seq_at(self, moment: AwareDatetime) -> int:
        """The `seq` after which all events with a time of `moment` or later are found.

        Events of an import have old times, so older events may follow it too.
        """

    @safe
    def public_seq_at(self, seq: int) -> int:
        """The number of public events up to `seq`, which is the `public_seq` of the last of them."""

    @safe
    def seq_of_public(self, public_seq: int) -> int:
        """The `seq` of the event with this `public_seq`: 0 for 0, the log's end for a number that none has yet."""


Kind = Literal["article", "topic", "post", "event", "group", "person"]
"""What can be found, followed and linked to."""

__all__ = [
    "CLEAN_LINE", "CLEAN_TEXT", "MARKDOWN", "SHOWN_HTML", "Audience", "Body", "Command", "CookedHtml", "Cursor",
    "Event", "Id", "ItemEvent", "Key", "Kind", "LanguageCode", "MonthCount", "Page", "PageSize", "Producer",
    "Recorded", "Scope", "Tag", "TextVersion", "Title", "View", "WantedTag", "also_from", "also_silenced",
    "needs_scope", "safe",
]  # fmt: skip
