"""The HTTP server: requests that two servers could read in two ways, slow clients, and many connections."""

from __future__ import annotations

import contextlib
import json
import re
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bus.ops.http_protocol import EncodedHeaders

ROOT = Path(__file__).resolve().parents[3]

IDLE = 10_000
BYTES_OF_A_CONNECTION = 40_000


class Connect:
    """A running server: a call connects to it."""

    def __init__(self, stack: ExitStack, limits: dict[str, Any]) -> None:
        self._stack = stack
        self.process = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-m", "tests.unit.bus.http_server", json.dumps(limits)],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        stack.callback(self._stop)
        assert self.process.stdout is not None
        self._port = int(self.process.stdout.readline())

    def __call__(self, source: str = "127.0.0.1") -> socket.socket:
        return self._stack.enter_context(
            socket.create_connection(("127.0.0.1", self._port), timeout=30, source_address=(source, 0))
        )

    def _stop(self) -> None:
        if self.process.stdin is not None and not self.process.stdin.closed:
            self.process.communicate()

    def begin_to_stop(self) -> None:
        """Let the server stop, and return when it accepts no more connections."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        while True:
            try:
                # From an address of its own: the oldest of too many connections of one peer would be closed.
                self("127.0.0.9").close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                pass  # it was in the queue that the server has closed

    def memory(self) -> int:
        """The bytes of memory that the server has."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024


Serve = Callable[..., Connect]


@pytest.fixture(scope="module")
def serve() -> Iterator[Serve]:
    """Starts a server with some limits, and returns what connects to it."""
    with ExitStack() as stack:
        yield lambda **limits: Connect(stack, limits)


@pytest.fixture
def many_files() -> Iterator[None]:
    """As many open files as this process may have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(scope="module")
def connect(serve: Serve) -> Connect:
    """Connects to a server that nothing makes hurry."""
    return serve(first_wait=60, head=60)


def exchange(connection: socket.socket, data: bytes) -> bytes:
    """Send something and return all that comes until the connection is closed."""
    connection.sendall(data)
    return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while more := connection.recv(65536):
            received += more
    except ConnectionResetError:
        pass
    return received


def respond(connection: socket.socket, path: str = "/") -> bytes:
    """One request on a connection that stays open, and the status line of its response."""
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return connection.recv(65536).partition(b"\r\n")[0]


END = b"Host: x\r\nConnection: close\r\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("request_bytes", "response"),
    [
        (b"GET /a?b=c HTTP/1.1\r\n" + END + b"\r\n", b"GET /a?b=c "),
        (b"GET http://other.example/a?b=c HTTP/1.1\r\n" + END + b"\r\n", b"GET /a?b=c "),
        (b"POST / HTTP/1.1\r\n" + END + b"Content-Length: 4\r\n\r\ntext", b"POST /? text"),
        (b"POST / HTTP/1.1\r\n" + END + b"Transfer-Encoding: chunked\r\n\r\n4\r\ntext\r\n0\r\n\r\n", b"text"),
        (b"GET / HTTP/1.0\r\n\r\n", b"GET /? "),
        (
            b"POST / HTTP/1.1\r\n"
            + END
            + b"Content-Type: multipart/form-data; boundary=a\r\nContent-Length: 4\r\n\r\n--a-",
            b"POST /? --a-",
        ),
        (
            b"POST / HTTP/1.1\r\n" + END + b"Content-Type: message/rfc822\r\nContent-Length: 4\r\n\r\ntext",
            b"text",
        ),
    ],
    ids=["plain", "absolute", "length", "chunked", "http 1.0", "multipart", "message"],
)
def test_what_is_well_formed_is_served(connect: Connect, request_bytes: bytes, response: bytes) -> None:
    found = exchange(connect(), request_bytes)
    assert found.startswith(b"HTTP/1.1 200 OK\r\n")
    assert found.endswith(response)
    assert b"\r\nServer:" not in found


@pytest.mark.parametrize(
    "request_bytes",
    [
        *(
            b"POST / HTTP/1.1\r\n" + END + rest
            for rest in (
                b"Content-Length: 4\r\nContent-Length: 5\r\n\r\ntext",
                b"Content-Length: 4\r\nContent-Length: 4\r\n\r\ntext",
                b"Content-Length: +4\r\n\r\ntext",
                b"Content-Length: 0_4\r\n\r\ntext",
                b"Content-Length: 4, 4\r\n\r\ntext",
                b"Content-Length: \r\n\r\n",
                b"Transfer-Encoding: xchunked\r\n\r\n4\r\ntext\r\n0\r\n\r\n",
                b"Transfer-Encoding: gzip, chunked\r\n\r\n4\r\ntext\r\n0\r\n\r\n",
                b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntext\r\n0\r\n\r\n",
            )
        ),
        *(
            b"GET / HTTP/1.1\r\n" + END + rest
            for rest in (
                b"Host: y\r\n\r\n",
                b"Content-Length : 4\r\n\r\ntext",
                b"X-Folded: a\r\n b\r\n\r\n",
                b"No colon\r\n\r\n",
            )
        ),
        b"POST / HTTP/1.0\r\n" + END + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
        b"G\xe9T / HTTP/1.1\r\n" + END + b"\r\n",
        b"GET relative HTTP/1.1\r\n" + END + b"\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n" + END + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
)
def test_what_two_servers_could_read_in_two_ways_is_refused(connect: Connect, request_bytes: bytes) -> None:
    found = exchange(connect(), request_bytes)
    assert found.split(b" ")[1] in (b"400", b"501", b"505"), found
    assert found.endswith(b"\r\n\r\n"), "nothing of the request is repeated"
    assert found.count(b"HTTP/1.1 ") == 1, "what follows on the connection is not another request"


@pytest.mark.slow
def test_a_silent_connection_is_closed(serve: Serve) -> None:
    connect = serve(first_wait=0.2)
    assert read_all(connect()) == b""


@pytest.mark.slow
def test_a_connection_that_sends_its_head_by_drops_is_closed(serve: Serve) -> None:
    connect = serve(first_wait=60, head=0.2)
    assert exchange(connect(), b"GET / HTTP/1.1\r\nHost:").startswith(b"HTTP/1.1 408 ")


@pytest.mark.slow
def test_a_connection_that_stops_within_its_body_is_closed(serve: Serve) -> None:
    connect = serve(stall=0.2)
    found = exchange(connect(), b"POST / HTTP/1.1\r\n" + END + b"Content-Length: 40\r\n\r\ntext")
    assert not found.startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
def test_of_many_silent_connections_of_one_peer_the_oldest_are_closed(serve: Serve) -> None:
    connect = serve(most_of_a_peer=3, first_wait=60)
    silent = [connect() for _ in range(10)]
    assert respond(connect()) == b"HTTP/1.1 200 OK"
    # Nine were closed, one after the other; the newest two still wait.
    assert [read_all(each) for each in silent[:8]] == [b""] * 8
    assert [respond(each) for each in silent[8:]] == [b"HTTP/1.1 200 OK"] * 2


@pytest.mark.slow
def test_a_peer_that_connects_too_often_is_refused_and_others_are_not(serve: Serve) -> None:
    connect = serve(new_of_a_peer=(3, 0.001), first_wait=60)
    peers = [connect() for _ in range(5)]
    assert [respond(each) for each in peers[:3]] == [b"HTTP/1.1 200 OK"] * 3
    assert [read_all(each) for each in peers[3:]] == [b""] * 2
    assert respond(connect("127.0.0.2")) == b"HTTP/1.1 200 OK"


@pytest.mark.slow
def test_connections_that_are_in_use_are_not_closed_for_others(serve: Serve) -> None:
    connect = serve(most_of_a_peer=2, first_wait=60)
    used = [connect() for _ in range(2)]
    for each in used:
        each.sendall(b"POST / HTTP/1.1\r\n" + END + b"Content-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert each.recv(65536).startswith(b"HTTP/1.1 100 Continue"), "it waits for the body"
    refused = connect()
    assert read_all(refused) == b""
    assert [exchange(each, b"text").endswith(b"POST /? text") for each in used] == [True, True]
    assert respond(connect()) == b"HTTP/1.1 200 OK", "one of the places is free again"


@pytest.mark.slow
def test_a_trusted_proxy_holds_as_many_connections_as_it_needs(serve: Serve) -> None:
    connect = serve(most_of_a_peer=2, proxies="127.0.0.0/8", first_wait=60)
    assert [respond(each) for each in [connect() for _ in range(9)]] == [b"HTTP/1.1 200 OK"] * 9


@pytest.mark.slow
def test_when_all_places_are_taken_the_longest_silent_connection_is_closed(serve: Serve) -> None:
    connect = serve(most=4, proxies="127.0.0.0/8", first_wait=60)
    silent = [connect() for _ in range(4)]
    assert respond(connect()) == b"HTTP/1.1 200 OK"
    assert read_all(silent[0]) == b""
    assert respond(silent[3]) == b"HTTP/1.1 200 OK"


@pytest.mark.slow
def test_one_connection_takes_one_request_after_the_other(connect: Connect) -> None:
    connection = connect()
    assert [respond(connection, f"/{number}") for number in range(3)] == [b"HTTP/1.1 200 OK"] * 3


@pytest.mark.slow
def test_headers_that_are_encoded_once_are_those_of_their_response_alone(connect: Connect) -> None:
    asked = (
        b"GET /encoded HTTP/1.1\r\nHost: x\r\n\r\n"
        b'GET /encoded HTTP/1.1\r\nHost: x\r\nIf-None-Match: "1"\r\n\r\n'
        b"HEAD /encoded HTTP/1.1\r\nHost: x\r\n\r\n"
        b"GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    answers = exchange(connect(), asked).split(b"HTTP/1.1 ")[1:]
    heads = [re.sub(rb"Date: [^\r]+\r\n", b"", each) for each in answers]
    own = b'ETag: "1"\r\nX-Name: caf\xe9\r\n'
    assert heads == [
        b"200 OK\r\n" + own + b"Content-Length: 4\r\n\r\nkept",
        b"304 Not Modified\r\n" + own + b"\r\n",
        b"200 OK\r\n" + own + b"Content-Length: 4\r\n\r\n",
        b"200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nGET /echo? ",
    ]


def test_a_header_that_would_be_two_is_not_encoded() -> None:
    with pytest.raises(ValueError, match="line break"):
        EncodedHeaders([("X-Name", "one\r\nX-Other: two")])


def test_who_sends_many_requests_at_once_does_not_hold_up_others(connect: Connect) -> None:
    many, others = connect(), connect()
    for each in (many, others):
        each.sendall(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n" + b"GET /work HTTP/1.1\r\nHost: x\r\n\r\n" * 60)
    connect().sendall(b"GET /begin HTTP/1.1\r\nHost: x\r\n\r\n")
    numbers = []
    for each in (many, others):
        received = b""
        while received.count(b">") < 60:
            received += each.recv(65536)
        numbers.append([int(found) for found in re.findall(rb"<(\d+)>", received)])
    assert sorted(numbers[0] + numbers[1]) == list(range(120))
    # Neither was served from its first request to its last without a pause.
    assert min(numbers[0]) < max(numbers[1])
    assert min(numbers[1]) < max(numbers[0])


def test_a_response_that_is_larger_than_the_buffers_on_the_way_arrives_whole(connect: Connect) -> None:
    connection = connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 20_000)
    body = bytes(range(256)) * 40_000
    head = b"POST / HTTP/1.1\r\n" + END + b"Content-Length: %d\r\n\r\n" % len(body)
    received = exchange(connection, head + body)
    assert received.endswith(b"\r\n\r\nPOST /? " + body)


BEFORE_A_BODY = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"


@pytest.mark.slow
def test_a_stop_serves_all_that_was_asked_for(serve: Serve) -> None:
    connect = serve(first_wait=60, last_wait=60)
    running, kept, fresh = (connect() for _ in range(3))
    running.sendall(BEFORE_A_BODY)
    assert running.recv(65536).startswith(b"HTTP/1.1 100 Continue"), "it waits for the body"
    assert respond(kept) == b"HTTP/1.1 200 OK"
    connect.begin_to_stop()
    for connection, sent, received in (
        (running, b"text", b"POST /? text"),
        (kept, b"GET /again HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /again? "),
        (fresh, b"GET /first HTTP/1.1\r\nHost: x\r\n\r\n", b"GET /first? "),
    ):
        found = exchange(connection, sent)
        assert found.startswith(b"HTTP/1.1 200 OK\r\n"), received
        assert b"\r\nConnection: close\r\n" in found
        assert found.endswith(received)
    assert connect.process.wait(30) == 0


@pytest.mark.slow
def test_a_stop_waits_for_nobody_who_asks_for_nothing(serve: Serve) -> None:
    connect = serve(first_wait=60, last_wait=0.1)
    kept, silent = connect(), connect()
    assert respond(kept) == b"HTTP/1.1 200 OK"
    connect.begin_to_stop()
    assert (read_all(kept), read_all(silent)) == (b"", b"")
    assert connect.process.wait(30) == 0


@pytest.mark.slow
def test_a_body_that_comes_by_drops_is_given_up(serve: Serve) -> None:
    """No pause is as long as the limit of pauses, and the body is longer than it may be at this rate."""
    connection = serve(stall=1, slowest_body=1_000_000)()
    connection.sendall(b"POST / HTTP/1.1\r\n" + END + b"Content-Length: 400000\r\n\r\n")
    connection.settimeout(0.05)
    received = b""
    while not received:
        connection.sendall(b"x")
        try:
            received = connection.recv(65536)
        except TimeoutError:
            continue
        except ConnectionResetError:
            return
        break
    assert not received.startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
@pytest.mark.parametrize("body", [b"x" * 100_000, b"4;" + b"x" * 100_000], ids=["no size", "extension"])
def test_a_line_between_chunks_has_an_end(connect: Connect, body: bytes) -> None:
    head = b"POST / HTTP/1.1\r\n" + END + b"Transfer-Encoding: chunked\r\n\r\n"
    connection = connect()
    with contextlib.suppress(ConnectionError):
        connection.sendall(head + body)
    assert not read_all(connection).startswith(b"HTTP/1.1 200 ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET /" + b"x" * 10_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 10_000 + b"\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Many: x\r\n" * 10_000 + b"\r\n", b"4"),
    ],
    ids=["target", "line", "lines"],
)
def test_a_head_that_is_too_long_is_refused(connect: Connect, head: bytes, status: bytes) -> None:
    connection = connect()
    with contextlib.suppress(ConnectionError):
        connection.sendall(head)
    assert read_all(connection)[9:].startswith(status)


@pytest.mark.slow
def test_ten_thousand_idle_connections_harm_nobody(serve: Serve, many_files: None) -> None:
    """Those of many peers, each with a request behind it. As many as may be open stay open, and take little memory."""
    connect = serve(most=4000, most_of_a_peer=200, first_wait=60)
    respond(connect())
    before = connect.memory()
    idle = [connect(f"127.0.{peer // 200}.{peer % 200 + 1}") for peer in range(IDLE)]
    assert [respond(each) for each in idle[-3000:]] == [b"HTTP/1.1 200 OK"] * 3000
    assert connect.memory() - before < 4000 * BYTES_OF_A_CONNECTION
    assert respond(connect()) == b"HTTP/1.1 200 OK"
    assert respond(idle[-1]) == b"HTTP/1.1 200 OK"
