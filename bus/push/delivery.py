"""Hands messages to push services: to listed ones alone, at public addresses, without following any redirect."""

from __future__ import annotations

import hashlib
import http.client
import socket
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import urlsplit

from bus.ops.metrics import PUSHES
from bus.push.encryption import Recipient, encrypt
from bus.push.message import WritePush
from bus.push.vapid import authorization
from core import clock
from core.settings import Settings
from core.web_push import PushKey, address_of, is_public

TIMEOUT = 20.0
"""Seconds for each step of the conversation with a service."""

WAIT = 60.0
"""Seconds that a message waits for a service that is busy or can't be reached, unless it says how long."""

Urgency = Literal["low", "normal", "high"]

_GONE = (404, 410)
_BUSY = (408, 425, 429)


@dataclass(frozen=True)
class Message:
    """One message to one browser. `ttl`: the seconds for which the service keeps it for a browser that can't be
    reached. `topic` names what it is about: of several that wait the last one is delivered (RFC 8030, section 5.4)."""

    endpoint: str
    recipient: Recipient
    content: bytes
    ttl: int
    urgency: Urgency
    topic: str


class SubscriptionGone(Exception):
    """The service says for good that there is no such subscription."""


class ServiceBusy(Exception):
    """The service can't take the message now, or can't be reached: it is to be sent again after `seconds`."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


class MessageRefused(Exception):
    """The service refuses the message, for a reason that sending it again does not change."""


class PushSender:
    """Sends messages with one site's key. `resolve`: the addresses of a host; `may_connect`: whether one may be
    connected to; `context`: what certificates are verified with."""

    def __init__(
        self,
        settings: Settings,
        resolve: Callable[[str, int], Sequence[str]] | None = None,
        may_connect: Callable[[str], bool] = is_public,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._hosts = settings.push_hosts
        self._contact = settings.push_contact
        self._key = PushKey.parse(settings.push_private_key)
        self._resolve = resolve or addresses
        self._may_connect = may_connect
        self._context = context or ssl.create_default_context()

    def send(self, message: Message) -> None:
        """Hand one message over.

        Raises `SubscriptionGone`, `MessageRefused`, and `ServiceBusy` where the service can't take it now. None of them
        names the endpoint, which is a secret.
        """
        try:
            host, port = address_of(message.endpoint, self._hosts)
            body = encrypt(message.content, message.recipient)
        except ValueError as error:
            PUSHES.labels("refused").inc()
            raise MessageRefused(str(error)) from None
        try:
            status, wait = self._post(host, port, message, body)
        except (OSError, UnicodeError, http.client.HTTPException) as error:
            PUSHES.labels("unreachable").inc()
            raise ServiceBusy(f"{host} can't be reached: {type(error).__name__}", WAIT) from None
        self._judge(host, status, wait)

    def _post(self, host: str, port: int, message: Message, body: bytes) -> tuple[int, float]:
        parts = urlsplit(message.endpoint)
        origin = f"https://{host}" if port == 443 else f"https://{host}:{port}"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {
            "Authorization": authorization(self._key, origin, self._contact, clock.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(message.ttl),
            "Urgency": message.urgency,
            "Topic": topic_name(message.topic),
        }
        connection = _Pinned(host, port, self._address(host, port), self._context)
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            return answer.status, _retry_after(answer.headers.get("Retry-After"))
        finally:
            connection.close()

    def _address(self, host: str, port: int) -> str:
        """The address that is connected to: resolved once, so that what was checked is what is asked."""
        found = self._resolve(host, port)
        if not found or not all(self._may_connect(address) for address in found):
            raise OSError("no public address")
        return found[0]

    @staticmethod
    def _judge(host: str, status: int, wait: float) -> None:
        if 200 <= status < 300:
            PUSHES.labels("delivered").inc()
        elif status in _GONE:
            PUSHES.labels("gone").inc()
            raise SubscriptionGone(str(status))
        elif status in _BUSY or status >= 500:
            PUSHES.labels("busy").inc()
            raise ServiceBusy(f"{host} answered {status}", wait)
        else:
            PUSHES.labels("refused").inc()
            raise MessageRefused(f"{host} answered {status}")


@dataclass(frozen=True)
class Pusher:
    """What sends messages, and what words them."""

    sender: PushSender
    write: WritePush


class _Pinned(http.client.HTTPSConnection):
    """A connection to one address, whose certificate must be the host's."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=TIMEOUT, context=context)
        self._address, self._tls = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def topic_name(topic: str) -> str:
    """32 letters and digits that stand for what a message is about, as the header takes them: to the service it says
    nothing. Some services refuse anything but letters and digits."""
    return hashlib.sha256(topic.encode()).hexdigest()[:32]


def _retry_after(value: str | None) -> float:
    """The seconds of the header `Retry-After`, which are given as such or as a time; `WAIT` without one."""
    if value is None:
        return WAIT
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        return max((parsedate_to_datetime(value) - clock.now()).total_seconds(), 1.0)
    except (ValueError, TypeError):
        return WAIT
