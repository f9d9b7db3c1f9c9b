"""/admin: what there is, and the log of administrators' decisions, which each service keeps of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from flask import Blueprint, render_template, request

from contracts.administration import LogEntry, PublicUse
from contracts.common import Page
from core import paging
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.request_context import services, viewer

blueprint = Blueprint("admin", __name__)

LATEST, ENTRIES = 5, 50

OF_PEOPLE = frozenset(
    {
        "role-granted",
        "role-revoked",
        "person-renamed",
        "person-vanished",
        "trust-member",
        "trust-new",
        "trust-earned",
    }
)
"""The decisions whose `item` is a person."""

Domain = Literal["people", "news", "talk"]
E = TypeVar("E", LogEntry, PublicUse)


@dataclass(frozen=True)
class Entries:
    """A page of the logs of all services together. `missing`: one of them did not reply."""

    items: Sequence[tuple[Domain, LogEntry]]
    next: str | None
    missing: bool


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


def merged(logs: Sequence[tuple[Domain, Page[E]]], limit: int) -> tuple[list[tuple[Domain, E]], str | None]:
    """The newest `limit` entries of several logs, and the cursor after them, which fits each of the logs."""
    found = [(domain, entry) for domain, page in logs for entry in page.items]
    found.sort(key=lambda one: (one[1].at, one[1].id), reverse=True)
    more = len(found) > limit or any(page.next for _, page in logs)
    last = found[:limit][-1][1] if found else None
    return found[:limit], paging.cursor(last.at, last.id) if last and more else None


def _entries(after: str | None, limit: int) -> Entries:
    me, api = viewer(), services()
    of_people, of_blog, of_forum = run_concurrently(
        lambda: api.people.administration_log(me, None, after, limit),
        optional("blog", lambda: api.blog.administration_log(me, None, after, limit)),
        optional("forum", lambda: api.forum.administration_log(me, None, after, limit)),
    )
    logs: list[tuple[Domain, Page[LogEntry] | None]] = [
        ("people", of_people), ("news", of_blog), ("talk", of_forum)
    ]  # fmt: skip
    items, following = merged([(domain, page) for domain, page in logs if page is not None], limit)
    load_named(entry for _, entry in items)
    return Entries(items, following, missing=of_blog is None or of_forum is None)
