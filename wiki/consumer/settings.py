"""What the consumer is told: where to read from and to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

STREAMS = {
    "blog.article": "space.article",
    "forum.topic": "space.topic",
    "forum.post": "space.post",
    "events.event": "space.event",
}


@dataclass(frozen=True)
class Settings:
    """Where to read from and to."""

    amqp_url: str
    queue: str
    space_url: str
    store: Path
    types: tuple[str, ...]
    since: datetime

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Raises KeyError with the name of what is missing."""
        types = "blog.article.*,forum.topic.*,forum.post.*,events.event.*"
        return cls(
            amqp_url=environment["CONSUMER_AMQP_URL"],
            queue=environment["CONSUMER_QUEUE"],
            space_url=environment["CONSUMER_SPACE_URL"].rstrip("/"),
            store=Path(environment.get("CONSUMER_STORE", "events.sqlite")),
            types=tuple(environment.get("CONSUMER_TYPES", types).split(",")),
            since=datetime.fromisoformat(environment.get("CONSUMER_SINCE", "1970-01-01T00:00:00Z")),
        )

    @property
    def streams(self) -> list[str]:
        """The streams that carry the same events as the queue."""
        kinds = {key.rsplit(".", 1)[0] for key in self.types}
        return sorted(STREAMS[kind] for kind in kinds & STREAMS.keys())
