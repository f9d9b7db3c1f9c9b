"""The site itself, as administrators set it: its name, its texts, and whether anyone may sign up."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import AwareDatetime, StringConstraints

from contracts.administration import Reason
from contracts.common import CLEAN_TEXT, MARKDOWN, Command, CookedHtml, Event, View, needs_scope, safe
from core.audience import PUBLIC, Viewer

SiteKind = Literal["name", "tagline", "about", "conduct"]
"""Which text: the site's `name`, which is the same in all languages, a line about it, or the page `/about` or
`/conduct`."""


class SiteText(View):
    """A text in one language. `revision` counts its changes. `html` is made of the texts of `/about` and `/conduct`."""

    language: str
    text: str
    revision: int = 1
    html: CookedHtml | None = None


class SiteState(View):
    """The site's own words. `name` is empty, and a list, where the operator's settings and the interface's own texts
    count. In `taglines`, `abouts` and `conducts` the language comes first that was written first.

    Where sign-up is not open, it may be so for the invited (`sign_up_by_invitation`).
    """

    name: str = ""
    name_revision: int = 0
    taglines: list[SiteText] = []
    abouts: list[SiteText] = []
    conducts: list[SiteText] = []
    sign_up_open: bool = True
    sign_up_by_invitation: bool = False


class SiteRevision(View):
    """One version of a text of the site; an empty one says that the default counts."""

    revision: int
    text: str
    by_id: str
    at: AwareDatetime


class SetSiteText(Command):
    """Set a text of the site; an empty one lets the default count again. `revision` is that of the text that was there,
    0 for none. `language` is empty for the name.

    Faults: `language-unknown`, `too-long`. A stale `revision` is `Conflict("edit-conflict")`.
    """

    kind: SiteKind
    language: Annotated[str, StringConstraints(max_length=20)] = ""
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000), CLEAN_TEXT, MARKDOWN]
    revision: int
    reason: Reason


class SetSignUp(Command):
    """Let anyone sign up, or nobody, or only who has a code (`by_invitation`)."""

    open: bool
    by_invitation: bool = False
    reason: Reason


class SiteChanged(Event):
    """A text of the site changed, or whether anyone may sign up."""

    type: ClassVar[str] = "people.site.changed"
    site: SiteState

    def subject(self) -> str:
        return "site/site"

    def audience(self) -> str:
        return PUBLIC


class SiteAdministration(Protocol):
    """The calls of people about the site itself."""

    @safe
    def site(self, viewer: Viewer) -> SiteState:
        """The site's words as they are now, the same for everybody."""

    @safe
    def site_revisions(self, viewer: Viewer, kind: SiteKind, language: str) -> list[SiteRevision]:
        """The newest versions of a text, up to 50; administrators only."""

    @needs_scope("moderate")
    def set_site_text(self, viewer: Viewer, command: SetSiteText) -> None:
        """Administrators only."""

    @needs_scope("moderate")
    def set_sign_up(self, viewer: Viewer, command: SetSignUp) -> None:
        """Administrators only. While sign-up is closed, `register` raises `Forbidden("sign-up-closed")`."""


__all__ = [
    "SetSignUp", "SetSiteText", "SiteAdministration", "SiteChanged", "SiteKind", "SiteRevision", "SiteState",
    "SiteText",
]  # fmt: skip
