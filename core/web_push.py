"""What is known of Web Push before anything is sent: our key, which services are asked, and what a subscription is."""

from __future__ import annotations

import ipaddress
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HOSTS = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
"""The services of the usual browsers: Chrome and its kin, Firefox, Safari, Edge."""

LONGEST_ENDPOINT = 1000
CURVE = ec.SECP256R1()
KEY_BYTES = 65
"""Of a public key: an uncompressed point of P-256."""
AUTH_BYTES = 16

_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")
_HOST = re.compile(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*(:[1-9][0-9]{0,4})?")


class PushKey:
    """The key by which push services know us (RFC 8292). Subscriptions are bound to it: with another, all end."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self.private = private

    @classmethod
    def parse(cls, text: str) -> PushKey:
        """The key whose private number is 32 bytes in base64url, as tools for Web Push write it. Raises
        `ValueError`."""
        number = decoded(text)
        if len(number) != 32:
            raise ValueError("it must be 32 bytes in base64url")
        return cls(ec.derive_private_key(int.from_bytes(number), CURVE))

    @property
    def public(self) -> str:
        """What browsers subscribe with: `applicationServerKey`, in base64url."""
        return encoded(point_of(self.private.public_key()))


def new_private_key() -> str:
    """A new key, as `PushKey.parse` reads it."""
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return encoded(number.to_bytes(32))


def kept_private_key(file: Path) -> str:
    """The key in a file that its owner alone can read; it is made once, by whichever process is first."""
    if not file.exists():
        made = file.with_name(f"{file.name}.{os.getpid()}")
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(new_private_key())
        with suppress(FileExistsError):
            os.link(made, file)
        made.unlink()
    return file.read_text(encoding="ascii").strip()


def parse_hosts(value: str) -> tuple[str, ...]:
    """Host names, separated by commas: `*.` at the beginning stands for any part, `:port` at the end for one other than
    443. Raises `ValueError`."""
    hosts = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host!r} is no name of a host")
    return hosts


def parse_contact(value: str) -> str:
    """`mailto:` and an address, or an `https:` address, by which a push service reaches who runs the site. Raises
    `ValueError`."""
    address = value.removeprefix("mailto:")
    is_mail = address != value and re.fullmatch(r"[^\s@]+@[^\s@]+", address) is not None
    is_page = value.startswith("https://") and bool(urlsplit(value).hostname)
    if not value.isascii() or not (is_mail or is_page):
        raise ValueError("it must be such as mailto:admin@space.example or https://space.example/contact")
    return value


def address_of(endpoint: str, hosts: Sequence[str]) -> tuple[str, int]:
    """The host and port of a subscription's endpoint. Raises `ValueError` for one that is not `https:`, or of a service
    that is not listed: whoever could name any address would have our server ask it."""
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        raise ValueError("too long, or not of printable ASCII")
    parts = urlsplit(endpoint)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("not a plain https: address")
    if not _NAME.fullmatch(host):
        raise ValueError("no name of a host")
    if " " in endpoint or "\\" in endpoint or not any(_is_listed(host, port, each) for each in hosts):
        raise ValueError("not of a listed push service")
    return host, port


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and not of this machine or its network."""
    found = ipaddress.ip_address(address)
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_global and not found.is_multicast


def check_keys(p256dh: str, auth: str) -> None:
    """Raise `ValueError` unless these are the keys of a subscription (RFC 8291): a point of P-256, and 16 bytes."""
    public_key(p256dh)
    if len(decoded(auth)) != AUTH_BYTES:
        raise ValueError("auth must be 16 bytes")


def public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key of an uncompressed point in base64url. Raises `ValueError`."""
    point = decoded(text)
    if len(point) != KEY_BYTES:
        raise ValueError("it must be 65 bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The uncompressed point of a key."""
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encoded(data: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")


def decoded(text: str) -> bytes:
    """The bytes of base64url, with or without padding. Raises `ValueError`."""
    try:
        return urlsafe_b64decode(text.rstrip("=").encode("ascii") + b"=" * (-len(text.rstrip("=")) % 4))
    except (Error, UnicodeEncodeError) as error:
        raise ValueError("it must be base64url") from error


def _is_listed(host: str, port: int, listed: str) -> bool:
    name, _, own_port = listed.partition(":")
    if port != int(own_port or 443):
        return False
    return host.endswith(name[1:]) and host != name[2:] if name.startswith("*.") else host == name
