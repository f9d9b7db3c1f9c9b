"""What every way to sign in answers."""

from __future__ import annotations

from pydantic import AwareDatetime

from contracts.common import View
from core.audience import Viewer


class SignedIn(View):
    """A new session. Only the hash of `token` is stored, so it can't be shown again. `second_factor`: whether the
    account asks for one. `stays`: it would have vanished (`contracts.own_account`), and by this sign-in it won't."""

    token: str
    viewer: Viewer
    expires_at: AwareDatetime
    second_factor: bool = False
    stays: bool = False


class RecoveryCodes(View):
    """Codes that each work once in place of one of the app. Only their hashes are stored: they can't be shown again."""

    codes: list[str]


__all__ = ["RecoveryCodes", "SignedIn"]
