"""Verifies what browsers answer for passkeys: challenge, origin, site, presence, signature and counter (WebAuthn)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

from webauthn import base64url_to_bytes, verify_authentication_response, verify_registration_response
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException

from contracts.errors import Forbidden, Invalid, invalid
from core.relying_party import RelyingParty, relying_party
from core.settings import Settings

_TRANSPORTS = ("usb", "nfc", "ble", "smart-card", "hybrid", "internal")
LONGEST_ID = 1023
"""In bytes (WebAuthn, 4)."""


@dataclass(frozen=True)
class NewPasskey:
    """A passkey that a browser has just made."""

    credential_id: str
    public_key: str
    sign_count: int
    transports: list[str]


def site_of(settings: Settings) -> RelyingParty:
    """The site that passkeys are for. Raises `Forbidden("passkeys-unavailable")`."""
    site = relying_party(settings.base_url)
    if site is None:
        raise Forbidden("passkeys-unavailable")
    return site


def challenge_of(purpose: Literal["add", "sign-in"], token: str) -> bytes:
    """What an authenticator signs: of a secret that works once, and for one purpose."""
    return hashlib.sha256(f"space passkey {purpose} {token}".encode("utf-8", "replace")).digest()


def text_of(data: bytes) -> str:
    """Bytes as they are sent and stored: in base64url."""
    return bytes_to_base64url(data)


def credential_id(credential: str) -> str:
    """The id of the passkey that a browser used. Raises `passkey-wrong`."""
    found = _parsed(credential).get("id")
    if not isinstance(found, str):
        raise wrong()
    return found


def made(site: RelyingParty, token: str, credential: str) -> NewPasskey:
    """The passkey that a browser made for `token`. Raises `passkey-wrong`."""
    answer = _parsed(credential)
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=challenge_of("add", token),
            expected_rp_id=site.id,
            expected_origin=site.origin,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
        raise wrong() from None
    if len(found.credential_id) > LONGEST_ID:
        raise wrong()
    transports = answer["response"].get("transports")
    return NewPasskey(
        credential_id=text_of(found.credential_id),
        public_key=text_of(found.credential_public_key),
        sign_count=found.sign_count,
        transports=[each for each in _TRANSPORTS if isinstance(transports, list) and each in transports],
    )


def used(site: RelyingParty, token: str, credential: str, public_key: str, sign_count: int) -> int:
    """The passkey's counter after it was used for `token`. Raises `passkey-wrong`, also for a counter that has not
    grown: then there are two of what should be one."""
    try:
        found = verify_authentication_response(
            credential=_parsed(credential),
            expected_challenge=challenge_of("sign-in", token),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError, AttributeError):
        raise wrong() from None
    return found.new_sign_count


def wrong() -> Invalid:
    """What is said of a passkey that is not the right one, or not answered for this."""
    return invalid("credential", "passkey-wrong")


def _parsed(credential: str) -> dict[str, Any]:
    try:
        found = json.loads(credential)
    except (ValueError, RecursionError):
        raise wrong() from None
    if not isinstance(found, dict) or not isinstance(found.get("response"), dict):
        raise wrong()
    return found
