"""Decisions of people about wiki accounts."""

from __future__ import annotations

from contracts.errors import Conflict, Forbidden
from contracts.wiki_accounts import WikiIdentity

TRUSTED_EDITS = 50
"""Edits after which who comes from the wiki starts as trusted: what takes weeks there is not asked for again here."""


def starts_as_trusted(identity: WikiIdentity) -> bool:
    """Whether somebody has done enough on the wiki, and is not blocked there."""
    return not identity.blocked and identity.edits >= TRUSTED_EDITS


def name_of(username: str | None) -> str:
    """The name here of a wiki account: names on wikis have spaces, names here don't. It may not be a name."""
    return "_".join((username or "").split())


def unknown() -> Forbidden:
    """What a wiki account gets that is linked to no account, or to another one than it is used for."""
    return Forbidden("wiki-account-unknown")


def taken() -> Conflict:
    """What somebody gets whose wiki account is linked to another account."""
    return Conflict("wiki-account-taken")


def check_other_way_in(password_hash: str) -> None:
    """Raises `Conflict("last-way-in")` for an account that nothing but the wiki account opens."""
    if not password_hash:
        raise Conflict("last-way-in")
