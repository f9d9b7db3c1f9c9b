"""Who asks, and who may see what: the one decision that every service, feed and index shares."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Role = Literal["member", "editor", "moderator", "administrator"]

PUBLIC = "public"
MEMBERS = "members"
GROUP_PREFIX = "group:"

Audience = Annotated[str, StringConstraints(pattern=r"^(public|members|group:[0-9a-z]{16})$")]
"""`public`, `members` (anyone signed in) or `group:<group id>`."""


class Viewer(BaseModel):
    """Who asks. The default is a stranger: nobody signed in.

    `groups` and `moderates` hold group ids. `languages` is the reading order, most wanted first, as MediaWiki
    codes; services pick the language version by it. `scopes` is None for a browser session (everything that
    the person may do) or the scopes of an API token.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_id: str | None = None
    name: str | None = None
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()
    moderates: frozenset[str] = frozenset()
    languages: tuple[str, ...] = ("en",)
    scopes: frozenset[str] | None = None

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.person_id is not None

    def has(self, *roles: Role) -> bool:
        """Whether the viewer holds one of `roles`; an administrator holds them all."""
        return "administrator" in self.roles or not self.roles.isdisjoint(roles)


STRANGER = Viewer()


def group_audience(group_id: str) -> str:
    """The audience of a group's own content."""
    return GROUP_PREFIX + group_id


def group_of(audience: str) -> str | None:
    """The id of the group that `audience` names, or None."""
    return audience.removeprefix(GROUP_PREFIX) if audience.startswith(GROUP_PREFIX) else None


def may_see(viewer: Viewer, audience: str) -> bool:
    """Whether `viewer` may see content of `audience`. No role opens a group: only membership does."""
    if audience == PUBLIC:
        return True
    if audience == MEMBERS:
        return viewer.signed_in
    group = group_of(audience)
    return group is not None and group in viewer.groups


def audiences(viewer: Viewer) -> list[str]:
    """Every audience that `viewer` may see, for the filter of a query."""
    seen = [PUBLIC]
    if viewer.signed_in:
        seen.append(MEMBERS)
        seen.extend(group_audience(group) for group in sorted(viewer.groups))
    return seen
