"""Settings, read from environment variables. Each can also be given as a file by `<NAME>_FILE`."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from core.mail_server import MailListener, MailServer, parse_mail_domain, parse_sender, sender_for
from core.oauth_wiki import OAuthWiki
from core.peers import Network, parse_networks
from core.purge_target import PurgeTarget
from core.search_server import SearchServer
from core.web_push import HOSTS, PushKey, kept_private_key, new_private_key, parse_contact, parse_hosts

SERVICES = ("people", "blog", "forum", "events", "notify", "search", "mail")
"""The services by name, in the order in which they start."""

EMBEDDED_INDEX = "embedded:"
INPROC_BUS = "inproc://"
_HOST_NAME = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]")


class SettingsError(Exception):
    """A setting can't be used. The message says which one, and what to do."""


class Settings(BaseModel):
    """Everything that an operator can set; docs/operate.md lists the variables.

    `home` is the folder of databases, the secret key and the demo's passwords. `databases` has each service's
    SQLAlchemy URL. `wiki_url` is the target of `[[Page]]` links, with `$1` for the page; `wiki_url_by_language` is the
    target of `[[:xx:Page]]`, with `$lang` as well. `trusted_proxies` are the networks of proxies whose
    `X-Forwarded-For` is believed; `trusted_hosts` are host names beside that of `base_url`. `rate_limits`: whether the
    gateway limits what one client asks for. `ops_port` is the port for `/healthz`, `/readyz` and `/metrics` (0: none).

    `mail_url` is the server that takes mail (`core.mail_server`); without one, mail is written to the folder `mail` of
    `home`. `mail_from` is its sender, `mail_rate` how many mails a process hands over in a second at
    most (0: any number).

    `push_private_key` is the key by which push services know us, `push_contact` how they reach who runs the site, and
    `push_hosts` the services that may be asked (`core.web_push`).

    `mail_domain` is the domain of the addresses at which Space takes mail, None where it takes none; `mail_in` is where
    its own server listens for it. `mail_authserv_id` is the name under which the operator's mail server states who it
    has found a mail to be from (RFC 8601); without one no such statement is believed, and none is asked for.

    `secret_key_accepted` is a second secret whose signatures of calls are accepted while the key is changed. `call_key`
    and `call_public_keys` give a process its private key and everybody's public keys instead (`bus.rpc.keys`).

    `oauth` is the wiki whose accounts people may sign in with, None without one. `purge_target` is the content delivery
    network in front of the gateway, which then may keep strangers' pages; None without one.
    `search_server` has the index of search; without one it is embedded in the service.

    `oauth` is the wiki whose accounts people may sign in with, None without one.
    """

    model_config = ConfigDict(frozen=True)

    home: Path
    port: int = 8000
    host: str = "127.0.0.1"
    ops_port: int = 0
    ops_host: str = "127.0.0.1"
    log_format: Literal["text", "json"] = "text"
    base_url: str
    secret_key: str
    secret_key_accepted: str | None = None
    call_key: str | None = None
    call_public_keys: str | None = None
    bus_url: str = INPROC_BUS
    databases: dict[str, str]
    search_server: SearchServer | None = None
    vendor: Path
    wiki_url: str = "https://meta.wikimedia.org/wiki/$1"
    wiki_url_by_language: str = "https://$lang.wikipedia.org/wiki/$1"
    site_name: str = "Space"
    demo_password: str | None = None
    trusted_proxies: tuple[Network, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    rate_limits: bool = True
    mail_url: str | None = Field(default=None, repr=False)
    mail_from: str = "no-reply@localhost"
    mail_rate: int = 20
    mail_domain: str | None = None
    mail_in: MailListener | None = None
    mail_authserv_id: str | None = None
    oauth: OAuthWiki | None = None
    purge_target: PurgeTarget | None = Field(default=None, repr=False)
    push_private_key: str = Field(default_factory=new_private_key, repr=False)
    push_contact: str = "mailto:no-reply@localhost"
    push_hosts: tuple[str, ...] = HOSTS

    def key_for(self, purpose: str) -> bytes:
        """The key of 32 bytes for one purpose: what leaks of one says nothing of the others or of the secret."""
        return _key_of(self.secret_key, purpose)

    def keys_for(self, purpose: str) -> list[bytes]:
        """The keys by which what was made for one purpose is opened: that of `key_for`, and while the secret changes
        that of the other one."""
        secrets = (self.secret_key, self.secret_key_accepted)
        return [_key_of(secret, purpose) for secret in secrets if secret is not None]

    @property
    def distributed(self) -> bool:
        """Whether the services communicate through a broker outside this process."""
        return self.bus_url != INPROC_BUS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environment` (default: the process's).

        Creates the folder `SPACE_HOME` and, if there is none yet, a secret key in it. Raises `SettingsError`.
        """
        read = _Reader(os.environ if environment is None else environment)
        root = Path(__file__).resolve().parent.parent
        home = Path(read("SPACE_HOME") or root / "var" / "space").expanduser().resolve()
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                f"SPACE_HOME {home} can't be made: {error.strerror}. Set SPACE_HOME to a folder you may write."
            ) from error
        port = _number(read("PORT") or "8000", "PORT")
        base_url = (read("SPACE_BASE_URL") or f"http://127.0.0.1:{port}").rstrip("/")
        return cls(
            home=home,
            port=port,
            host=read("SPACE_HOST") or "127.0.0.1",
            ops_port=_number(read("SPACE_OPS_PORT") or "0", "SPACE_OPS_PORT"),
            ops_host=read("SPACE_OPS_HOST") or "127.0.0.1",
            log_format=_log_format(read("SPACE_LOG_FORMAT") or "text"),
            base_url=base_url,
            secret_key=read("SPACE_SECRET_KEY") or _kept_secret(home / "secret-key"),
            secret_key_accepted=read("SPACE_SECRET_KEY_ACCEPTED"),
            call_key=read("SPACE_CALL_KEY"),
            call_public_keys=read("SPACE_CALL_PUBLIC_KEYS"),
            bus_url=read("SPACE_BUS_URL") or INPROC_BUS,
            databases={
                service: read(f"SPACE_{service.upper()}_DATABASE_URL") or f"sqlite:///{home}/{service}.sqlite"
                for service in SERVICES
            },
            search_server=_search_server(
                read("SPACE_SEARCH_URL"), read("SPACE_SEARCH_API_KEY"), read("SPACE_SEARCH_CA")
            ),
            vendor=Path(read("SPACE_VENDOR") or root / "node_modules"),
            wiki_url=read("SPACE_WIKI_URL") or "https://meta.wikimedia.org/wiki/$1",
            wiki_url_by_language=read("SPACE_WIKI_URL_BY_LANGUAGE") or "https://$lang.wikipedia.org/wiki/$1",
            site_name=read("SPACE_SITE_NAME") or "Space",
            demo_password=read("SPACE_DEMO_PASSWORD"),
            trusted_proxies=_networks(read("SPACE_TRUSTED_PROXIES") or ""),
            trusted_hosts=_names(read("SPACE_TRUSTED_HOSTS") or ""),
            rate_limits=_on_or_off(read("SPACE_RATE_LIMITS") or "on", "SPACE_RATE_LIMITS"),
            mail_url=_mail_url(read("SPACE_MAIL_URL")),
            mail_from=_mail_from(read("SPACE_MAIL_FROM") or sender_for(base_url)),
            mail_rate=_mail_rate(read("SPACE_MAIL_RATE") or "20"),
            mail_domain=_mail_domain(read("SPACE_MAIL_DOMAIN")),
            mail_in=_mail_in(read("SPACE_MAIL_IN"), read("SPACE_MAIL_DOMAIN")),
            mail_authserv_id=(read("SPACE_MAIL_AUTHSERV_ID") or "").strip().lower() or None,
            oauth=_oauth(
                read("SPACE_OAUTH_WIKI"), read("SPACE_OAUTH_CLIENT_ID"), read("SPACE_OAUTH_CLIENT_SECRET")
            ),
            push_private_key=_push_key(
                read("SPACE_PUSH_PRIVATE_KEY") or kept_private_key(home / "push-private-key")
            ),
            push_contact=_push_contact(
                read("SPACE_PUSH_CONTACT"), read("SPACE_MAIL_FROM") or sender_for(base_url)
            ),
            push_hosts=_push_hosts(read("SPACE_PUSH_HOSTS")),
            purge_target=_purge_target(read("SPACE_PURGE_URL"), read("SPACE_PURGE_HEADER")),
        )


class _Reader:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def __call__(self, name: str) -> str | None:
        """The value of a variable, or the content of its file; None if neither is set, or it is empty."""
        file = self._environment.get(f"{name}_FILE")
        if file:
            try:
                return Path(file).read_text(encoding="utf-8").strip() or None
            except OSError as error:
                raise SettingsError(
                    f"{name}_FILE names {file}, which can't be read: {error.strerror}."
                ) from error
        return self._environment.get(name) or None


def _number(value: str, name: str) -> int:
    try:
        number = int(value)
    except ValueError:
        raise SettingsError(f"{name} is {value!r}; it must be a number.") from None
    if not 0 <= number <= 65535:
        raise SettingsError(f"{name} is {number}; a port lies between 0 and 65535.")
    return number


def _networks(value: str) -> tuple[Network, ...]:
    try:
        return parse_networks(value)
    except ValueError as error:
        raise SettingsError(
            f"SPACE_TRUSTED_PROXIES is {value!r}: {error}. It must be addresses or networks, such as 10.0.0.0/8,"
            " separated by commas."
        ) from None


def _names(value: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for name in names:
        if not _HOST_NAME.fullmatch(name):
            raise SettingsError(
                f"SPACE_TRUSTED_HOSTS has {name!r}; it must be host names such as space.example, separated by commas."
            )
    return names


def _on_or_off(value: str, name: str) -> bool:
    if value not in ("on", "off"):
        raise SettingsError(f"{name} is {value!r}; it must be on or off.")
    return value == "on"


def _log_format(value: str) -> Literal["text", "json"]:
    if value == "text":
        return "text"
    if value == "json":
        return "json"
    raise SettingsError(f"SPACE_LOG_FORMAT is {value!r}; it must be text or json.")


def _mail_url(value: str | None) -> str | None:
    try:
        if value is not None:
            MailServer.parse(value)
    except ValueError as error:
        # Without the value, which has a password.
        raise SettingsError(
            f"SPACE_MAIL_URL can't be used: {error}. Such as smtp://user:password@mail.example:587."
        ) from None
    return value


def _mail_rate(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 6):
        raise SettingsError(
            f"SPACE_MAIL_RATE is {value!r}; it must be a number of mails a second, 0 for any."
        )
    return int(value)


def _mail_from(value: str) -> str:
    try:
        parse_sender(value)
    except ValueError as error:
        raise SettingsError(f"SPACE_MAIL_FROM is {value!r}; {error}.") from None
    return value


def _push_key(value: str) -> str:
    try:
        PushKey.parse(value)
    except ValueError as error:
        # Without the value, which is secret.
        raise SettingsError(
            f"SPACE_PUSH_PRIVATE_KEY, or the file push-private-key of SPACE_HOME, can't be used: {error}."
        ) from None
    return value


def _push_contact(value: str | None, sender: str) -> str:
    try:
        return parse_contact(value or f"mailto:{parse_sender(sender).addr_spec}")
    except ValueError as error:
        raise SettingsError(f"SPACE_PUSH_CONTACT is {value!r}: {error}.") from None


def _push_hosts(value: str | None) -> tuple[str, ...]:
    try:
        return HOSTS if value is None else parse_hosts(value)
    except ValueError as error:
        raise SettingsError(f"SPACE_PUSH_HOSTS is {value!r}: {error}.") from None


def _mail_domain(value: str | None) -> str | None:
    try:
        return None if value is None else parse_mail_domain(value)
    except ValueError as error:
        raise SettingsError(f"SPACE_MAIL_DOMAIN is {value!r}; {error}.") from None


def _mail_in(value: str | None, domain: str | None) -> MailListener | None:
    if value is None:
        return None
    if domain is None:
        raise SettingsError(
            "SPACE_MAIL_IN needs SPACE_MAIL_DOMAIN: the domain of the addresses that get mail."
        )
    try:
        return MailListener.parse(value)
    except ValueError as error:
        raise SettingsError(f"SPACE_MAIL_IN is {value!r}; {error}.") from None


def _oauth(wiki: str | None, client_id: str | None, client_secret: str | None) -> OAuthWiki | None:
    if wiki is None and client_id is None and client_secret is None:
        return None
    if wiki is None or client_id is None or client_secret is None:
        raise SettingsError(
            "Of SPACE_OAUTH_WIKI, SPACE_OAUTH_CLIENT_ID and SPACE_OAUTH_CLIENT_SECRET some are missing:"
            " set all of them, or none."
        )
    try:
        return OAuthWiki.parse(wiki, client_id, client_secret)
    except ValueError as error:
        raise SettingsError(f"SPACE_OAUTH_WIKI is {wiki!r}; {error}.") from None


def _purge_target(url: str | None, header: str | None) -> PurgeTarget | None:
    if url is None:
        return None
    try:
        return PurgeTarget.parse(url, header)
    except ValueError as error:
        raise SettingsError(f"SPACE_PURGE_URL and SPACE_PURGE_HEADER can't be used: {error}.") from None


def _search_server(url: str | None, api_key: str | None, authorities: str | None) -> SearchServer | None:
    if url is None or url == EMBEDDED_INDEX:
        return None
    try:
        return SearchServer.parse(url, api_key, authorities)
    except ValueError as error:
        # Without the value, which may have a password.
        raise SettingsError(
            f"SPACE_SEARCH_URL can't be used: {error}. It must be {EMBEDDED_INDEX}, or an Elasticsearch such as"
            " https://search.example:9200."
        ) from None


def _kept_secret(file: Path) -> str:
    if not file.exists():
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as handle:
            handle.write(secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii").strip()


def _key_of(secret: str, purpose: str) -> bytes:
    return hashlib.sha256(f"space-{purpose}:{secret}".encode()).digest()
