"""Protection against cross-site request forgery: a form carries a token that only our own page could give it.

A token is a fresh nonce and its HMAC over what binds it to this browser: the session, or for strangers a random cookie.
The nonce makes each token different, so that its compressed length in a page reveals nothing (BREACH).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Flask, Response, g, request

from contracts.errors import Forbidden
from gateway.forms import RESUMED
from gateway.request_context import request_context, settings, unidentified_error
from gateway.without_identity import MARK as WITHOUT_IDENTITY
from gateway.without_identity import check_same_site

COOKIE = "space_visit"
FIELD = "csrf_token"
HEADER = "X-CSRF-Token"
_UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def token() -> str:
    """A token for one form of this page."""
    g.personal = True  # the page is for this browser alone (`gateway.cache`)
    nonce = secrets.token_urlsafe(12)
    return f"{nonce}.{_mac(nonce, _binding(make=True))}"


def check() -> None:
    """Raise `Forbidden("form-expired")` unless the request carries a token that this browser was given."""
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    nonce, _, mac = given.partition(".")
    binding = _binding(make=False)
    if not binding or not hmac.compare_digest(mac.encode(), _mac(nonce, binding).encode()):
        raise Forbidden("form-expired")


def visit() -> str:
    """What tells this browser from others while nobody is signed in: the value of a cookie, made here if need be."""
    found: str | None = request.cookies.get(COOKIE) or getattr(g, "new_visit", None)
    if not found:
        found = g.new_visit = secrets.token_urlsafe(18)
    return found


def _binding(make: bool) -> str:
    session = request_context().token
    if session:
        return f"session:{session}"
    known = request.cookies.get(COOKIE) or getattr(g, "new_visit", None)
    return f"visit:{visit()}" if known or make else ""


def _mac(nonce: str, binding: str) -> str:
    return hmac.new(settings().key_for("csrf"), f"{nonce}|{binding}".encode(), hashlib.sha256).hexdigest()


def install(app: Flask) -> None:
    """Check every request that changes something, except API requests with a bearer token, which no browser adds."""

    @app.before_request
    def check_unsafe() -> None:
        if request.method not in _UNSAFE or request.path == "/api.php":
            return  # api.php only reads, and reads as a stranger
        if request.path.startswith("/mail/"):
            return  # what the address says is all that is asked for: a mail program sends the form without cookies
        if request.environ.get(WITHOUT_IDENTITY):
            check_same_site()
            return
        if request.environ.get(RESUMED):
            return  # made by `gateway.signin.errand` alone; the form is shown again and nothing is written
        if request.path.startswith("/api/") and request.headers.get("Authorization", "").startswith(
            "Bearer "
        ):
            return
        if request.path.startswith("/api/") and not request_context().token:
            return  # without a session cookie there is nothing to forge; the API requires a bearer token where needed
        if request_context().unidentified:
            raise unidentified_error()
        check()

    @app.after_request
    def remember(response: Response) -> Response:
        if visit := getattr(g, "new_visit", None):
            secure = settings().base_url.startswith("https:")
            response.set_cookie(COOKIE, visit, httponly=True, samesite="Lax", secure=secure)
        return response
