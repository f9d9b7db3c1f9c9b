"""The holes of a page: its parts that are each reader's own.

A template writes `{{ hole('follow', 'topic', topic.id) }}`. In a page for one reader the part stands there at once. In
a page that is kept for many (`gateway.cache`) a mark stands in its place, and what fills the hole is made for each
reader as the page goes out.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar, cast
from urllib.parse import quote, unquote

from flask import request
from markupsafe import Markup

from contracts.errors import SpaceError
from core.audience import Viewer
from gateway import csrf
from gateway.concurrency import unread_count
from gateway.forms import new_form_id
from gateway.i18n.messages import message
from gateway.own_state import BlockedPeople, FollowStates
from gateway.request_context import request_context, services, viewer
from gateway.request_globals import application, extension, request_globals

T = TypeVar("T")

_SECRET = secrets.token_hex(8)
"""Nobody can write a mark into a text without it."""

MARK = re.compile(rf"\[{_SECRET} ([^\]]*)\]")
"""The mark of a hole."""


@dataclass(frozen=True)
class Hole:
    """One hole: the name of what fills it, and what that is told."""

    name: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = " ".join([self.name, *(quote(each, safe="") for each in self.arguments)])
        return f"[{_SECRET} {told}]"

    @property
    def avoids(self) -> bool:
        """Whether it is for those alone who have blocked or muted somebody, and empty for all others."""
        return self.name in ("collapsed", "left_out", "avoided")

    @property
    def lasts(self) -> bool:
        """Whether it is filled with the same again while nothing changes. A token is another one each time."""
        return self.name not in ("csrf_field", "form_id")


def leave_open() -> None:
    """Let the holes of this request's page open, for others to be filled."""
    request_globals().holes_open = True


def leave_times_open() -> None:
    """Let the times of this request's page open (`gateway.times`)."""
    request_globals().times_open = True


def _are_open() -> bool:
    return bool(request_globals().get("holes_open", False))


def times_are_open() -> bool:
    """Whether `leave_times_open` was called for this request."""
    return bool(request_globals().get("times_open", False))


def hole(name: str, *arguments: str) -> Markup:
    """A hole for a template, or what fills it."""
    one = Hole(name, arguments)
    return Markup(str(one)) if _are_open() else fill(one)


def fill(one: Hole) -> Markup:
    """What fills a hole for the reader of this request."""
    return _FILLERS[one.name](*one.arguments)


@lru_cache(maxsize=10_000)
def parsed(told: str) -> Hole:
    """The hole of a mark's inner text, as `MARK` finds it."""
    name, *arguments = told.split(" ")
    return Hole(name, tuple(map(unquote, arguments)))


def split(html: str) -> list[str | Hole]:
    """A page's text between its holes, and the holes, in their order."""
    pieces: list[str | Hole] = []
    for at, piece in enumerate(MARK.split(html)):
        if at % 2:
            pieces.append(parsed(piece))
        else:
            pieces.append(piece)
    return pieces


def _csrf_field() -> Markup:
    # A token has no characters to escape.
    return Markup(f'<input type="hidden" name="{csrf.FIELD}" value="{csrf.token()}">')


def _form_id() -> Markup:
    return Markup(new_form_id())


def _reader() -> Markup:
    """Tells the texts that a browser keeps for this reader from those of others who use it."""
    return Markup.escape(request_context().viewer.person_id or "")


def _account() -> Markup:
    context, unread = request_context(), unread_count()
    if not _are_open():
        return _rendered("_account.html", unread=unread)
    return _account_with_holes(context.language, context.viewer, unread)


@lru_cache(maxsize=1_000)
def _account_with_holes(_language: str, _reader: Viewer, unread: int) -> Markup:
    """It is kept, since whoever reads one page reads the next. The token in it is a hole, so it is of no session."""
    return _rendered("_account.html", unread=unread)


def _follow(kind: str, id: str, small: str = "") -> Markup:
    me, notify = viewer(), services().notify
    states: FollowStates = extension("space.follow_states")
    found = _asked("notify", lambda: states.of(me, kind, id, notify)) if me.signed_in else None  # type: ignore[arg-type]
    button = _FollowButton(
        request_context().language,
        kind,
        id,
        level=found.level if found is not None else "",
        mail=found.mail if found is not None else "",
        small=bool(small),
        signed_in=me.signed_in,
        back=request.full_path.rstrip("?") if request.method == "GET" else request.path,
    )
    return _follow_with_holes(button) if _are_open() else _follow_button(button)


@dataclass(frozen=True)
class _FollowButton:
    """All that the button to follow is made from. `level` and `mail`: how one follows it, `""` if one doesn't. `back`:
    the page that it is on."""

    language: str
    kind: str
    id: str
    level: str
    mail: str
    small: bool
    signed_in: bool
    back: str


@lru_cache(maxsize=5_000)
def _follow_with_holes(button: _FollowButton) -> Markup:
    """It is kept, since many readers look at the same; the token in it is a hole."""
    return _follow_button(button)


def _follow_button(button: _FollowButton) -> Markup:
    return _rendered("notify/_follow.html", button=button)


def _attendance(event_id: str, occurrence: str, path: str, full: str = "") -> Markup:
    """`full`: nobody finds a seat at the date at present."""
    me, events = viewer(), services().events
    mine = _asked("events", lambda: events.attendance(me, event_id, occurrence))
    place = None
    if full and mine is None:
        place = _asked("events", lambda: events.waiting_place(me, event_id, occurrence))
    return _rendered(
        "events/_attend.html", mine=mine, place=place, full=bool(full), occurrence=occurrence, path=path
    )


def _asked(service: str, call: Callable[[], T]) -> T | None:
    """What a call says; None if it is refused too, since a page that is filled has no other response any more."""
    try:
        return call()
    except SpaceError:
        request_context().missing.append(service)
        return None


def _rendered(template: str, **values: object) -> Markup:
    # Without the values that other templates get: these need the request alone.
    return Markup(application().jinja_env.get_template(template).render(request=request, **values))


def _collapsed(author_id: str, end: str = "") -> Markup:
    """Before and, with `end`, after what somebody wrote: it is collapsed for those who have blocked or muted them."""
    if author_id not in avoided_people():
        return Markup("")
    if end:
        return Markup("</details>")
    said = message("space-own-collapsed", request_context().language)
    return Markup('<details class="collapsed"><summary>{}</summary>').format(said)


def _left_out(author_id: str) -> Markup:
    """An attribute of what somebody wrote in a list: it is not there for those who have blocked or muted them. The list
    is the same for all, so its pages and numbers are."""
    return Markup(" hidden" if author_id in avoided_people() else "")


def _avoided(person_id: str) -> Markup:
    """Says on somebody's page that the reader has blocked or muted them: there they see what they wrote."""
    if person_id not in avoided_people():
        return Markup("")
    said = message("space-own-avoided", request_context().language)
    link = message("space-own-avoided-change", request_context().language)
    return Markup('<p class="hint">{} <a href="/settings/people?id={}">{}</a></p>').format(
        said, person_id, link
    )


def avoided_people() -> frozenset[str]:
    """Whom the reader of this request has blocked or muted; nobody while that can't be known."""
    mine = request_globals()
    if "blocked" not in mine:
        me, people = viewer(), services().people
        blocked: BlockedPeople = extension("space.blocked_people")
        found = _asked("people", lambda: blocked.of(me, people)) if me.signed_in else None
        mine.blocked = found or frozenset()
    return cast(frozenset[str], mine.blocked)


_FILLERS: dict[str, Callable[..., Markup]] = {
    "csrf_field": _csrf_field,
    "form_id": _form_id,
    "reader": _reader,
    "account": _account,
    "follow": _follow,
    "collapsed": _collapsed,
    "left_out": _left_out,
    "avoided": _avoided,
    "attendance": _attendance,
}
