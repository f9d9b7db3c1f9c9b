"""Answers `contracts.own_data.Exporter`, from what a service reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy.orm import Session

from contracts.common import Cursor, Page, PageSize
from contracts.errors import SignInNeeded, invalid
from contracts.own_data import ExportRecord
from core import exporting
from core.audience import Viewer
from core.exporting import Section

ExportOf = Callable[[Session, Viewer, Cursor | None, PageSize], Page[ExportRecord]]


def exporter_of(sections: Sequence[Section]) -> ExportOf:
    """The query by which a service exports these sections. Raises `SignInNeeded`, `cursor-shape`."""
    return partial(_export_of, sections)


def _export_of(
    sections: Sequence[Section], session: Session, viewer: Viewer, after: Cursor | None, limit: PageSize
) -> Page[ExportRecord]:
    if viewer.person_id is None:
        raise SignInNeeded()
    try:
        found, following = exporting.records(session, sections, viewer, after, limit)
    except ValueError:
        raise invalid("after", "cursor-shape") from None
    return Page(items=[ExportRecord(file=file, record=record) for file, record in found], next=following)
