"""HTTP/1.1 as RFC 9112 defines it, where eventlet's server is lenient, with deadlines for a slow client."""

from __future__ import annotations

import re
from collections.abc import Iterable
from email import errors
from io import BufferedIOBase
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import eventlet
import eventlet.wsgi
from eventlet.wsgi import STATE_REQUEST

from bus.ops.connections import ConnectionLimits, Connections

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The parser takes the headers for a whole message, so it also reports that a multipart body is missing.
_HEADER_DEFECTS = (
    errors.FirstHeaderLineIsContinuationDefect,
    errors.HeaderDefect,
    errors.MisplacedEnvelopeHeaderDefect,
    errors.MissingHeaderBodySeparatorDefect,
)
LONGEST_LINE = 4_096
"""Of those that a body in chunks has between them, in bytes."""

SECONDS_OF_A_TURN = 0.0005
"""A connection whose next request is there already is served before all others for so long. At each request it would
cost a tenth of a kept page; without an end, who sends many requests at once, or sends fast, would hold up everybody.
Of sixteen that all do, each waits for fifteen turns: with turns of 2 ms a page for a member took 40 ms at worst."""

_REASONS = {400: "Bad Request", 408: "Request Timeout", 501: "Not Implemented"}


class EncodedHeaders(list[tuple[str, str]]):
    """The headers of responses that are sent again and again, such as a kept page's, with their bytes. Any server takes
    them as a list; this one sends the bytes, in place of encoding each header each time."""

    def __init__(self, headers: Iterable[tuple[str, str]]) -> None:
        super().__init__(headers)
        self.framing = [each for each in self if each[0].lower() == "content-length"]
        """What the server has to know of them."""
        shared = (f"{name}: {value}\r\n" for name, value in self if name.lower() != "content-length")
        self.encoded = "".join(shared).encode("latin-1")
        if self.encoded.count(b"\n") != len(self) - len(self.framing):
            raise ValueError("a header has a line break")


class _Writer(BufferedIOBase):
    """Sends what is written at once, and several pieces as one. Without a buffer an open stream takes a third less
    memory, and a response is not copied into it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.headers = b""
        """Headers that go out behind the next status line."""

    def writable(self) -> bool:
        """See `io.IOBase`."""
        return True

    def write(self, data: Any) -> int:
        """Send all of it."""
        self._connection.sendall(data)
        return len(data)

    def writelines(self, pieces: Iterable[Any]) -> None:
        """Send all of them."""
        if self.headers:
            status_line, *others = pieces
            pieces, self.headers = [status_line, self.headers, *others], b""
        self.write(b"".join(pieces))


class _Body:
    """A request's body, which has to arrive at a rate: a limit of pauses alone would let a byte in each of them."""

    def __init__(self, file: Any, limits: ConnectionLimits) -> None:
        self._file = file
        self._limits = limits
        self._since = monotonic()
        self._arrived = 0

    def read(self, size: int) -> bytes:
        """So many bytes, fewer at the end. Raises `TimeoutError`."""
        parts = []
        while size > 0 and (part := self._file.read(min(size, self._waiting()))):
            parts.append(part)
            size -= len(part)
            self._arrived += len(part)
        return b"".join(parts)

    def readline(self, size: int = LONGEST_LINE) -> bytes:
        """The next line, or its first `size` bytes. Raises `TimeoutError`."""
        line = b""
        while len(line) < size and not line.endswith(b"\n") and self._waiting():
            part = self._file.readline(min(size - len(line), len(self._file.peek(1))))
            line += part
            self._arrived += len(part)
        return line

    def _waiting(self) -> int:
        """The number of bytes that can be read without waiting; 0 at the end."""
        seconds = self._limits.stall + self._arrived / self._limits.slowest_body
        with eventlet.Timeout(max(self._since + seconds - monotonic(), 0), TimeoutError("a slow body")):
            return len(self._file.peek(1))


class HttpProtocol(eventlet.wsgi.HttpProtocol):  # type: ignore[misc]
    """One connection: refuses requests that two servers could read in two ways, and ends those that stall.

    It logs nothing: a request line and an address tell who reads what.
    """

    path: str
    wbufsize = 0
    # Most requests' heads fit in; each open stream has one.
    rbufsize = 2048

    def __init__(
        self, state: list[Any], server: Any, connections: Connections, limits: ConnectionLimits
    ) -> None:
        found = connections.find(state[0])
        if found is None:
            return
        self._connection = found
        self._connections = connections
        self._limits = limits
        self._served = False
        self._turn_began = monotonic()
        self._head: eventlet.Timeout | None = None
        try:
            super().__init__(state, server)
        finally:
            connections.discard(state[0])

    def setup(self) -> None:
        """Open the connection for reading and writing."""
        super().setup()
        self.wfile.close()  # eventlet's would lose a part of what it can't send at once
        self.wfile: Any = _Writer(self.connection)
        # The application's names are as they should be, and case says nothing.
        self.capitalize_response_headers = False

    def handle_one_request(self) -> None:
        """Wait for a request, read it within the time for its head, and respond."""
        self._connections.waits(self._connection)
        if monotonic() - self._turn_began > SECONDS_OF_A_TURN:
            eventlet.sleep(0)
            self._turn_began = monotonic()
        asked = monotonic()
        started = False
        with eventlet.Timeout(self._limits.idle_wait if self._served else self._limits.first_wait, False):
            started = bool(self.rfile.peek(1))
        if not started:
            self.close_connection = True
            return
        if monotonic() - asked > SECONDS_OF_A_TURN / 2:
            # It was waited for, so others have had their turn.
            self._turn_began = monotonic()
        # A server that stops closes those that wait for a request.
        self.conn_state[2] = STATE_REQUEST
        self._head = eventlet.Timeout(self._limits.head)
        try:
            super().handle_one_request()
        except eventlet.Timeout as timeout:
            if timeout is not self._head:
                raise
            self.send_error(408)
        finally:
            self._head.cancel()
        self._served = True

    def parse_request(self) -> bool:
        """Parse the request line and headers. Returns False if the request was refused."""
        if not super().parse_request():
            return False
        if self._head is not None:
            self._head.cancel()
        if self.command != "OPTIONS" or self.path != "*":
            self.path = _origin_form(self.path)
        status = self._fault()
        if status:
            self.send_error(status)
            return False
        self._connections.is_used(self._connection)
        return True

    def handle_one_response(self) -> None:
        """Respond; the last response of a server that stops says that the connection is closed after it."""
        application = self.application

        def respond(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                if self._connections.stopping:
                    self.close_connection = True
                self.wfile.headers = b""
                if type(headers) is EncodedHeaders:
                    self.wfile.headers, headers = headers.encoded, headers.framing[:]
                return start_response(status, headers, exc_info)

            chunks: Iterable[bytes] = application(environ, start)
            return chunks

        self.application: Any = respond
        super().handle_one_response()

    def get_environ(self) -> dict[str, Any]:
        """The WSGI environment; its body has to arrive in time."""
        environ: dict[str, Any] = super().get_environ()
        body = environ["eventlet.input"]
        if body.chunked_input or body.content_length:
            body.rfile = _Body(body.rfile, self._limits)
        return environ

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse the request, without repeating any of it, and close the connection."""
        self.close_connection = True
        reason = _REASONS.get(code, "Error")
        head = f"HTTP/1.1 {int(code)} {reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self.wfile.write(head.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing."""

    def _fault(self) -> int:
        """The status of the refusal, 0 if there is nothing to refuse. The rules are those of RFC 9112."""
        headers = self.headers
        if self.request_version not in ("HTTP/1.0", "HTTP/1.1") or not _TOKEN.fullmatch(self.command):
            return 400
        if not self.path.startswith("/") and (self.command, self.path) != ("OPTIONS", "*"):
            return 400
        if any(isinstance(defect, _HEADER_DEFECTS) for defect in headers.defects) or any(
            not _TOKEN.fullmatch(name) or any(end in value for end in "\r\n\0")
            for name, value in headers.items()
        ):
            return 400
        hosts = headers.get_all("Host", [])
        if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1"):
            return 400
        lengths = headers.get_all("Content-Length", [])
        if len(lengths) > 1 or any(not (each.isascii() and each.isdigit()) for each in lengths):
            return 400
        encodings = headers.get_all("Transfer-Encoding", [])
        if encodings and (lengths or self.request_version == "HTTP/1.0"):
            return 400
        if encodings and [each.strip().lower() for each in encodings] != ["chunked"]:
            return 501
        return 0


def _origin_form(target: str) -> str:
    """The path and query of an absolute URL as a target (RFC 9112, 3.2.2); any other target as it is."""
    if not target.lower().startswith(("http://", "https://")):
        return target
    parts = urlsplit(target)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
