"""Fewer system calls for each message, by two functions of amqp's transport that are not part of its public API.

amqp 5 writes each frame and reads each part of a frame with a system call of its own; for small messages that is half
of the time. It has no switch for it, so two functions of an open connection's transport are replaced here, and nowhere
else. The import fails when another amqp than the tested one is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import amqp
from kombu import Connection

TESTED = "5."
WRITE_BYTES = 256 * 1024
READ_BYTES = 16 * 1024

if not amqp.__version__.startswith(TESTED):
    raise ImportError(
        f"amqp {amqp.__version__} is installed, and {__name__} was tested with {TESTED}x: check its transport's"
        " `_write` and `_quick_recv`, run `make test SUITES=tests/bus`, then change TESTED"
    )


def read_in_large_pieces(connection: Connection) -> None:
    """Let an open connection take from the socket whatever is there, at most `READ_BYTES`, in place of nine small reads
    for each message. Only for a connection that is always being read: what was read does not show on the socket."""
    transport = connection.connection.transport
    receive = transport._quick_recv
    transport._quick_recv = lambda size: receive(max(size, READ_BYTES))


@contextmanager
def written_in_large_pieces(connection: Connection) -> Iterator[None]:
    """What is written to the broker within the block is collected and sent in pieces of `WRITE_BYTES`."""
    transport = connection.connection.transport
    pieces = bytearray()
    write = transport._write

    def collect(piece: bytes) -> None:
        pieces.extend(piece)
        if len(pieces) >= WRITE_BYTES:
            write(bytes(pieces))
            pieces.clear()

    transport._write = collect
    try:
        yield
    finally:
        transport._write = write
    transport.write(bytes(pieces))
