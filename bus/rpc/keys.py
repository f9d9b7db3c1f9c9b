"""The keys that sign and verify calls: derived from the system's secret, or given to a process one by one."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bus.rpc.signing import GATEWAY, CallSigner, CallVerifier
from core.settings import SERVICES, Settings, SettingsError

OPERATOR = "operator"
"""The sender of the operator's commands, such as `space status`."""

CALLERS = ("mail", "notify")
"""The services for which contracts open calls of others (`contracts.common.also_from`). Each signs as itself: what one
may call the other may not."""

SENDERS = (*SERVICES, GATEWAY, OPERATOR)


class CallKeys:
    """The keys of one process, whose calls are signed as `sender`. They are made at first use."""

    def __init__(self, settings: Settings, sender: str) -> None:
        self._settings = settings
        self._sender = sender

    def signer(self) -> CallSigner:
        """The signer of this process's calls. Raises `SettingsError`."""
        if self._settings.call_key is not None:
            return CallSigner(self._sender, _given_private_key(self._settings.call_key))
        return CallSigner(self._sender, derived_key(self._settings.secret_key, self._sender))

    def verifier(self, service: str) -> CallVerifier:
        """The verifier of the calls to `service`. Raises `SettingsError`."""
        if self._settings.call_public_keys is not None:
            return CallVerifier(service, _given_public_keys(self._settings.call_public_keys))
        secrets = [self._settings.secret_key]
        if self._settings.secret_key_accepted is not None:
            secrets.append(self._settings.secret_key_accepted)
        return CallVerifier(
            service,
            {
                sender: [derived_key(secret, sender).public_key() for secret in secrets]
                for sender in {*SENDERS, self._sender}
            },
        )


def derived_key(secret: str, sender: str) -> Ed25519PrivateKey:
    """The private key of one sender, derived from the system's secret by HKDF (RFC 5869)."""
    purpose = f"space: the signature of calls by {sender}".encode()
    seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def sender_of(components: Sequence[str]) -> str:
    """As whom a process signs that runs these components: as the one that may call the most. Raises `SettingsError`
    where two may call what the other may not."""
    if GATEWAY in components:
        return GATEWAY
    callers = [each for each in CALLERS if each in components]
    if len(callers) > 1:
        named = " and ".join(callers)
        raise SettingsError(f"{named} sign their calls as themselves: run each in a process of its own.")
    return (callers or components)[0]


def environment(settings: Settings, component: str) -> dict[str, str]:
    """The variables that give a component its own private key and everybody's public keys, in place of the secret."""
    public = [
        f"{sender}={_text(derived_key(secret, sender).public_key().public_bytes_raw())}"
        for sender in SENDERS
        for secret in (settings.secret_key, settings.secret_key_accepted)
        if secret is not None
    ]
    own = derived_key(settings.secret_key, component)
    return {"SPACE_CALL_KEY": _text(own.private_bytes_raw()), "SPACE_CALL_PUBLIC_KEYS": ",".join(public)}


def _given_private_key(text: str) -> Ed25519PrivateKey:
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(text, validate=True))
    except ValueError:
        raise SettingsError(
            "SPACE_CALL_KEY is not a key of 32 bytes in base64. `space keys COMPONENT` prints one."
        ) from None


def _given_public_keys(text: str) -> dict[str, list[Ed25519PublicKey]]:
    found: dict[str, list[Ed25519PublicKey]] = {}
    try:
        for part in text.split(","):
            sender, _, key = part.strip().partition("=")
            raw = b64decode(key, validate=True)
            found.setdefault(sender, []).append(Ed25519PublicKey.from_public_bytes(raw))
    except ValueError:
        raise SettingsError(
            "SPACE_CALL_PUBLIC_KEYS must be pairs such as gateway=KEY,forum=KEY with keys of 32 bytes in base64."
            " `space keys COMPONENT` prints them."
        ) from None
    return found


def _text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
