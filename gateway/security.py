"""Security headers of every response, and limits on every request."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from flask import Flask, Response, make_response, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from core.settings import Settings
from gateway import request_limits
from gateway.request_context import is_unidentified, settings

MOST_FIELDS = 200

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Codex's style sheet has small icons (a checkbox's tick, a select's arrow) as data: URLs.
        "img-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}

PRIVATE = "private, no-cache"
"""`Cache-Control` of a page that is one reader's."""


def headers(settings: Settings) -> dict[str, str]:
    """The headers of every response, with those that need HTTPS."""
    return {**HEADERS, **(_HTTPS if settings.base_url.startswith("https:") else {})}


def install(app: Flask) -> None:
    """Refuse requests that are too large or not UTF-8, and set the headers on every response."""
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS

    @app.before_request
    def refuse_large_bodies() -> None:
        most = request_limits.most_bytes(request)
        if (request.content_length or 0) > most:
            raise RequestEntityTooLarge
        # A body that is sent in chunks has no length; it is counted while it is read.
        request.max_content_length = most
        # The fields of a form beside its file. A sign-in may carry what its writer was about to send, as one field.
        carries = request.endpoint in request_limits.SIGN_INS
        request.max_form_memory_size = request_limits.WITH_FILE if carries else request_limits.WITH_TEXT

    @app.before_request
    def refuse_broken_text() -> None:
        if "\x00" in request.path or not _is_text(unquote_to_bytes(request.query_string)):
            raise BadRequest
        if request.mimetype == "application/x-www-form-urlencoded":
            # Read before Flask parses it: Flask would replace broken bytes.
            body = request.get_data(cache=True)
            if not _is_text(unquote_to_bytes(body.replace(b"+", b" "))):
                raise BadRequest
        elif request.mimetype == "multipart/form-data" and any(
            # Flask replaces broken bytes in a multipart field by U+FFFD.
            "\ufffd" in value or "\x00" in value
            for values in request.form.listvalues()
            for value in values
        ):
            raise BadRequest

    @app.after_request
    def add_headers(response: Response) -> Response:
        # One look at those that there are: `setdefault` looks at all of them for each.
        there = {name.lower() for name, _ in response.headers}
        for name, value in headers(settings()).items():
            if name.lower() not in there:
                response.headers.add(name, value)
        if is_unidentified():
            response.headers["Cache-Control"] = "no-store"
        # Pages are personal: a shared cache keeps only responses that allow it.
        response.headers.setdefault("Cache-Control", PRIVATE)
        return response


def _is_text(data: bytes) -> bool:
    try:
        return "\x00" not in data.decode("utf-8")
    except UnicodeDecodeError:
        return False


def unkept(page: str) -> Response:
    """A page that no cache keeps, neither the browser's nor another: it is for its reader's eyes alone."""
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
