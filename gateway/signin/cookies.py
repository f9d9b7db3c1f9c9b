"""The cookies that the gateway sets for a reader."""

from __future__ import annotations

from flask import Response

from contracts.people import SignedIn
from core import clock
from gateway.request_context import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    THEME_COOKIE,
    TIMEZONE_COOKIE,
    YEAR,
    settings,
)
from gateway.signin.devices import remember_device


def start_session(response: Response, signed_in: SignedIn) -> Response:
    """Give the browser a fresh session's token. It is in this cookie alone: no script, log or page sees it."""
    seconds = max(int((signed_in.expires_at - clock.now()).total_seconds()), 0)
    response.set_cookie(
        SESSION_COOKIE, signed_in.token, max_age=seconds, httponly=True, samesite="Lax", secure=_secure()
    )
    remember_device(response, signed_in.viewer.name or "")
    response.headers["Cache-Control"] = "no-store"
    return response


def end_session(response: Response) -> Response:
    """Take the token back."""
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Lax", secure=_secure())
    return response


def forget_pages(response: Response) -> Response:
    """Let what the browser kept of this person's pages go with the session."""
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def remember_choices(
    response: Response, language: str | None = None, timezone: str | None = None, theme: str | None = None
) -> Response:
    """Keep what the reader chose for the interface, for a year; None leaves one as it is."""
    for name, value in ((LANGUAGE_COOKIE, language), (TIMEZONE_COOKIE, timezone), (THEME_COOKIE, theme)):
        if value is not None:
            # Scripts set the time zone by themselves where nobody chose one, so they must see it.
            response.set_cookie(
                name, value, max_age=YEAR, httponly=name != TIMEZONE_COOKIE, samesite="Lax", secure=_secure()
            )
    return response


def _secure() -> bool:
    return settings().base_url.startswith("https:")
