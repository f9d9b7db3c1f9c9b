"""What administrators read: categories in all their languages, and the log of decisions about them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.categories import CategoryDetails
from core.audience import Viewer
from core.category_rows import in_order
from core.decisions import decisions
from services.blog.tables import Category, Decision
from services.shared.administration import Log
from services.shared.authorisation import check_reads_administration
from services.shared.categories import details


def category_details(session: Session, viewer: Viewer) -> list[CategoryDetails]:
    """All categories. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    return [details(row, row.texts) for row in session.scalars(in_order(Category))]


_LOG = Log(decisions, Decision)
administration_log = _LOG.for_administrators
public_administration = _LOG.for_everybody
