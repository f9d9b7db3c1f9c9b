"""Signs a request to a push service (VAPID, RFC 8292): by that it knows who sends, and takes nobody else's messages."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from core.web_push import PushKey, encoded

LIFE = timedelta(hours=12)
"""How long a signature holds; services refuse one of more than a day."""


def authorization(key: PushKey, audience: str, contact: str, now: datetime) -> str:
    """The value of the header. `audience` is the origin of the service, such as `https://push.example`."""
    claims = {"aud": audience, "exp": int((now + LIFE).timestamp()), "sub": contact}
    parts = ({"typ": "JWT", "alg": "ES256"}, claims)
    signed = ".".join(encoded(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    r, s = decode_dss_signature(key.private.sign(signed.encode("ascii"), ec.ECDSA(SHA256())))
    return f"vapid t={signed}.{encoded(r.to_bytes(32) + s.to_bytes(32))}, k={key.public}"
