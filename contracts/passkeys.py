"""people, another part: passkeys (WebAuthn) as a second factor."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import CLEAN_LINE, Command, Id, View, also_silenced, needs_scope
from contracts.credentials import Secret
from contracts.signing_in import RecoveryCodes, SignedIn
from core.audience import Viewer

Credential = Annotated[str, StringConstraints(max_length=20_000)]
"""What a browser answers, as JSON (`PublicKeyCredential.toJSON`)."""

PasskeyLabel = Annotated[str, StringConstraints(min_length=1, max_length=80), CLEAN_LINE]


class PasskeyView(View):
    """A passkey of one's own. `last_used_on`: the day of its last use, in UTC."""

    id: str
    label: str
    created_at: AwareDatetime
    last_used_on: date | None = None


class KnownPasskey(View):
    """A passkey as a browser looks for it: its credential id in base64url, and how it can be reached."""

    id: str
    transports: list[str] = []


class PasskeySetup(View):
    """What a browser needs to make a passkey: it is added with `token` within ten minutes. `challenge` and `user_id`
    are in base64url; `known` are those that there are already."""

    token: str
    challenge: str
    user_id: str
    known: list[KnownPasskey] = []


class BeginPasskey(Command):
    """Begin to add a passkey. Faults: `password-wrong`."""

    password: Secret


class AddPasskey(Command):
    """Add a passkey. Faults: `passkey-wrong`, `passkey-known`."""

    token: Secret
    credential: Credential
    label: PasskeyLabel


class RenamePasskey(Command):
    """Give a passkey another name."""

    label: PasskeyLabel


class RemovePasskey(Command):
    """Remove a passkey. Faults: `password-wrong`."""

    password: Secret


class SignInWithPasskey(Command):
    """Go on with a sign-in that was answered by `code-needed`, as `SignInWithCode` does."""

    challenge: Secret
    credential: Credential
    name: Annotated[str, StringConstraints(max_length=100)] = ""


class PasskeysApi(Protocol):
    """The calls of people on passkeys."""

    @also_silenced
    def begin_passkey(self, viewer: Viewer, command: BeginPasskey) -> PasskeySetup:
        """Raises `Conflict("passkeys-many")`, and `Forbidden("passkeys-unavailable")` where the site's address allows
        none."""

    @also_silenced
    def add_passkey(self, viewer: Viewer, command: AddPasskey) -> RecoveryCodes:
        """Add it; with recovery codes if it is the first second factor. Raises `Forbidden("challenge-over")`."""

    @also_silenced
    def rename_passkey(self, viewer: Viewer, passkey_id: Id, command: RenamePasskey) -> None: ...
    @also_silenced
    def remove_passkey(self, viewer: Viewer, passkey_id: Id, command: RemovePasskey) -> None: ...
    @needs_scope(None)
    def sign_in_with_passkey(self, viewer: Viewer, command: SignInWithPasskey) -> SignedIn:
        """Raises `passkey-wrong`, and `Forbidden("challenge-over")`."""
