"""A small server of Wikimedia-shaped streams, to stand for Space's `/v2/stream/` where a test wants it to misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Streams(ThreadingHTTPServer):
    """Serves `events` (stream, id, time) from `since` on, says so and then is quiet, or ends where `ending` is set."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: list[tuple[str, str, str]] = []
        self.asked: list[tuple[str, datetime]] = []
        self.ending = False
        self.hanging = False
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Streams

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        stream = parts.path.rsplit("/", 1)[1]
        since = datetime.fromisoformat(parse_qs(parts.query)["since"][0])
        self.server.asked.append((stream, since))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.end_headers()
        self.wfile.write(b":ok\n\n")
        for name, identity, moment in list(self.server.events):
            if name == stream and datetime.fromisoformat(moment) >= since:
                self.wfile.write(message(name, identity, moment))
        self.wfile.flush()
        if self.server.hanging:
            self.server.closing.wait(30)
        elif not self.server.ending:
            self.wfile.write(b":caught-up\n\n")
            self.wfile.flush()
            self.server.closing.wait(30)

    def log_message(self, format: str, *args: object) -> None:
        """Tests are quiet."""


def message(stream: str, identity: str, moment: str) -> bytes:
    """One event as EventStreams frame it; `data` in two lines, which is allowed."""
    position = [{"topic": stream, "partition": 0, "timestamp": 1}]
    meta = {"id": identity, "dt": moment, "stream": stream, "domain": "127.0.0.1"}
    lines = json.dumps({"$schema": "/space/article/1.0.0", "meta": meta}, indent=None).replace(
        ', "meta"', ',\n"meta"'
    )
    data = "".join(f"data: {line}\n" for line in lines.split("\n"))
    return f"event: message\nid: {json.dumps(position)}\n{data}\n".encode()


@contextmanager
def running() -> Iterator[Streams]:
    """The server on a port of its own, for the block."""
    server = Streams()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
