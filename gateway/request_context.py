"""What is known of one request: its viewer, language, time zone and theme."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Literal, cast
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask import request

from contracts.errors import SpaceError, Unavailable
from contracts.people import PersonCard
from core import languages
from core.audience import STRANGER, Viewer
from core.settings import Settings
from gateway.i18n import messages
from gateway.known_viewers import KnownViewers
from gateway.request_globals import extension, request_globals
from gateway.services import Services

SESSION_COOKIE = "space_session"
LANGUAGE_COOKIE = "space_language"
TIMEZONE_COOKIE = "space_timezone"
THEME_COOKIE = "space_theme"
WROTE_COOKIE = "space_wrote"
"""For some seconds after somebody's own write: their pages must show it, whichever gateway process answers."""
YEAR = 365 * 24 * 3600

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
QQX = "qqx"

VIEWER = "space.viewer"
"""In a request's environment: the viewer, where `gateway.cache` knows it already."""

UNIDENTIFIED = "space.unidentified"
"""In a request's environment: `people` could not say whose the session is, as `gateway.cache` has asked."""


@dataclass
class RequestContext:
    """One request's viewer and settings, and what was loaded for its page.

    `language` is the interface's code (`qqx` shows keys), `known_timezone` the reader's, None while it is not known
    (a script tells it with the first page, or the reader chooses it), `token` the session's secret,
    `cards` the people that the page names,
    `known_names` the keys of the names that its texts mention and people have (None: not loaded),
    `missing` the services that were unavailable, `unread` the count of unread notifications once loaded.
    `involved`: whose own things are on the page, so that it is another one for them (see `load_involved`).
    `timezone_read`: what was made depends on the zone; times alone (`gateway.times`) don't count.
    `unidentified`: the browser has a session, but `people` can't say whose, so `viewer` is a stranger; a page of one's
    own is then unavailable, not missing.
    """

    viewer: Viewer
    language: str
    known_timezone: str | None
    theme: Theme
    token: str | None = field(default=None, repr=False)
    cards: dict[str, PersonCard] = field(default_factory=dict)
    involved: set[str] = field(default_factory=set)
    known_names: set[str] | None = None
    missing: list[str] = field(default_factory=list)
    unread: int | None = None
    unidentified: bool = False
    timezone_read: bool = False

    @property
    def timezone(self) -> str:
        """The reader's zone, UTC while it is not known."""
        self.timezone_read = True
        return self.known_timezone or "UTC"

    @property
    def timezone_known(self) -> bool:
        """Whether the reader's zone is known."""
        self.timezone_read = True
        return self.known_timezone is not None

    @property
    def reading_language(self) -> str:
        """`language`, or English where the interface shows its keys: for `lang`, formats and new texts."""
        return "en" if self.language == QQX else self.language

    @cached_property
    def frame_language(self) -> str:
        """The language that the interface's own texts are in: `reading_language`, or the nearest that it is translated
        into. It decides the page's `lang` and direction, and how dates and numbers are written."""
        return messages.shown_in(self.reading_language)


def settings() -> Settings:
    """The operator's settings."""
    return cast(Settings, extension("space.settings"))


def services() -> Services:
    """The services."""
    # Those whose calls are noted, while a response is made that may be kept (`gateway.cache`).
    return cast(Services, request_globals().get("services") or extension("space.services"))


def known_viewers() -> KnownViewers:
    """Whose sessions and tokens are, as far as this process knows."""
    return cast(KnownViewers, extension("space.known_viewers"))


def request_context() -> RequestContext:
    """The request's context, created at its first use."""
    mine = request_globals()
    context: RequestContext | None = mine.get("request_context")
    if context is None:
        context = mine.request_context = _create_context()
    return context


def unidentified_error() -> Unavailable:
    """What a request gets that needs to know its sender, while `people` can't say who has the session."""
    return Unavailable("session-unchecked", params={"service": "people"})


def is_unidentified() -> bool:
    """Whether this request asked whose its session is, and `people` could not say."""
    return "request_context" in request_globals() and request_context().unidentified


def viewer() -> Viewer:
    """The request's viewer."""
    return request_context().viewer


def _create_context() -> RequestContext:
    token = request.cookies.get(SESSION_COOKIE) or None
    found = cast(Viewer, request.environ.get(VIEWER, STRANGER))
    people_unavailable = bool(token and request.environ.get(UNIDENTIFIED, False))
    if VIEWER not in request.environ and not people_unavailable and token and len(token) <= 200:
        try:
            found = known_viewers().viewer("session", token, services().people) or STRANGER
        except SpaceError:
            # Without `people` nobody can be identified, but what is public can still be read.
            people_unavailable = True
    own = found.languages if found.signed_in else ()
    chosen = interface_language(own[0] if own else None)
    reading = "en" if chosen == QQX else chosen
    context = RequestContext(
        viewer=found.model_copy(update={"languages": (reading, *(code for code in own if code != reading))}),
        language=chosen,
        known_timezone=timezone(request.cookies.get(TIMEZONE_COOKIE)),
        theme=theme(request.cookies.get(THEME_COOKIE)),
        token=token if found.signed_in else None,
        unidentified=people_unavailable,
    )
    if people_unavailable:
        context.missing.append("people")
    return context


def interface_language(of_account: str | None = None) -> str:
    """The interface's language: `?uselang`, else the account's, the cookie's, `Accept-Language`'s, else English."""
    wanted = request.args.get("uselang", "")
    if wanted == QQX:
        return QQX
    for code in (wanted, of_account, request.cookies.get(LANGUAGE_COOKIE)):
        if code and (known := known_language(code)):
            return known
    return negotiated_language(request.headers.get("Accept-Language"))


def negotiated_language(accept_language: str | None) -> str:
    """The interface's language by an `Accept-Language` alone.

    A region's form of a language that the interface is translated into, such as `en-us`, counts as that language. Most
    browsers send one without anybody's choice, and what people write is found, and moderated, under its language.
    """
    return languages.negotiate(accept_language, _codes()) or "en"


@cache
def _codes() -> frozenset[str]:
    # All languages, not only those that the interface is translated into: texts may be written in any.
    translated = set(messages.catalogue().languages())
    every = {each.code for each in languages.all_languages()}
    return frozenset(code for code in every if code in translated or code.partition("-")[0] not in translated)


def known_language(code: str) -> str | None:
    """The stored form of a language code, or None if it is not one."""
    try:
        return languages.normalise(code)
    except ValueError:
        return None


def timezone(name: str | None) -> str | None:
    """`name` if it is an IANA time zone."""
    return name if name and name in all_timezones() else None


@cache
def all_timezones() -> frozenset[str]:
    """Every IANA time zone in this machine's database."""
    return frozenset(available_timezones())


def theme(name: str | None) -> Theme:
    """The theme of that name, else `auto`, which follows the reader's system."""
    return next((known for known in THEMES if known == name), "auto")


def safe_next(target: str | None, otherwise: str = "/") -> str:
    """`target` if it is a path on this site, else `otherwise`: no link to us redirects to another site."""
    if not target or not target.startswith("/") or len(target) > 2000:
        return otherwise
    # Browsers take `\` for `/` and drop tabs and line breaks: `/\host` would be another site.
    if any(ord(character) < 33 or character == "\\" for character in target) or target.startswith("//"):
        return otherwise
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else otherwise
