"""`space rebuild`. It reads the producers' stores directly, whether the services run or not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Protocol

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Fetch
from bus.eventlog.read import events_after, log_end
from bus.outbox.tasks import Outage
from contracts.common import Recorded
from contracts.errors import Unavailable
from core.database import Database
from core.settings import Settings
from space import wiring


class CannotRebuild(Exception):
    """The service has no data that is derived from other services' logs, or can't be rebuilt now."""


class Bar(Protocol):
    """The part of click's progress bar that is used."""

    length: int | None

    def update(self, n_steps: int) -> None:
        """Advance by a number of events."""


def rebuild_service(settings: Settings, name: str, fresh: bool, bar: Bar) -> int:
    """Rebuild a service's derived tables; returns the number of events. Raises `CannotRebuild`.

    An interrupted rebuild leaves its copy, and the next one continues with it unless `fresh`.
    """
    service = wiring.service_class(name, settings)
    if not service.derived and not service.replicas:
        raise CannotRebuild(f"{name} has only data of its own: restore it from a backup.")
    with ExitStack() as stack:
        live = stack.enter_context(_closing(wiring.migrated_database(settings, name)))
        readers = subscriptions_of(service, live)
        producers = {
            reader.producer: stack.enter_context(_closing(Database(settings.databases[reader.producer])))
            for reader in readers
        }
        total = sum(_log_end(database) for database in producers.values())
        bar.length = max(total, 1)

        def migrate(database: Database) -> None:
            database.migrate(wiring.migrations(name))
            service.prepare(database)

        rebuild = Rebuild(
            live,
            lambda database: subscriptions_of(service, database),
            migrate,
            {producer: _fetch(producer, database) for producer, database in producers.items()},
            bar.update,
            service.flush,
        )
        if service.derived:
            try:
                rebuild.whole(fresh)
            except (Outage, Unavailable) as error:
                raise CannotRebuild(
                    f"The index can't be written now ({error}). Run it again: it goes on where it stopped."
                ) from error
        else:
            _replicas(settings, name, rebuild, fresh)
        return total


def _replicas(settings: Settings, name: str, rebuild: Rebuild, fresh: bool) -> None:
    file = settings.home / f"rebuild-{name}.sqlite"
    if fresh:
        _delete(settings, name)
    with _closing(Database(f"sqlite:///{file}")) as scratch:
        rebuild.replicas(wiring.service_class(name).replicas, scratch)
    _delete(settings, name)


def _delete(settings: Settings, name: str) -> None:
    for path in settings.home.glob(f"rebuild-{name}.sqlite*"):
        path.unlink()


def _fetch(producer: str, database: Database) -> Fetch:
    def fetch(seq: int, limit: int) -> list[Recorded]:
        with database.reading() as session:
            return events_after(session, producer, seq, limit)

    return fetch


def _log_end(database: Database) -> int:
    with database.reading() as session:
        return log_end(session)


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    try:
        yield database
    finally:
        database.close()
