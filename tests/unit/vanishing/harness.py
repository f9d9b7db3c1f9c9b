"""All services' databases, between which events are carried as the bus does it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, select

from bus.consumer.runner import handlers_of
from bus.eventlog.read import events_after
from bus.eventlog.schema import metadata
from core.database import Database
from core.settings import SERVICES
from space.wiring import service_class
from tests.unit.harness import migrate, new_database

Cell = tuple[str, str, str, Any]
"""Service, table, column and value."""


class Services:
    """The databases, by the services' names."""

    def __init__(self, databases: dict[str, Database]) -> None:
        self.databases = databases
        self._handled: dict[tuple[str, str], int] = {}

    def carry(self) -> None:
        """Let each service handle all events that it has not handled yet."""
        moved = [""]
        while moved:
            moved = [name for name in SERVICES if self.carry_to(name)]

    def cells(self) -> Iterator[Cell]:
        """What is stored in every column of every row of every table."""
        for name, database in self.databases.items():
            own: MetaData = import_module(f"services.{name}.tables").Base.metadata
            with database.reading() as session:
                for table in (*own.sorted_tables, *metadata.sorted_tables):
                    for row in session.execute(select(*table.c)).mappings():
                        yield from ((name, table.name, column.name, row[column.name]) for column in table.c)

    def carry_to(self, name: str) -> bool:
        """Let a service handle what it has not handled yet; returns whether there was anything."""
        found = False
        for producer, by_type in handlers_of(service_class(name)).items():
            done = self._handled.get((name, producer), 0)
            with self.databases[producer].reading() as session:
                events = events_after(session, producer, done, 1000)
            for event in events:
                for model, handler in by_type.get(event.type, ()):
                    with self.databases[name].writing() as session:
                        handler(session, model.model_validate(event.data), event)
                self._handled[name, producer] = event.seq
                found = True
        return found


@contextmanager
def all_services(kind: str, folder: Path) -> Iterator[Services]:
    """Empty databases of all services, of this kind; the embedded index is on SQLite always."""
    with ExitStack() as stack:
        databases = {}
        for name in SERVICES:
            (folder / name).mkdir()
            store = "sqlite" if name == "search" else kind
            databases[name] = stack.enter_context(new_database(store, folder / name))
            migrate(databases[name], name)
        yield Services(databases)
