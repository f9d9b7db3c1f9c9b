"""Signed calls: over a broker each call carries its sender's Ed25519 signature, which the service checks first.

The signature covers the whole message: sender, service, method and arguments (with the viewer in them), the queue for
the reply, the idempotency key, the request's origin, a nonce, and when the call was sent and expires. A call within
one process is not signed. See docs/decisions/0010-signed-calls.md.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bus.ops.metrics import CALLS_REFUSED
from bus.rpc.codec import methods_of
from contracts.common import Producer
from contracts.errors import Unavailable

GATEWAY = "gateway"
"""The only sender that may call everything. Operators' commands call the methods of `Producer` alone, and services
beside these what a contract opens for them (`contracts.common.also_from`)."""

LONGEST_SECONDS = 60.0
"""A signature is valid as long as its caller waits for the reply, and no longer than this."""

SKEW_SECONDS = 30.0
"""By how much the clocks of two machines may differ."""

MOST_REMEMBERED = 100_000
"""The most nonces that a process remembers. Only calls with a valid signature are remembered."""

NOBODY: Mapping[str, Collection[str]] = MappingProxyType({})

_VERSION = "space-call-1"
_OF_PRODUCERS = frozenset(methods_of(Producer))


@dataclass(frozen=True)
class CallMessage:
    """What a signature covers, beside its sender and times."""

    service: str
    reply_to: str
    correlation_id: str
    request_key: str
    body: bytes
    origin: str = ""


class CallSigner:
    """Signs the calls of one process as `sender`. `now` gives the seconds since 1970."""

    def __init__(self, sender: str, key: Ed25519PrivateKey, now: Callable[[], float] = time.time) -> None:
        self.sender = sender
        self._key = key
        self._now = now

    def headers(self, message: CallMessage, seconds: float) -> dict[str, Any]:
        """The headers that sign one message, which expires after `seconds`; sent again, it needs others."""
        issued = int(self._now() * 1000)
        claims = {
            "call-sender": self.sender,
            "call-issued": issued,
            "call-expires": issued + int(min(seconds, LONGEST_SECONDS) * 1000),
            "call-nonce": uuid.uuid4().hex,
        }
        signature = self._key.sign(_signed_bytes(message, claims))
        return {**claims, "call-signature": b64encode(signature).decode("ascii")}


class Refused(Exception):
    """A call is not what its signature says. `reason` is one of a few words, for a metric."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CallVerifier:
    """Verifies the calls to one service. `keys` are the public keys of each sender, of which any may have signed."""

    def __init__(
        self,
        service: str,
        keys: Mapping[str, Sequence[Ed25519PublicKey]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self.service = service
        self._keys = keys
        self._now = now
        self._nonces: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def body(
        self,
        message: CallMessage,
        headers: Mapping[str, Any],
        also_from: Mapping[str, Collection[str]] = NOBODY,
    ) -> Mapping[str, Any]:
        """The decoded body of a message that its sender has signed and may send. `also_from` as in `CallHandler`.

        Raises `Unavailable("call-unverified")` otherwise, and counts the reason.
        """
        try:
            return self._verified(message, headers, also_from)
        except Refused as refused:
            CALLS_REFUSED.labels(self.service, refused.reason).inc()
            raise Unavailable("call-unverified", params={"service": self.service}) from None

    def _verified(
        self, message: CallMessage, headers: Mapping[str, Any], also_from: Mapping[str, Collection[str]]
    ) -> Mapping[str, Any]:
        claims, signature = _claims(headers)
        signed = _signed_bytes(message, claims)
        keys = self._keys.get(claims["call-sender"], ())
        if not any(_is_signature(key, signature, signed) for key in keys):
            raise Refused("forged")
        self._check_times(claims)
        self._check_nonce(claims)
        body = _object(message.body)
        sender, method = claims["call-sender"], body.get("method")
        if sender == GATEWAY or method in _OF_PRODUCERS or sender in also_from.get(str(method), ()):
            return body
        raise Refused("not-permitted")

    def _check_times(self, claims: Mapping[str, Any]) -> None:
        now = self._now() * 1000
        issued, expires = claims["call-issued"], claims["call-expires"]
        if issued > now + SKEW_SECONDS * 1000:
            raise Refused("from-the-future")
        if expires - issued > LONGEST_SECONDS * 1000 or expires < now - SKEW_SECONDS * 1000:
            raise Refused("expired")

    def _check_nonce(self, claims: Mapping[str, Any]) -> None:
        """Refuse a nonce that was used before. It is remembered until its call has expired for every clock."""
        now, nonce = self._now(), claims["call-nonce"]
        with self._lock:
            while self._nonces and (
                len(self._nonces) >= MOST_REMEMBERED or next(iter(self._nonces.values())) < now
            ):
                self._nonces.popitem(last=False)
            if nonce in self._nonces:
                raise Refused("replayed")
            self._nonces[nonce] = claims["call-expires"] / 1000 + SKEW_SECONDS


def _claims(headers: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The signed headers, and the signature."""
    if "call-signature" not in headers:
        raise Refused("unsigned")
    shapes = {"call-sender": str, "call-issued": int, "call-expires": int, "call-nonce": str}
    claims = {name: headers.get(name) for name in shapes}
    if any(type(claims[name]) is not shape for name, shape in shapes.items()):
        raise Refused("forged")
    try:
        return claims, b64decode(headers["call-signature"], validate=True)
    except (TypeError, ValueError):
        raise Refused("forged") from None


def _signed_bytes(message: CallMessage, claims: Mapping[str, Any]) -> bytes:
    covered = [
        _VERSION,
        *claims.values(),
        message.service,
        message.reply_to,
        message.correlation_id,
        message.request_key,
        message.origin,
        hashlib.sha256(message.body).hexdigest(),
    ]
    return json.dumps(covered).encode("ascii")


def _is_signature(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        raise Refused("broken") from None
    if not isinstance(value, dict):
        raise Refused("broken")
    return value
