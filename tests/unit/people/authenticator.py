"""A software authenticator: what a browser and a security key do together (WebAuthn), and what they should not."""

from __future__ import annotations

import hashlib
import json
import secrets
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Authenticator:
    """One passkey. `counts`: whether it has a counter; synchronised ones have none."""

    def __init__(self, counts: bool = True) -> None:
        self.id = secrets.token_bytes(32)
        self.counts = counts
        self.counter = 0
        self.flags = PRESENT
        self._key = ec.generate_private_key(ec.SECP256R1())

    def create(self, challenge: str, site: str, origin: str, /, **changes: Any) -> str:
        """The answer to `navigator.credentials.create()`, as JSON. `changes` are of the client's data."""
        client = self._client("webauthn.create", challenge, origin, changes)
        numbers = self._key.public_key().public_numbers()
        public = cbor2.dumps(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        )
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        data = self._data(site, self.flags | ATTESTED) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._json(
            clientDataJSON=client, attestationObject=attestation, transports=["usb", "x", "nfc"]
        )

    def get(self, challenge: str, site: str, origin: str, /, **changes: Any) -> str:
        """The answer to `navigator.credentials.get()`, as JSON."""
        self.counter += self.counts
        client = self._client("webauthn.get", challenge, origin, changes)
        data = self._data(site, self.flags)
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._json(clientDataJSON=client, authenticatorData=data, signature=signature, userHandle=None)

    def _client(self, kind: str, challenge: str, origin: str, changes: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False, **changes}
        return json.dumps(said).encode()

    def _data(self, site: str, flags: int) -> bytes:
        return hashlib.sha256(site.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _json(self, **response: Any) -> str:
        answer = {name: text(each) if isinstance(each, bytes) else each for name, each in response.items()}
        id = text(self.id)
        return json.dumps(
            {"id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {}, "response": answer}
        )


def text(data: bytes) -> str:
    """Bytes in base64url."""
    return urlsafe_b64encode(data).decode("ascii").rstrip("=")
