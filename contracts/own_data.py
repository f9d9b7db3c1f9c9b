"""What a person takes along: all that each service stores of them."""

from __future__ import annotations

from typing import Any, Protocol

from contracts.common import Cursor, Page, PageSize, View, also_silenced, safe
from core.audience import Viewer


class ExportRecord(View):
    """One record of a person's own data, and the file that it goes into, without `.json`. Times are RFC 3339."""

    file: str
    record: dict[str, Any]


class Exporter(Protocol):
    """The call of each service that stores anything of people."""

    @safe
    def export_of(self, viewer: Viewer, after: Cursor | None, limit: PageSize) -> Page[ExportRecord]:
        """The viewer's own data, one file after the other. Raises `SignInNeeded`."""


class ExportsCounted(Protocol):
    """The call of people by which an export begins."""

    @also_silenced
    def begin_export(self, viewer: Viewer) -> None:
        """Count an export, and tell the person's address of it. Raises `TooMany("exports-too-many")`."""


__all__ = ["ExportRecord", "Exporter", "ExportsCounted"]
