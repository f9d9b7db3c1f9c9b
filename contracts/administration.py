"""What administrators decide about the site, and the log of it, which each service keeps of its own."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.common import CLEAN_LINE, Command, Cursor, Page, PageSize, View, safe
from core.audience import Viewer

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500), CLEAN_LINE]
"""Why an administrator does something, for the log."""

Power = Literal["editor", "moderator", "administrator"]
"""A role that is granted; `member` everybody has."""


PartName = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        pattern=r"^(|language:[A-Za-z0-9-]{2,20}|(talk|news):[^\s:/]{1,100}|group:[a-z0-9-]{1,80})$",
    ),
]
"""A part of the site: `language:<code>`, `talk:<category>`, `news:<category>`, `group:<slug>`; `""` is everything."""


class PeopleQuery(Command):
    """Which people an administrator looks for. `text`: part of the name or display name, or one that looks like it.
    `holding`: those with this role, with `any` those with any."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), CLEAN_LINE] = ""
    holding: Power | Literal["any"] | None = None
    after: Cursor | None = None
    limit: PageSize = 30


class ChangeRole(Command):
    """Give (`held`) or take a role, of everything or of one `part`. In a group only members of it can have one, and a
    hidden group looks after its own.

    Faults: `language-unknown`, `group-unknown`, `group-not-inside`, `role-whole` (administrators are so of everything).
    """

    role: Power
    held: bool
    part: PartName = ""
    reason: Reason


class HeldRole(View):
    """A role for a part of the site."""

    role: Power
    part: str


class LogEntry(View):
    """One decision of an administrator. `by_id` is None if the operator made it: on the command line, or by an import.

    `action`, with what `item` and `detail` are:

    - `role-granted`, `role-revoked`: the person's id; the role, and after a space the part that it is for, if it is
      not for everything.
    - `person-renamed`: the person's id; the name before.
    - `person-vanished`: the person's id; empty.
    - `group-taken-up`: the group's slug.
    - `invitation-created`, `invitation-revoked`: the id of an invitation to the site; how many may use it in how many
      days.
    - `sign-up-accepted`, `sign-up-declined`: the id of a request for an account, which says nothing of whose it was.
    - `category-added`, `-named` and `-unnamed` (in the language that `detail` says), `-moved` (`up` or `down`),
      `-closed`, `-opened`, `-official`, `-unofficial`, `-removed`, `-merged` (into the one that `detail` says): the
      category's slug.
    - `tag-replaced` (by the one that `detail` says), `tag-removed`: the tag.
    - `site-name`, `site-tagline`, `site-about`, `sign-up-closed`, `sign-up-opened`, `sign-up-invited`: `site`; the
      text's language.
    """

    id: str
    at: AwareDatetime
    by_id: str | None
    action: str
    item: str
    detail: str = ""
    reason: str = ""


PublicAct = Literal[
    "role-granted", "role-revoked", "category-added", "category-changed", "category-closed", "category-opened",
    "site-changed", "sign-up-closed", "sign-up-opened", "tag-removed", "tag-replaced", "writing-rules-changed",
]  # fmt: skip


class PublicUse(View):
    """A use of an administrator's power, for everybody: what was done and in which office; nobody's name, and no
    words. `item`: the category's slug, or the role, and after a space the part that it is for, if it is neither for
    everything nor in a group."""

    id: str
    at: AwareDatetime
    action: PublicAct
    item: str = ""
    office: Literal["administrator", "operator"]


class Administered(Protocol):
    """The call of each service whose state administrators change."""

    @safe
    def administration_log(
        self, viewer: Viewer, item: str | None, after: Cursor | None, limit: PageSize
    ) -> Page[LogEntry]:
        """Decisions about one `item`, or about all, newest first; administrators only. The cursor is a time and an id,
        so one of any service's fits the logs of all."""

    @safe
    def public_administration(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[PublicUse]:
        """Those that everybody may know of, newest first, with cursors like these."""


__all__ = [
    "Administered", "ChangeRole", "HeldRole", "LogEntry", "PartName", "PeopleQuery", "Power", "PublicUse", "Reason",
]  # fmt: skip
