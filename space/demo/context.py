"""Writing the demo straight into the stores, through the services' own actions, many to a transaction."""

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
    """One service's actions at any moment of the past; commits each `BATCH` writes and at the end."""

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
        """Run `action` as if it were `moment`."""
        if self._session is None:
            self._session = self._stack.enter_context(self._database.writing())
        with clock.at(moment):
            answer = action(self._session, *args, **kwargs)
        self._writes += 1
        if self._writes % BATCH == 0:
            self.commit()
        return answer

    def commit(self) -> None:
        """Keep what was written so far."""
        self._session = None
        self._stack.pop_all().close()

    def undo(self, error: BaseException) -> None:
        """Forget what was not committed."""
        self._session = None
        self._stack.pop_all().__exit__(type(error), error, error.__traceback__)


@contextmanager
def writing(database: Database) -> Iterator[Writer]:
    """A writer whose rest is committed when the block ends well."""
    writer = Writer(database)
    try:
        yield writer
    except BaseException as error:
        writer.undo(error)
        raise
    writer.commit()


class DemoUsers:
    """The demo's people as viewers, and its groups by slug."""

    def __init__(self, system: LocalSystem) -> None:
        self._system = system
        self.ids: dict[str, str] = {}
        self.roles: dict[str, frozenset[Role]] = {}
        self.languages: dict[str, tuple[str, ...]] = {}
        self.group_ids: dict[str, str] = {}
        self._groups: dict[str, set[str]] = {}
        self._moderates: dict[str, set[str]] = {}

    def join(self, name: str, slug: str, moderator: bool = False) -> None:
        """Note that `name` is in a group, so that their viewer may write there."""
        self._groups.setdefault(name, set()).add(self.group_ids[slug])
        if moderator:
            self._moderates.setdefault(name, set()).add(self.group_ids[slug])

    def viewer(self, name: str) -> Viewer:
        """`name` as the gateway would present them."""
        return Viewer(
            person_id=self.ids[name],
            name=name,
            roles=self.roles.get(name, frozenset()),
            groups=frozenset(self._groups.get(name, ())),
            moderates=frozenset(self._moderates.get(name, ())),
            languages=self.languages.get(name, ("en",)),
        )

    def audience(self, slug: str | None) -> str:
        """The audience of what is written in a group (None: for all)."""
        return f"group:{self.group_ids[slug]}" if slug else "public"


SYSTEM = Viewer(person_id="0" * 16, name="demo", roles=frozenset({"administrator"}))


@dataclass
class DemoContext:
    """One load of the demo: where it writes, its present moment, and the ids of what was written by the content's
    names."""

    system: LocalSystem
    scale: int
    now: datetime
    users: DemoUsers
    topic_ids: dict[str, str] = field(default_factory=dict)
    article_ids: dict[str, str] = field(default_factory=dict)

    def ago(self, days: float) -> datetime:
        """`days` days before now."""
        return self.now - timedelta(days=days)


def progress(items: Sequence[Item], label: str) -> Iterator[Item]:
    """`items` one by one, with a bar on the terminal."""
    with click.progressbar(items, label=f"  {label:<20}") as bar:
        yield from bar
