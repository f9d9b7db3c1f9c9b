"""What several forms share: the choice of who may read a new text, and the groups that a page names."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from contracts.people import GroupLine
from core.audience import MEMBERS, PUBLIC, group_of
from gateway.concurrency import optional
from gateway.i18n.messages import message
from gateway.request_context import request_context, services, viewer


def groups_of(audiences: Iterable[str]) -> Callable[[], list[GroupLine] | None]:
    """A call for the groups that `audiences` name; it returns None while `people` is unavailable."""
    me, people = viewer(), services().people
    ids = sorted({group for group in map(group_of, audiences) if group})
    return optional("people", lambda: people.groups_by_id(me, ids) if ids else [])


def own_groups() -> Callable[[], list[GroupLine] | None]:
    """A call for the groups that the reader is in."""
    me, people = viewer(), services().people
    ids = sorted(me.groups)
    return optional("people", lambda: people.groups_by_id(me, ids) if ids else [])


def audience_options(groups: list[GroupLine] | None) -> list[tuple[str, str]]:
    """Values and texts of the choice: everyone, signed-in members, each of the reader's groups."""
    lang = request_context().language
    return [
        (PUBLIC, message("space-forum-where-public", lang)),
        (MEMBERS, message("space-forum-where-members", lang)),
        *(
            (line.audience, message("space-forum-where-group", lang, line.name))
            for line in groups or ()
            if not line.archived
        ),
    ]
