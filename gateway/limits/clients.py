"""Who a request comes from, as far as limits are concerned: a person, or a peer whose address is not kept."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from time import monotonic

from flask import g, request

from contracts.errors import SpaceError
from core.audience import Viewer
from core.peers import client_address, is_in, peer_key, shared_peer_key
from gateway.request_context import SESSION_COOKIE, known_viewers, request_context, services, settings

_REMEMBERED_SECONDS = 600.0
_LONGEST_TOKEN = 200

# They show everybody the same, so nobody is asked whose the session is. Streams do too, but keep places for people.
_PUBLIC = frozenset({"feeds", "crawlers"})


class KnownTokens:
    """Whose the sessions and tokens are that were valid a while ago, by a hash: so that a person still counts as
    themselves, without a question, when strangers behind the same address have asked for too much."""

    def __init__(self, now: Callable[[], float] = monotonic, most: int = 50_000) -> None:
        self._now = now
        self._most = most
        self._people: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def person(self, digest: str) -> str | None:
        """The id of the person with this token, if it was confirmed within ten minutes."""
        person, until = self._people.get(digest, ("", 0.0))
        return person if until > self._now() else None

    def confirm(self, digest: str, person: str) -> None:
        """Remember that the token is this person's."""
        self._people.pop(digest, None)
        self._people[digest] = (person, self._now() + _REMEMBERED_SECONDS)
        if len(self._people) > self._most:
            self._people.popitem(last=False)


def client_peer() -> str | None:
    """This process's key of the client's address; None for what a trusted proxy asks on its own behalf."""
    address = _address()
    return None if is_in(address, settings().trusted_proxies) else peer_key(address)


def shared_peer() -> str:
    """The key of the client's address that all processes agree on today; `""` where rates are not limited."""
    return shared_peer_key(_address(), settings().secret_key) if settings().rate_limits else ""


def _address() -> str:
    return client_address(
        request.remote_addr or "", request.headers.get("X-Forwarded-For", ""), settings().trusted_proxies
    )


def given_token() -> str | None:
    """The request's bearer token where one is accepted, else its session's; None if it has none."""
    if request.path.startswith(("/api/", "/v2/stream/")) or request.path in ("/live", "/api.php"):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return token.strip() or None
    return request.cookies.get(SESSION_COOKIE) or None


def asks_whose() -> bool:
    """Whether this request's answer may depend on who asks, or whether there is one."""
    return request.blueprint not in _PUBLIC and request.endpoint != "news.media"


def digest_of(token: str) -> str:
    """The hash under which a token is remembered."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def confirmed_person(token: str) -> str | None:
    """The id of the person whose token it is, asked of the service; None if it is nobody's, or nobody can say."""
    if token == request.cookies.get(SESSION_COOKIE):
        return request_context().viewer.person_id
    try:
        found = viewer_of_bearer(token)
    except SpaceError:
        return None
    return found.person_id if found is not None else None


def viewer_of_bearer(token: str) -> Viewer | None:
    """The viewer of a bearer token; asked once a request. Raises `Unavailable`."""
    if not 0 < len(token) <= _LONGEST_TOKEN:
        return None
    asked: tuple[str, Viewer | None] | None = getattr(g, "viewer_of_bearer", None)
    if asked is None or asked[0] != token:
        asked = g.viewer_of_bearer = (token, known_viewers().viewer("token", token, services().people))
    return asked[1]
