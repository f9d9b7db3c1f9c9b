"""The viewer of a request, and the one decision about which content a viewer may see."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Role = Literal["member", "editor", "moderator", "administrator"]

PUBLIC = "public"
MEMBERS = "members"
GROUP_PREFIX = "group:"

Audience = Annotated[str, StringConstraints(pattern=r"^(public|members|group:[0-9a-z]{16})$")]
"""`public`, `members` (anyone signed in) or `group:<group id>`."""


SILENCED = "silenced"
"""What a viewer's scopes have in place of `write` and `moderate` while the person is silenced."""


class Viewer(BaseModel):
    """On whose behalf a request is made. The default is somebody who is not signed in.

    `roles` has `member` and what else the person holds; who is new and holds no role has none.
    `groups` and `moderates` hold the ids of groups that the person is in, or moderates. `delegated` are roles for a
    part of the site: `moderator:language:de`, `editor:news:reports`, `editor:group:<id>`. `archived` holds those of the
    `groups` in which nothing is written any more. `languages` are MediaWiki codes, preferred first; services choose
    language versions by them. `scopes` are those of an API token, or None for
    a browser session, which may do everything that the person may do: `read`, `write` what members may, and `moderate`,
    the power over what is others'. Without the last, a token's viewer has no role and moderates no group. Who is
    silenced has `read` and, in place of what writes, `SILENCED`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    person_id: str | None = None
    name: str | None = None
    roles: frozenset[Role] = frozenset()
    groups: frozenset[str] = frozenset()
    moderates: frozenset[str] = frozenset()
    # These two are not sent where they are empty, so that services of an earlier release understand most viewers.
    delegated: frozenset[str] = Field(default=frozenset(), exclude_if=lambda held: not held)
    archived: frozenset[str] = Field(default=frozenset(), exclude_if=lambda groups: not groups)
    languages: tuple[str, ...] = ("en",)
    scopes: frozenset[str] | None = None

    @property
    def signed_in(self) -> bool:
        """Whether somebody is signed in."""
        return self.person_id is not None

    @property
    def is_new(self) -> bool:
        """Whether it is somebody who may not write as much as a member yet."""
        return self.signed_in and not self.roles and not self.delegated

    @property
    def silenced(self) -> bool:
        """Whether moderators silenced the person: they read as before, and write nothing but what is theirs alone."""
        return self.scopes is not None and SILENCED in self.scopes

    def may(self, scope: str) -> bool:
        """Whether this request may do what needs `scope`: everything in a browser, else what its token has."""
        return self.scopes is None or scope in self.scopes

    def holds(self, scope: str) -> bool:
        """Whether it may, or could but for being silenced: for what is the person's alone, and for saying why not."""
        return self.may(scope) or (scope != "read" and self.silenced)

    @property
    def writes(self) -> bool:
        """Whether somebody is signed in who may write: not by a token to read, nor while they are silenced."""
        return self.signed_in and self.may("write")

    @property
    def in_office(self) -> bool:
        """Whether the viewer has any power over what is others': of everything, of a part, or of a group."""
        return bool(self.roles - {"member"} or self.moderates or self.delegated)

    @property
    def handles_reports(self) -> bool:
        """Whether the viewer is a moderator of anything, and so has a queue of reports."""
        delegated = any(power.startswith("moderator:") for power in self.delegated)
        return self.has("moderator") or bool(self.moderates) or delegated

    def has(self, *roles: Role) -> bool:
        """Whether the viewer has at least one of `roles`; an administrator has all of them."""
        return "administrator" in self.roles or not self.roles.isdisjoint(roles)


STRANGER = Viewer()


def group_audience(group_id: str) -> str:
    """The audience of a group's own content."""
    return GROUP_PREFIX + group_id


def group_of(audience: str) -> str | None:
    """The id of the group whose content `audience` is, or None for `public` and `members`."""
    return audience.removeprefix(GROUP_PREFIX) if audience.startswith(GROUP_PREFIX) else None


def part_of_language(language: str) -> str:
    """The part of the site that is of one original language, as roles for a part name it."""
    return f"language:{language}"


def part_of_category(domain: str, slug: str) -> str:
    """The part that is of one category of `talk` or `news`."""
    return f"{domain}:{slug}"


def may_see(viewer: Viewer, audience: str) -> bool:
    """Whether `viewer` may see content of `audience`. Roles give no access to groups: only membership does."""
    if audience == PUBLIC:
        return True
    if audience == MEMBERS:
        return viewer.signed_in
    group = group_of(audience)
    return group is not None and group in viewer.groups


def audiences(viewer: Viewer) -> list[str]:
    """Every audience that `viewer` may see, to filter queries by."""
    return [PUBLIC, MEMBERS, *_audiences_of(viewer.groups)] if viewer.signed_in else [PUBLIC]


# A page asks for them several times, and some people are in hundreds of groups.
@lru_cache(maxsize=1_000)
def _audiences_of(groups: frozenset[str]) -> tuple[str, ...]:
    return tuple(group_audience(group) for group in sorted(groups))
