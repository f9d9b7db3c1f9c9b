"""What administrators read: categories in all their languages, and the log of decisions about them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.administration import LogEntry, PublicUse
from contracts.categories import CategoryDetails
from contracts.common import Cursor, Page, PageSize
from core.audience import PUBLIC, Viewer
from core.category_rows import in_order
from core.decisions import decisions
from services.forum.tables import Category, Decision
from services.shared.administration import PUBLIC_ACTS, log_page, public_page
from services.shared.authorisation import check_reads_administration
from services.shared.categories import details
from services.shared.cursors import position


def category_details(session: Session, viewer: Viewer) -> list[CategoryDetails]:
    """All categories but those of groups, who look after their own. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    return [
        details(row, row.texts, row.official)
        for row in session.scalars(in_order(Category, Category.audience == PUBLIC))
    ]


def administration_log(
    session: Session, viewer: Viewer, item: str | None, after: Cursor | None, limit: PageSize
) -> Page[LogEntry]:
    """Decisions about categories, newest first. Raises `Forbidden("administrators-only")`, `cursor-shape`."""
    check_reads_administration(viewer)
    return log_page(decisions(session, Decision, item, position(after), limit), limit)


def public_administration(
    session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[PublicUse]:
    """What everybody may know of the decisions about categories, newest first. Raises `cursor-shape`."""
    return public_page(decisions(session, Decision, None, position(after), limit, PUBLIC_ACTS), limit)
