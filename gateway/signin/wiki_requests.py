"""Authorization requests (OAuth 2) that this browser has sent somebody to the wiki with: in a cookie of ten minutes.

The cookie is signed, bound to the browser, and not for scripts. What was written before does not fit into it: people
keeps that, encrypted by a key that is in the cookie alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Literal

from cryptography.fernet import Fernet, InvalidToken
from flask import Response, request
from itsdangerous import BadData, URLSafeSerializer
from pydantic import BaseModel, ConfigDict, ValidationError

from contracts.kept_forms import KeepForm
from contracts.wiki_accounts import WikiIdentity
from core import clock
from core.audience import STRANGER
from gateway import csrf
from gateway.request_context import services, settings
from gateway.signin.wiki_client import new_secret

COOKIE = "space_wiki"
PATH = "/sign-in/wiki"
SECONDS = 600
SECONDS_OF_IDENTITY = 1800
"""How long somebody who came back may take to choose a name or enter a password."""

Purpose = Literal["sign-in", "link", "password"]


class AuthorizationRequest(BaseModel):
    """What somebody was sent to the wiki for. `person_id` is who was signed in, `""` for a stranger; `kept` is the key
    of a form that waits, `title_key` what it is called; `invitation` is a code to sign up with."""

    model_config = ConfigDict(frozen=True)

    purpose: Purpose
    state: str
    verifier: str
    at: float
    next: str = "/"
    title_key: str = ""
    person_id: str = ""
    kept: str = ""
    invitation: str = ""

    def matches(self, state: str) -> bool:
        """Whether the wiki sends back who was sent there."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))


def new_request(
    purpose: Purpose,
    *,
    next: str,
    title_key: str = "",
    person_id: str = "",
    written: str = "",
    invitation: str = "",
) -> AuthorizationRequest:
    """A new request; `written` is the form that waits meanwhile. Raises `TooMany("forms-too-many")`."""
    return AuthorizationRequest(
        purpose=purpose,
        state=new_secret(),
        verifier=new_secret(),
        at=clock.now().timestamp(),
        next=next,
        title_key=title_key,
        person_id=person_id,
        kept=_keep(written) if written else "",
        invitation=invitation,
    )


def remember(response: Response, sent: AuthorizationRequest) -> Response:
    """Give the browser its cookie."""
    response.set_cookie(
        COOKIE,
        str(_signer("request").dumps(sent.model_dump())),
        max_age=SECONDS,
        path=PATH,
        httponly=True,
        # Not `Strict`: the wiki's redirect must bring it back.
        samesite="Lax",
        secure=settings().base_url.startswith("https:"),
    )
    return private(response)


def private(response: Response) -> Response:
    """A page that no browser keeps, and whose address is told to nobody."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def known() -> AuthorizationRequest | None:
    """The request of this browser; None if it has none, or sent it too long ago."""
    try:
        found = AuthorizationRequest.model_validate(_signer("request").loads(request.cookies.get(COOKIE, "")))
    except (BadData, ValidationError):
        return None
    return found if clock.now().timestamp() - found.at <= SECONDS else None


def forget(response: Response) -> Response:
    """Take the cookie back: each request is answered once."""
    secure = settings().base_url.startswith("https:")
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="Lax", secure=secure)
    return private(response)


def written(sent: AuthorizationRequest | None) -> str:
    """The form that waited, once; `""` if there is none."""
    if sent is None or not sent.kept:
        return ""
    name, key = _derived(sent.kept)
    sealed = services().people.take_form(STRANGER, name)
    try:
        return Fernet(key).decrypt(sealed.encode("ascii")).decode() if sealed else ""
    except InvalidToken:
        return ""


def sealed_identity(identity: WikiIdentity, purpose: Purpose) -> str:
    """Who somebody is on the wiki, for a hidden field of the form that goes on: signed, and bound to this browser."""
    said = {"identity": identity.model_dump(), "at": clock.now().timestamp()}
    return str(_signer(purpose).dumps(said))


def opened_identity(sealed: str, purpose: Purpose) -> WikiIdentity | None:
    """What `sealed_identity` said; None if it was not said to this browser for this purpose, or too long ago."""
    try:
        said = _signer(purpose).loads(sealed)
        identity = WikiIdentity.model_validate(said["identity"])
    except (BadData, ValidationError):
        return None
    return identity if clock.now().timestamp() - said["at"] <= SECONDS_OF_IDENTITY else None


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key, salt=f"space-wiki-{purpose} {csrf.visit()}")


def _keep(written: str) -> str:
    kept = secrets.token_urlsafe(32)
    name, key = _derived(kept)
    sealed = Fernet(key).encrypt(written.encode()).decode("ascii")
    services().people.keep_form(STRANGER, KeepForm(key=name, sealed=sealed))
    return kept


def _derived(kept: str) -> tuple[str, bytes]:
    """What a form is found by, and what it is encrypted with: neither tells the other."""
    name = hashlib.sha256(f"name {kept}".encode()).hexdigest()
    return name, base64.urlsafe_b64encode(hashlib.sha256(f"key {kept}".encode()).digest())
