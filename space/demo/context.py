"""Writes the demo into the stores by the services' actions, many in each transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, TypeVar

import click
from sqlalchemy.orm import Session

from core import clock
from core.audience import Role, Viewer
from core.database import Database
from space.local import LocalSystem

P = ParamSpec("P")
R = TypeVar("R")
Item = TypeVar("Item")

BATCH = 500


class Writer:
    """Runs actions of one service at given times in the past. Commits after every `BATCH` writes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = ExitStack()
        self._session: Session | None = None
        self._writes = 0

    def __call__(
        self,
        moment: datetime,
        action: Callable[Concatenate[Session, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Run `action` with the clock at `moment` and return its result."""
        if self._session is None:
            self._session = self._stack.enter_context(self._database.writing())
        with clock.at(moment):
            result = action(self._session, *args, **kwargs)
        self._writes += 1
        if self._writes % BATCH == 0:
            self.commit()
        return result

    def commit(self) -> None:
        """Commit what was written so far."""
        self._session = None
        self._stack.pop_all().close()

    def undo(self, error: BaseException) -> None:
        """Roll back what was not committed."""
        self._session = None
        self._stack.pop_all().__exit__(type(error), error, error.__traceback__)


@contextmanager
def writing(database: Database) -> Iterator[Writer]:
    """A writer that commits at the end of the block, or rolls back if it raises."""
    writer = Writer(database)
    try:
        yield writer
    except BaseException as error:
        writer.undo(error)
        raise
    writer.commit()


class DemoUsers:
    """The demo's people by name, and its groups by slug."""

    def __init__(self, system: LocalSystem) -> None:
        self._system = system
        self.ids: dict[str, str] = {}
        self.roles: dict[str, frozenset[Role]] = {}
        self.languages: dict[str, tuple[str, ...]] = {}
        self.group_ids: dict[str, str] = {}
        self._groups: dict[str, set[str]] = {}
        self._moderates: dict[str, set[str]] = {}

    def join(self, name: str, slug: str, moderator: bool = False) -> None:
        """Add `name` to a group, for `viewer`."""
        self._groups.setdefault(name, set()).add(self.group_ids[slug])
        if moderator:
            self._moderates.setdefault(name, set()).add(self.group_ids[slug])

    def viewer(self, name: str) -> Viewer:
        """The viewer that the gateway would make for `name`."""
        return Viewer(
            person_id=self.ids[name],
            name=name,
            roles=self.roles.get(name, frozenset()),
            groups=frozenset(self._groups.get(name, ())),
            moderates=frozenset(self._moderates.get(name, ())),
            languages=self.languages.get(name, ("en",)),
        )

    def audience(self, slug: str | None) -> str:
        """The audience of a group's content (None: public)."""
        return f"group:{self.group_ids[slug]}" if slug else "public"


SYSTEM = Viewer(person_id="0" * 16, name="demo", roles=frozenset({"administrator"}))


@dataclass
class DemoContext:
    """The state of loading the demo: the system, the current time, and the ids of the topics and articles written so
    far, by their keys in the content."""

    system: LocalSystem
    scale: int
    now: datetime
    users: DemoUsers
    topic_ids: dict[str, str] = field(default_factory=dict)
    article_ids: dict[str, str] = field(default_factory=dict)

    def ago(self, days: float) -> datetime:
        """The time `days` days before `now`."""
        return self.now - timedelta(days=days)


def progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    """Yields `items`, with a progress bar on the terminal."""
    with click.progressbar(items, label=f"  {label:<20}") as bar:
        yield from bar
