"""A client of `/v2/stream/…`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.unit.gateway.harness import Robot, SystemHarness

Message = dict[str, Any]


class StreamClient:
    """A client of the stream that reads what there is."""

    def __init__(self, system: SystemHarness, path: str, **headers: str) -> None:
        self.answer = Robot(system).client.get(
            path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        assert self.answer.status_code == 200, self.answer.text
        assert self.answer.mimetype == "text/event-stream"
        self.chunks: Iterator[bytes] = iter(self.answer.response)  # type: ignore[arg-type]
        assert next(self.chunks) == b":ok\n\n"
        self.last_id = ""
        self.sent_when_caught_up: int | None = None

    def read(self) -> list[Message]:
        """The messages until the next heartbeat."""
        found: list[Message] = []
        for chunk in self.chunks:
            if chunk == b":ok\n\n":
                return found
            if chunk == b":caught-up\n\n":
                assert self.sent_when_caught_up is None
                self.sent_when_caught_up = len(found)
                continue
            lines = dict(line.split(": ", 1) for line in chunk.decode().strip().split("\n"))
            assert lines["event"] == "message"
            self.last_id = lines["id"]
            found.append(json.loads(lines["data"]))
        raise AssertionError("the stream ended")
