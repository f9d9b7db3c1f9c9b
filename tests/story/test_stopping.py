"""An operator stops Space while people read: whatever was asked for is answered."""

import http.client
import os
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.story.harness import running_system

pytestmark = pytest.mark.timeout(600)

READERS = 6
BEFORE = 5


class Reader(threading.Thread):
    """Asks for one page after another on a connection that stays open, until it can't connect any more."""

    def __init__(self, netloc: str, started: threading.Barrier) -> None:
        super().__init__()
        self._netloc = netloc
        self._all_read = started
        self.read = 0
        self.lost: list[str] = []

    def run(self) -> None:
        while self._connect_and_read():
            pass

    def _connect_and_read(self) -> bool:
        connection = http.client.HTTPConnection(self._netloc, timeout=60)
        try:
            connection.connect()
            is_open = self._ask(connection)
        except (ConnectionRefusedError, ConnectionResetError):
            return False  # the server had not accepted it
        while is_open:
            try:
                is_open = self._ask(connection)
            except (OSError, http.client.HTTPException) as error:
                self.lost.append(repr(error))
                is_open = False
        return not self.lost

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Returns whether the connection stays open."""
        # A parameter that other pages read, so that each page is made anew.
        connection.request("GET", f"/talk?v={threading.get_ident()}-{self.read}")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            self.lost.append(str(response.status))
        self.read += 1
        if self.read == BEFORE:
            self._all_read.wait()
        return not response.will_close


@pytest.mark.parametrize("way", ["embedded", "distributed"])
def test_a_stop_loses_no_request(way: str, tmp_path: Path) -> None:
    with running_system(way, tmp_path, demo=False) as space:
        started = threading.Barrier(READERS + 1)
        readers = [Reader(urlsplit(space.url).netloc, started) for _ in range(READERS)]
        for reader in readers:
            reader.start()
        with httpx.stream("GET", f"{space.url}/v2/stream/space.topic", timeout=60) as stream:
            pieces = stream.iter_text()
            assert next(pieces)
            started.wait()
            os.kill(space.pid, signal.SIGTERM)
            list(pieces)  # it ends as a whole response does, else httpx says so
        for reader in readers:
            reader.join()
    assert [reader.lost for reader in readers] == [[]] * READERS
