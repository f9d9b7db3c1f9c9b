"""Who acts, and whether they may write at all."""

from __future__ import annotations

from contracts.errors import Forbidden, SignInNeeded
from core.audience import Viewer


def signed_in(viewer: Viewer) -> str:
    """The viewer's id. Raises `SignInNeeded` to a stranger."""
    if viewer.person_id is None:
        raise SignInNeeded()
    return viewer.person_id


def writer(viewer: Viewer) -> str:
    """The id of the member who writes. Raises as `owner` does, and `Forbidden("silenced")`."""
    person_id = owner(viewer)
    if not viewer.may("write"):
        raise Forbidden("silenced")
    return person_id


def owner(viewer: Viewer) -> str:
    """The id of the member who changes what is theirs alone; a silenced one may. Raises `SignInNeeded` to a stranger,
    `Forbidden("scope-missing")` to a token that may only read."""
    person_id = signed_in(viewer)
    if not viewer.holds("write"):
        raise Forbidden("scope-missing", params={"scope": "write"})
    return person_id


def check_administrator(viewer: Viewer) -> None:
    """Raise as `writer` does, and `Forbidden("administrators-only")` unless the viewer is an administrator."""
    writer(viewer)
    check_reads_administration(viewer)


def check_reads_administration(viewer: Viewer) -> None:
    """Raise `SignInNeeded`, and `Forbidden("administrators-only")` unless the viewer is an administrator."""
    signed_in(viewer)
    if not viewer.has("administrator"):
        raise Forbidden("administrators-only")
