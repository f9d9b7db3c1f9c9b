"""Reads of the tags that administrators replaced."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.tags import OWNERS, TagChange
from core.audience import Viewer
from services.people.tag_tables import FormerTag, TagChangeRow
from services.shared.authorisation import check_reads_administration
from services.shared.views import view_of


def tag_changes(session: Session, viewer: Viewer, limit: int) -> list[TagChange]:
    """The newest changes. Raises `Forbidden("administrators-only")`."""
    check_reads_administration(viewer)
    newest = select(TagChangeRow).order_by(TagChangeRow.at.desc(), TagChangeRow.id.desc())
    return [
        view_of(
            TagChange,
            row,
            into=row.tag_into,
            pending=[owner for owner in OWNERS if owner not in row.done],
            items=sum(row.done.values()),
        )
        for row in session.scalars(newest.limit(min(max(limit, 1), 100)))
    ]


def tag_now(session: Session, viewer: Viewer, tag: str) -> str | None:
    """The tag that this one was replaced by, if it was."""
    return session.scalar(select(FormerTag.now).where(FormerTag.tag == tag[:40]))
