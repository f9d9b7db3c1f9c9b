"""The server that takes mail, in a process of its own: `python -m space.mail_server FILE_DESCRIPTOR`.

`MailServerProcess` starts it beside the mail service, starts it again when it ends, and hands it the socket that it
listens at: while it starts, connections wait. It ends with the process that started it, whose end closes its standard
input.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import subprocess
import sys
import threading
from typing import Any

from bus.ops import log_format
from bus.ops.metrics import MAIL_SERVER_UP
from bus.retry.backoff import Backoff
from core.database import Database
from core.mail_addresses import MailAddresses
from core.mail_server import MailListener
from core.settings import Settings, SettingsError

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
STOP_SECONDS = 5.0
BACKLOG = 100


class MailServerProcess:
    """The process of the server. Its health is that of `bus.consumer.runner.Health`."""

    def __init__(self, listener: MailListener) -> None:
        self._listener = _listen(listener)
        self._up = MAIL_SERVER_UP.labels(listener.protocol)
        self.port: int = self._listener.getsockname()[1]
        self._child: subprocess.Popen[Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail server", daemon=True)

    def start(self) -> None:
        """Start it in the background, and again whenever it ends."""
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    def paused(self) -> dict[str, bool]:
        """Nothing of what the bus delivers waits for it."""
        return {}

    def problems(self) -> list[str]:
        """Whether it runs."""
        running = self._child is not None and self._child.poll() is None
        return [] if running else ["the server that takes mail does not run"]

    def _run(self) -> None:
        backoff = Backoff(1.0, 30.0)
        while not self._stopping.is_set():
            self._child = self._begin()
            self._up.set(1)
            while self._child.poll() is None and not self._stopping.wait(LOOK_SECONDS):
                pass
            self._up.set(0)
            if not self._stopping.is_set():
                self._end()
                log.error("the server that takes mail ended with exit code %s", self._child.returncode)
                self._stopping.wait(backoff.next())
        self._end()

    def _begin(self) -> subprocess.Popen[Any]:
        descriptor = self._listener.fileno()
        command = [sys.executable, "-m", "space.mail_server", str(descriptor)]
        # In a session of its own: Ctrl-C reaches the process that started it, which ends it.
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, pass_fds=(descriptor,), start_new_session=True
        )

    def _end(self) -> None:
        child = self._child
        if child is None:
            return
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _listen(where: MailListener) -> socket.socket:
    try:
        return socket.create_server((where.host, where.port), backlog=BACKLOG)
    except OSError as error:
        said = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror
        raise SettingsError(
            f"Can't take mail at {where.host}:{where.port} (SPACE_MAIL_IN): {said}."
        ) from error


def main(descriptor: int, settings: Settings) -> None:
    """Serve at the socket with this descriptor until the standard input ends."""
    from services.mail.server import serve

    addresses = MailAddresses.of(settings)
    if addresses is None or settings.mail_in is None:
        raise SettingsError("SPACE_MAIL_IN is not set.")
    log_format.set_up(settings.log_format == "json")
    database = Database(settings.databases["mail"])
    listener = socket.socket(fileno=descriptor)
    protocol = settings.mail_in.protocol

    async def until_the_end() -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
        await serve(listener, protocol, database, addresses, ended)

    asyncio.run(until_the_end())
    database.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), Settings.from_environment())
