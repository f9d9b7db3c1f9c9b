"""Viewers that the tests of several services share."""

from __future__ import annotations

from typing import Any

from core.audience import Role, Viewer, group_audience

GROUP = "0group0000000000"
CIRCLE = group_audience(GROUP)


def person(name: str, *roles: Role, **more: Any) -> Viewer:
    """A member with these roles; the id is the name, filled up."""
    return Viewer(person_id=name.ljust(16, "0"), name=name, roles=frozenset({"member", *roles}), **more)


AMIRA = person("amira", languages=("ar", "es"))
BO = person("b0", languages=("en",))
CLEO = person("cleo", languages=("es",))
EDITOR = person("editor", "editor")
MODERATOR = person("mod", "moderator")
ADMIN = person("admin", "administrator")
INSIDER = person("insider", groups=frozenset({GROUP}))
GROUP_MODERATOR = person("gmod", groups=frozenset({GROUP}), moderates=frozenset({GROUP}))
