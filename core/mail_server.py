"""The address of a mail server, as an operator sets it, and the sender's; and where Space takes mail itself."""

from __future__ import annotations

import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Tls = Literal["at-once", "starttls", "off"]
Protocol = Literal["lmtp", "smtp"]

_DOMAIN = re.compile(
    r"(?=.{1,190}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)

_PORTS: dict[Tls, int] = {"at-once": 465, "starttls": 587, "off": 25}


@dataclass(frozen=True)
class MailServer:
    """A server that takes mail by SMTP. `tls`: from the first byte (`smtps://`), by STARTTLS, or not at all.

    A server that doesn't offer STARTTLS is never talked to in the clear instead: whoever can change what passes on the
    network could otherwise read links that set passwords.
    """

    host: str
    port: int
    tls: Tls
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> MailServer:
        """The server of `smtp://user:password@host:587` or `smtps://…`. Raises `ValueError`.

        Without TLS only where the URL ends in `?tls=off`, or its host is this machine.
        """
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("it must be smtp://host or smtps://host")
        if parts.path not in ("", "/") or parts.fragment or options.keys() - {"tls"}:
            raise ValueError("nothing but ?tls=off may follow the host")
        tls: Tls = "at-once" if parts.scheme == "smtps" else "starttls"
        if options and (options["tls"] != "off" or tls == "at-once"):
            raise ValueError("?tls=off is the only choice there is, for smtp:// alone")
        if options or (tls == "starttls" and _is_loopback(parts.hostname)):
            tls = "off"
        if parts.username and parts.password is None:
            raise ValueError("a user needs a password")
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[tls],
            tls=tls,
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password is not None else None,
        )

    def tls_context(self) -> ssl.SSLContext:
        """How the server's certificate is verified: by the machine's authorities, for its host name."""
        return ssl.create_default_context()


@dataclass(frozen=True)
class MailListener:
    """Where mail is taken: by LMTP (RFC 2033), which answers for each recipient, or by SMTP."""

    protocol: Protocol
    host: str
    port: int

    @classmethod
    def parse(cls, url: str) -> MailListener:
        """That of `lmtp://127.0.0.1:2003` or `smtp://…`. Raises `ValueError`."""
        parts = urlsplit(url)
        said = "it must be lmtp://host:port or smtp://host:port"
        if parts.scheme not in ("lmtp", "smtp") or not parts.hostname or not parts.port:
            raise ValueError(said)
        if parts.path not in ("", "/") or parts.query or parts.fragment or parts.username:
            raise ValueError(said)
        return cls("lmtp" if parts.scheme == "lmtp" else "smtp", parts.hostname, parts.port)


def parse_mail_domain(text: str) -> str:
    """A domain of addresses, in lower case. Raises `ValueError`."""
    domain = text.strip().lower()
    if not _DOMAIN.fullmatch(domain):
        raise ValueError("it must be a domain in ASCII such as reply.space.example")
    return domain


def parse_sender(text: str) -> Address:
    """The sender of `Space <space@host>` or `space@host`. Raises `ValueError`."""
    name, address = parseaddr(text)
    if not address or any(ord(character) < 32 for character in text):
        raise ValueError("it must be an address such as Space <space@space.example>")
    try:
        return Address(display_name=name, addr_spec=address)
    except Exception as error:  # the parser of the standard library raises several kinds
        raise ValueError("it must be an address such as Space <space@space.example>") from error


def sender_for(base_url: str) -> str:
    """The sender where none is set: `no-reply` at the site's own host."""
    host = urlsplit(base_url).hostname or "localhost"
    try:
        ip_address(host)
    except ValueError:
        return f"no-reply@{host}"
    return "no-reply@localhost"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
