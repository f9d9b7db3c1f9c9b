"""Shapes that every service's contract uses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from core.audience import Audience

Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{16}$")]
"""An id of `core.ids`."""

LanguageCode = Annotated[str, StringConstraints(min_length=2, max_length=20)]
"""A MediaWiki language code. That it exists is checked by the service's rules (`language-unknown`)."""

Tag = Annotated[str, StringConstraints(min_length=1, max_length=40)]
"""A tag's slug: lower case, words joined by `-`, any script."""

Key = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Body = Annotated[str, StringConstraints(min_length=1, max_length=50_000)]
"""Markdown that a person wrote."""

Cursor = Annotated[str, StringConstraints(max_length=200)]
PageSize = Annotated[int, Field(ge=1, le=100)]

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


class View(BaseModel):
    """What a page or an answer needs: read-only, tolerant of fields that a newer service adds."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Command(BaseModel):
    """What somebody asks a service to do. Unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=False)


class Page(View, Generic[T]):
    """One page of a list. `next` is a cursor to hand back as it is, None on the last page. `total` where
    it is cheap."""

    items: list[T]
    next: str | None = None
    total: int | None = None


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
    """Something that happened; past tense, never changed. Each subclass names its CloudEvents `type` and `version`.

    An event carries the whole state of its subject after it happened, so a reader can be rebuilt from the log
    alone, by taking for each subject the last state.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    version: ClassVar[int] = 1

    def subject(self) -> str:
        """What it happened to, as `kind/id`. Events of one subject are handled in order."""
        raise NotImplementedError

    def audience(self) -> str:
        """Who may learn of it; `public` events alone leave on `<service>.events`, others stay inside."""
        raise NotImplementedError


class Recorded(View):
    """An event as it stands in its producer's log: a CloudEvents 1.0 envelope in fields.

    `seq` rises by one from one event of a producer to its next, without holes. `trace` is a W3C traceparent.
    """

    producer: str
    seq: int
    id: str
    type: str
    version: int
    subject: str
    audience: str
    occurred_at: AwareDatetime
    trace: str = ""
    data: dict[str, Any]

    def cloud_event(self) -> dict[str, Any]:
        """The CloudEvents 1.0 JSON form; `sequence`, `audience`, `traceparent` and `dataversion` are extensions."""
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
        if self.trace:
            event["traceparent"] = self.trace
        return event

    @classmethod
    def from_cloud_event(cls, event: dict[str, Any]) -> Recorded:
        """Read what `cloud_event` wrote. Raises `pydantic.ValidationError` or `KeyError` on anything else."""
        return cls(
            producer=str(event["source"]).removeprefix("/"),
            seq=int(event["sequence"]),
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
    """Mark a method of an API that only reads: a caller may ask it again if no answer comes. Asked twice, it must leave
    everything as asked once."""
    method.safe = True  # type: ignore[attr-defined]
    return method


class Producer(Protocol):
    """What every service answers about its own log and state."""

    @safe
    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` (1–1000) events after `seq`, in order, no hole."""

    @safe
    def log_end(self) -> int:
        """The `seq` of the newest event, 0 in an empty log."""

    @safe
    def seq_at(self, moment: AwareDatetime) -> int:
        """The `seq` after which every event of `moment` or later stands. Imports log old moments late, so older
        events may stand there too."""


Kind = Literal["article", "topic", "post", "event", "group", "person"]
"""What can be found, followed and linked to."""

__all__ = [
    "Audience", "Body", "Command", "Cursor", "Event", "Id", "Key", "Kind", "LanguageCode", "Page", "PageSize",
    "Producer", "Recorded", "Tag", "TextVersion", "Title", "View", "safe",
]  # fmt: skip
