"""Reads of the site's own words, and of whether anyone may sign up."""

from __future__ import annotations

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from contracts.site import SiteKind, SiteRevision, SiteState, SiteText
from core.audience import Viewer
from core.cooked_columns import current_html
from services.people.tables import SiteVersion
from services.shared.authorisation import check_reads_administration
from services.shared.views import view_of

SIGN_UP, CLOSED, BY_INVITATION = "sign-up", "closed", "invitation"
"""The kind of the row that says whether anyone may sign up, and its text if nobody may, or only who has a code."""

MARKDOWN_KINDS = ("about", "conduct")
"""The kinds of texts that are pages."""

REVISIONS = 50


def site(session: Session, viewer: Viewer) -> SiteState:
    """The site's words as they are now."""
    return site_state(session, with_html=True)


def site_state(session: Session, with_html: bool) -> SiteState:
    """The same, for events without the HTML."""
    rows = session.scalars(_newest()).all()
    by_kind: dict[str, list[SiteText]] = {"tagline": [], "about": [], "conduct": []}
    name = next((row for row in rows if row.kind == "name"), None)
    for row in rows:
        if row.kind in by_kind and row.text:
            html = current_html(row) if with_html and row.kind in MARKDOWN_KINDS else None
            by_kind[row.kind].append(view_of(SiteText, row, html=html))
    return SiteState(
        name=name.text if name else "",
        name_revision=name.revision if name else 0,
        taglines=by_kind["tagline"],
        abouts=by_kind["about"],
        conducts=by_kind["conduct"],
        sign_up_open=not any(row.kind == SIGN_UP and row.text for row in rows),
        sign_up_by_invitation=any(row.kind == SIGN_UP and row.text == BY_INVITATION for row in rows),
    )


def sign_up_is(session: Session) -> str:
    """Who may sign up: `""` is anyone, else `CLOSED` or `BY_INVITATION`."""
    newest = current_version(session, SIGN_UP, "")
    return newest.text if newest else ""


def current_version(session: Session, kind: str, language: str) -> SiteVersion | None:
    """The newest version of a text."""
    wanted = versions(kind, language).limit(1)
    return session.scalars(wanted).first()


def site_revisions(session: Session, viewer: Viewer, kind: SiteKind, language: str) -> list[SiteRevision]:
    """The newest versions of a text, the newest first. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    rows = session.scalars(versions(kind, language).limit(REVISIONS))
    return [view_of(SiteRevision, row) for row in rows]


def versions(kind: str, language: str) -> Select[SiteVersion]:
    """The versions of a text, the newest first."""
    of_text = (SiteVersion.kind == kind, SiteVersion.language == language)
    return select(SiteVersion).where(*of_text).order_by(SiteVersion.revision.desc())


def _newest() -> Select[SiteVersion]:
    """The newest version of each text, in the order in which they were first written."""
    ends = (
        select(
            SiteVersion.kind,
            SiteVersion.language,
            func.max(SiteVersion.revision).label("revision"),
            func.min(SiteVersion.at).label("first_at"),
        )
        .group_by(SiteVersion.kind, SiteVersion.language)
        .subquery()
    )
    return (
        select(SiteVersion)
        .join(
            ends,
            (SiteVersion.kind == ends.c.kind)
            & (SiteVersion.language == ends.c.language)
            & (SiteVersion.revision == ends.c.revision),
        )
        .order_by(ends.c.first_at, SiteVersion.kind, SiteVersion.language)
    )
