"""Encrypts a message for one browser (RFC 8291, with the content coding `aes128gcm` of RFC 8188): the push service that
passes it on can't read it."""

from __future__ import annotations

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.web_push import CURVE, KEY_BYTES, decoded, point_of, public_key

LONGEST = 3000
"""Bytes of a message: services take 4,096 with what encryption adds."""

_RECORD = 4096
_SALT = 16
_LAST_RECORD = b"\x02"
_BLOCK = 1024
"""Messages are filled up to a multiple of so many bytes, so that their lengths say nothing."""


@dataclass(frozen=True)
class Recipient:
    """The public key and the secret of one browser's subscription, in base64url."""

    p256dh: str
    auth: str


def encrypt(message: bytes, recipient: Recipient) -> bytes:
    """The body of the request. Raises `ValueError` for keys that are none, and for a message that is too long."""
    if len(message) > LONGEST:
        raise ValueError("the message is too long")
    filled = -(-(len(message) + 1) // _BLOCK) * _BLOCK - len(message) - 1
    return encrypt_with(message, recipient, ec.generate_private_key(CURVE), os.urandom(_SALT), filled)


def encrypt_with(
    message: bytes, recipient: Recipient, own: ec.EllipticCurvePrivateKey, salt: bytes, filled: int
) -> bytes:
    """`encrypt` with this key pair of ours and this salt, which must be new each time, and so many bytes of filling."""
    theirs = public_key(recipient.p256dh)
    own_point = point_of(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    info = b"WebPush: info\x00" + point_of(theirs) + own_point
    secret = _derived(shared, decoded(recipient.auth), info, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    head = salt + _RECORD.to_bytes(4) + KEY_BYTES.to_bytes(1) + own_point
    return head + AESGCM(key).encrypt(nonce, message + _LAST_RECORD + bytes(filled), None)


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, info).derive(secret)
