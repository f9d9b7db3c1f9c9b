"""Devices on which somebody has signed in before, so that guesses by strangers don't keep them out there.

Each has a cookie with a random id and its HMAC over the id and the account's name (OWASP's "device cookies"). It opens
nothing: attempts from a known device are counted for that device, and those of strangers for their networks.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from flask import Response, request

from bus.rpc.context import Origin
from core.names import name_key
from gateway.limits.clients import shared_peer
from gateway.request_context import YEAR, settings
from gateway.signin.browsers import browser_family

COOKIE = "space_device"
MOST_ACCOUNTS = 5
_LONGEST = 500


def origin_of(name: str) -> Origin:
    """Where this request comes from, for an attempt to sign in with `name`."""
    browser = browser_family(request.headers.get("User-Agent", ""))
    return Origin(peer=shared_peer(), device=known_device(name), browser=browser)


def known_device(name: str) -> str:
    """The id of this device, if somebody of this name has signed in on it; else `""`."""
    for entry in _entries():
        id, _, mac = entry.partition(".")
        if hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(id, name).encode()):
            return id
    return ""


def remember_device(response: Response, name: str) -> None:
    """Let this device be known to the account; it is known to the last five that signed in on it."""
    id = known_device(name) or secrets.token_urlsafe(12)
    mine = f"{id}.{_mac(id, name)}"
    entries = [mine, *(entry for entry in _entries() if entry != mine)][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE,
        "~".join(entries),
        max_age=YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings().base_url.startswith("https:"),
    )


def _entries() -> list[str]:
    found = request.cookies.get(COOKIE, "")
    return found.split("~")[:MOST_ACCOUNTS] if 0 < len(found) <= _LONGEST else []


def _mac(id: str, name: str) -> str:
    said = f"{id}|{name_key(name.strip())}".encode("utf-8", "replace")
    mac = hmac.new(settings().key_for("device"), said, hashlib.sha256)
    return urlsafe_b64encode(mac.digest()[:18]).decode("ascii")
