"""Connections to a mail server, each for many mails, and how many mails go out in a second."""

from __future__ import annotations

import select
import smtplib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic

from bus.outbox.tasks import Outage
from core.mail_server import MailServer

IDLE = 5.0
"""Seconds for which a connection is kept that nobody uses."""

SURE = 1.0
"""Seconds for which a connection that was just used is taken to be open still, unless the server has said something."""

KEPT = 2
"""The most connections that are kept; more are open while more mails are sent at once."""

MAILS = 100
"""A connection is closed after so many mails, which is where some servers end it."""


@dataclass
class _Connection:
    client: smtplib.SMTP
    mails: int = 0
    since: float = 0.0


class Connections:
    """Signed-in connections to one server. `name` is the one that we greet with, `timeout` in seconds; `idle` and
    `mails` as `IDLE` and `MAILS`."""

    def __init__(
        self, server: MailServer, name: str, timeout: float, idle: float = IDLE, mails: int = MAILS
    ) -> None:
        self._server = server
        self._name = name
        self._timeout = timeout
        self._idle_seconds = idle
        self._most = mails
        self._idle: list[_Connection] = []
        self._lock = threading.Lock()
        self._sweeping = False

    @contextmanager
    def connection(self) -> Iterator[smtplib.SMTP]:
        """One for one mail: one that is open, else a new one. It is closed if the mail fails.

        Raises `Outage` if there is none: what fails here is no fault of a message.
        """
        one = self._idle_one() or _Connection(self._connect())
        try:
            yield one.client
        except BaseException:
            close(one.client)
            raise
        one.mails += 1
        self._keep(one)

    def _idle_one(self) -> _Connection | None:
        while True:
            with self._lock:
                one = self._idle.pop() if self._idle else None
            if one is None:
                return None
            idle = monotonic() - one.since
            if idle < self._idle_seconds and (
                (idle < SURE and _is_silent(one.client)) or _is_alive(one.client)
            ):
                return one
            close(one.client)

    def _keep(self, one: _Connection) -> None:
        one.since = monotonic()
        with self._lock:
            kept = one.mails < self._most and len(self._idle) < KEPT
            if kept:
                self._idle.append(one)
            sweep, self._sweeping = kept and not self._sweeping, self._sweeping or kept
        if not kept:
            close(one.client)
        if sweep:
            self._sweep_later()

    def _sweep(self) -> None:
        """Close the connections that nobody has used for a while."""
        with self._lock:
            before = monotonic() - self._idle_seconds
            over = [each for each in self._idle if each.since <= before]
            self._idle = [each for each in self._idle if each.since > before]
            self._sweeping = bool(self._idle)
            again = self._sweeping
        for each in over:
            close(each.client)
        if again:
            self._sweep_later()

    def _sweep_later(self) -> None:
        timer = threading.Timer(self._idle_seconds, self._sweep)
        timer.daemon = True
        timer.start()

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        client: smtplib.SMTP | None = None
        try:
            if server.tls == "at-once":
                client = smtplib.SMTP_SSL(
                    server.host, server.port, self._name, timeout=self._timeout, context=server.tls_context()
                )
            else:
                client = smtplib.SMTP(server.host, server.port, self._name, timeout=self._timeout)
            client.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                client.starttls(context=server.tls_context())
                client.ehlo()
            if server.user is not None:
                client.login(server.user, server.password or "")
        except smtplib.SMTPResponseException as error:
            close(client)
            raise Outage(
                f"the mail server refused the session: {reply_code(error.smtp_code, error.smtp_error)}"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            close(client)
            raise Outage(f"the mail server can't be reached: {type(error).__name__}: {error}") from None
        return client


class Pace:
    """Lets so many mails go out in a second, each at its time; 0 lets all."""

    def __init__(self, per_second: float) -> None:
        self._step = 1 / per_second if per_second else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the turn of one mail."""
        with self._lock:
            now = monotonic()
            turn = max(self._next, now)
            self._next = turn + self._step
        if turn > now:
            time.sleep(turn - now)


def reply_code(code: int, words: bytes | str) -> str:
    """The reply's code, with the enhanced one (RFC 3463) if it has one."""
    text = words.decode("ascii", "replace") if isinstance(words, bytes) else words
    enhanced = text.split(" ", 1)[0]
    is_enhanced = enhanced.count(".") == 2 and enhanced.replace(".", "").isdigit()
    return f"{code} {enhanced}" if is_enhanced else str(code)


def close(client: smtplib.SMTP | None) -> None:
    """End the conversation; what was sent is sent, whatever the server says to this."""
    if client is not None:
        with suppress(OSError, smtplib.SMTPException):
            client.quit()
        client.close()


def _is_silent(client: smtplib.SMTP) -> bool:
    """Whether there is nothing to read: a server that ends the connection says so, or closes it."""
    if client.sock is None:
        return False
    try:
        return not select.select([client.sock], [], [], 0)[0]
    except (OSError, ValueError):
        return False


def _is_alive(client: smtplib.SMTP) -> bool:
    try:
        return client.noop()[0] == 250
    except (OSError, smtplib.SMTPException):
        return False
