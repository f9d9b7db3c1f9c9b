"""/admin: what there is, and the log of administrators' decisions."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template, request

from contracts.administration import LogEntry
from contracts.common import Page
from gateway.concurrency import load_people
from gateway.request_context import services, viewer

blueprint = Blueprint("admin", __name__)

LATEST, ENTRIES = 5, 50

OF_PEOPLE = frozenset({"role-granted", "role-revoked"})
"""The decisions whose `item` is a person."""


@blueprint.get("/admin")
def overview() -> str:
    return render_template("administration/overview.html", entries=_entries(None, LATEST))


@blueprint.get("/admin/log")
def log() -> str:
    return render_template("administration/log.html", entries=_entries(request.args.get("after"), ENTRIES))


def load_named(entries: Iterable[LogEntry]) -> None:
    """Load the people whom these entries name."""
    named = [(entry.by_id, entry.item if entry.action in OF_PEOPLE else None) for entry in entries]
    load_people(*(one for pair in named for one in pair))


def _entries(after: str | None, limit: int) -> Page[LogEntry]:
    entries = services().people.administration_log(viewer(), None, after, limit)
    load_named(entries.items)
    return entries
