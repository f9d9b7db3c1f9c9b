"""Asks a wiki who somebody is there: OAuth 2 with PKCE, as MediaWiki's Extension:OAuth speaks it.

Only the wiki of the settings is ever talked to: no redirect is followed, its certificate is verified, and an answer
that is late or large counts as none. Its tokens are used for one question and not stored.
"""

from __future__ import annotations

import base64
import io
import json
import math
import ssl
from collections.abc import Mapping
from time import monotonic
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from pydantic import BaseModel, ConfigDict, ValidationError
from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from bus.ops.greenlets import deadline
from contracts.wiki_accounts import WikiIdentity
from core import clock
from core.oauth_wiki import OAuthWiki

SECONDS = 5.0

LARGEST_ANSWER = 64_000
"""In bytes. A profile has the names of all rights of its user: a few kilobytes."""

CLOCKS_DIFFER = 60
"""By how many seconds the wiki's clock may differ."""


class WikiAway(Exception):
    """The wiki gave no answer, or one that can't be used: it may work later."""


class WikiRefused(Exception):
    """The wiki, or what it says, does not let this sign-in go on: begin anew."""


class _Profile(BaseModel):
    """What `resource/profile` says. A hidden user has no name; other fields don't matter."""

    model_config = ConfigDict(extra="ignore")

    sub: str | int
    username: str | None = None
    editcount: int = 0
    blocked: bool = False


class WikiClient:
    """Talks to one wiki. `callback` is the address to which it sends people back, as it is registered there; `seconds`
    is how long both of its answers may take together: finding it, connecting, and reading all that it says."""

    def __init__(self, wiki: OAuthWiki, callback: str, seconds: float = SECONDS) -> None:
        self.wiki = wiki
        self._callback = callback
        self._seconds = seconds

    def authorization_address(self, state: str, verifier: str, language: str) -> str:
        """The address at which the wiki asks whether to go on. `language` is a BCP 47 tag."""
        with self._session() as session:
            address: str = session.create_authorization_url(
                self.wiki.endpoint("authorize"), state=state, code_verifier=verifier, ui_locales=language
            )[0]
        return address

    def identity(self, code: str, verifier: str) -> WikiIdentity:
        """Who has come back with this code. Raises `WikiAway`, `WikiRefused`."""
        # A socket's timeout begins anew with each byte: a wiki that drips its headers would hold the request for hours.
        with deadline(self._seconds, WikiAway("late")), self._session() as session:
            adapter = _Bounded(monotonic() + self._seconds)
            session.mount("https://", adapter)
            session.mount("http://", adapter)
            token = self._token(session, code, verifier)
            claims = _claims(token)
            self._check(claims)
            session.token = {"access_token": token, "token_type": "Bearer"}
            return self._identity(_get(session, self.wiki.endpoint("resource/profile")), claims)

    def _session(self) -> Any:
        session = OAuth2Session(
            self.wiki.client_id,
            self.wiki.client_secret,
            token_endpoint_auth_method="client_secret_post",
            redirect_uri=self._callback,
            code_challenge_method="S256",
        )
        # Neither proxies nor passwords come from the environment: the secret goes to the wiki and nowhere else.
        session.trust_env = False
        session.headers["Accept-Encoding"] = "identity"
        session.headers["User-Agent"] = "Space"
        return session

    def _token(self, session: Any, code: str, verifier: str) -> str:
        try:
            answer = session.fetch_token(
                self.wiki.endpoint("access_token"), code=code, code_verifier=verifier, allow_redirects=False
            )
        except AuthlibBaseError as error:
            raise WikiRefused(error.error) from None
        except (RequestException, HTTPError, ValueError, TypeError) as error:
            raise WikiAway(type(error).__name__) from None
        token = answer.get("access_token")
        if not isinstance(token, str) or str(answer.get("token_type", "")).lower() != "bearer":
            raise WikiAway("no token")
        return token

    def _check(self, claims: Mapping[str, Any]) -> None:
        """Refuse a token that is for another client, or whose time is over. Its signature needs no check: it came from
        the wiki itself, over a connection that proves that (OpenID Connect Core, section 3.1.3.7)."""
        audience = claims.get("aud")
        if self.wiki.client_id not in (audience if isinstance(audience, list) else [audience]):
            raise WikiRefused("audience")
        now = clock.now().timestamp()
        # Old releases of MediaWiki write fractions of seconds.
        if _time(claims.get("iat")) > now + CLOCKS_DIFFER or _time(claims.get("exp")) < now - CLOCKS_DIFFER:
            raise WikiRefused("expired")

    def _identity(self, profile: _Profile, claims: Mapping[str, Any]) -> WikiIdentity:
        central_id = str(profile.sub)
        # `123`, or `mw:CentralAuth:123` since MediaWiki 1.45.
        if str(claims.get("sub", "")).rpartition(":")[2] != central_id:
            raise WikiRefused("subject")
        try:
            return WikiIdentity(
                wiki=self.wiki.script_path,
                central_id=central_id,
                username=profile.username or None,
                edits=max(profile.editcount, 0),
                blocked=profile.blocked,
            )
        except ValidationError:
            # Such as 0, of an account that is not attached to a central one.
            raise WikiRefused("identity") from None


class _Bounded(HTTPAdapter):
    """Reads an answer until `deadline` (of `monotonic`), and no more of it than `LARGEST_ANSWER`. Certificates are
    verified by this machine's authorities too, as a wiki of one's own may need."""

    def __init__(self, deadline: float) -> None:
        super().__init__(max_retries=0)
        self._deadline = deadline

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pool of connections."""
        super().init_poolmanager(*arguments, ssl_context=ssl.create_default_context(), **options)

    def send(self, request: PreparedRequest, *_: Any, **options: Any) -> Response:
        """Send a request, and read its whole answer. Raises what `requests` does, `WikiAway`."""
        options.update(stream=True, timeout=self._left())
        response = super().send(request, **options)
        content = bytearray()
        try:
            while piece := response.raw.read1(8192):
                content += piece
                if len(content) > LARGEST_ANSWER:
                    raise WikiAway("large")
                self._left()
        finally:
            response.raw.close()
        response.raw = io.BytesIO(bytes(content))
        return response

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise WikiAway("late")
        return left


def new_secret() -> str:
    """A random state or verifier (RFC 7636, section 4.1: 43 to 128 characters)."""
    secret: str = generate_token(48)
    return secret


def _get(session: Any, address: str) -> _Profile:
    try:
        response = session.get(address, allow_redirects=False)
    except (AuthlibBaseError, RequestException, HTTPError) as error:
        raise WikiAway(type(error).__name__) from None
    if response.status_code in (401, 403):
        raise WikiRefused("profile")
    if response.status_code != 200:
        raise WikiAway(str(response.status_code))
    try:
        # Whatever type it claims: MediaWiki 1.39 says text/html.
        return _Profile.model_validate_json(response.content)
    except ValidationError:
        raise WikiAway("profile") from None


def _claims(token: str) -> dict[str, Any]:
    """What an access token says of itself: it is a JSON Web Token (RFC 7519)."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError):
        raise WikiAway("token") from None
    if not isinstance(claims, dict):
        raise WikiAway("token")
    return claims


def _time(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WikiRefused("times")
    return float(value)
