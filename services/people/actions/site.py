"""Sets the site's own words, by versions, and whether anyone may sign up."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.errors import Conflict, invalid
from contracts.site import SetSignUp, SetSiteText, SiteChanged
from core import clock
from core.audience import Viewer
from core.cooked_columns import of_other_renderers, set_cooked
from core.plain_text import clean_line
from services.people import queries, rules
from services.people.queries.site import BY_INVITATION, CLOSED, MARKDOWN_KINDS, SIGN_UP
from services.people.tables import Decision, SiteVersion
from services.shared.administration import new_decision
from services.shared.authorisation import check_administrator, writer

_LONGEST = {"name": 60, "tagline": 150, "about": 20_000, "conduct": 20_000}


def set_site_text(session: Session, viewer: Viewer, command: SetSiteText) -> None:
    """Set a text of the site.

    Raises `Forbidden("administrators-only")`, `language-unknown`, `too-long`, `Conflict("edit-conflict")`.
    """
    check_administrator(viewer)
    kind = command.kind
    language = "" if kind == "name" else rules.checked_language(command.language, "language")
    text = command.text if kind in MARKDOWN_KINDS else clean_line(command.text)
    if len(text) > _LONGEST[kind]:
        raise invalid("text", "too-long", limit=_LONGEST[kind])
    if add_version(session, viewer, kind, language, text, command.revision):
        _changed(session, viewer, f"site-{kind}", language, command.reason)


def set_sign_up(session: Session, viewer: Viewer, command: SetSignUp) -> None:
    """Let anyone sign up, or nobody, or who is invited.

    Raises `Forbidden("administrators-only")`, `Conflict("edit-conflict")`.
    """
    check_administrator(viewer)
    newest = queries.current_version(session, SIGN_UP, "")
    closed = BY_INVITATION if command.by_invitation else CLOSED
    text = "" if command.open else closed
    if add_version(session, viewer, SIGN_UP, "", text, newest.revision if newest else 0):
        actions = {"": "sign-up-opened", CLOSED: "sign-up-closed", BY_INVITATION: "sign-up-invited"}
        _changed(session, viewer, actions[text], "", command.reason)


def recook_site(session: Session, limit: int) -> int:
    """Renew up to `limit` texts of the site; returns how many it were. 0 when all are renewed."""
    rows = session.scalars(of_other_renderers(SiteVersion, limit)).all()
    for row in rows:
        _render(row)
    return len(rows)


def add_version(session: Session, viewer: Viewer, kind: str, language: str, text: str, revision: int) -> bool:
    """Add a version after the one with this revision; returns whether it differs from that.

    Raises `Conflict("edit-conflict")` if that is no longer the newest.
    """
    newest = queries.current_version(session, kind, language)
    current = newest.revision if newest else 0
    if current != revision:
        raise _conflict(text, newest)
    if text == (newest.text if newest else ""):
        return False
    row = SiteVersion(
        kind=kind,
        language=language,
        revision=current + 1,
        text=text,
        by_id=writer(viewer),
        at=clock.now(),
    )
    _render(row)
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:  # another transaction was faster
        raise _conflict(text, queries.current_version(session, kind, language)) from None
    return True


def _render(row: SiteVersion) -> None:
    set_cooked(row, row.text if row.kind in MARKDOWN_KINDS else "", row.language or "en")


def _conflict(yours: str, newest: SiteVersion | None) -> Conflict:
    theirs, revision = (newest.text, newest.revision) if newest else ("", 0)
    return Conflict("edit-conflict", data={"yours": yours, "theirs": theirs, "revision": revision})


def _changed(session: Session, viewer: Viewer, action: str, language: str, reason: str) -> None:
    append_event(session, SiteChanged(site=queries.site_state(session, with_html=False)))
    session.add(new_decision(Decision, viewer.person_id, action, "site", language, reason))
