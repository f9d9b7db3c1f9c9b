"""Replaces a tag in all items of a service, some at a time: as it is in blog, forum and events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bus.entrypoints import task_handler
from bus.outbox.tasks import OutboxTask, enqueue
from contracts.tags import TagReplaced
from core.database import Database
from core.tag_rows import TagRows

BATCH = 50
"""Items that are changed in one transaction: others write between two of them."""


class ReplaceTagTask(OutboxTask):
    """Replace a tag in all items of the service (`into` None: take it off). `items`: how many had it at first that are
    no group's own: those who replace tags may not know of these."""

    kind: ClassVar[str] = "tags.replace"
    change_id: str
    tag: str
    into: str | None
    items: int

    def key(self) -> str:
        return f"replace-tag/{self.change_id}"

    def subject(self) -> str:
        # One subject for all: changes of the same tags follow each other.
        return "site/tags"


@dataclass(frozen=True)
class Tagged:
    """The items of a service with their tags, in one transaction.

    `audience` is that column of theirs. `change` gives these items other tags, by what it is given for the tags of
    each, with their events. `done` appends the event that a change is carried out: its id, and how many items had the
    tag.
    """

    rows: TagRows
    audience: Any
    change: Callable[[Sequence[str], Callable[[list[str]], list[str]]], None]
    done: Callable[[str, int], object]


def begin(session: Any, tagged: Tagged, event: TagReplaced) -> None:
    """Let who writes the tag from now on write its successor, and have the items changed after the commit."""
    into = tagged.rows.note(event.tag, event.into)
    items = tagged.rows.count(event.tag, tagged.audience)
    enqueue(session, ReplaceTagTask(change_id=event.change_id, tag=event.tag, into=into, items=items))


def carry_out(database: Database, tagged_in: Callable[[Any], Tagged], task: ReplaceTagTask) -> None:
    """Change the items, some at a time, until none has the tag; then say so. Carried out again it goes on."""

    def replaced(tags: list[str]) -> list[str]:
        changed = (task.into if tag == task.tag else tag for tag in tags)
        return list(dict.fromkeys(tag for tag in changed if tag is not None))

    ids: list[str] = [""]
    while ids:
        with database.writing() as session:
            tagged = tagged_in(session)
            ids = tagged.rows.some_with(task.tag, BATCH)
            if ids:
                tagged.change(ids, replaced)
            else:
                tagged.done(task.change_id, task.items)


def replaces_tags(tagged_in: Callable[[Any], Tagged]) -> Callable[[Any, ReplaceTagTask, str, int], None]:
    """The handler of the task, of a service with these items."""

    @task_handler(ReplaceTagTask)
    def replace_tag(self: Any, task: ReplaceTagTask, key: str, attempt: int) -> None:
        carry_out(self.resources.database, tagged_in, task)

    return replace_tag


__all__ = ["ReplaceTagTask", "Tagged", "begin", "carry_out", "replaces_tags"]
