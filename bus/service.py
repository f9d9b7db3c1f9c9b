"""What every service class is made of: its database, its reads and writes, and what each service answers of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from nameko.extensions import DependencyProvider
from pydantic import AwareDatetime
from sqlalchemy import Table
from sqlalchemy.orm import Session

from bus.entrypoints import call
from bus.eventlog import read as event_log
from bus.eventlog.relay import LogRelay
from bus.ops.fault_points import fault_point
from bus.ops.status import service_status
from bus.outbox.runner import begin_limit
from bus.rpc import idempotency
from bus.rpc.context import enter
from contracts.common import Recorded, ServiceStatus
from core.database import Database
from core.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")


class Resources:
    """What a service has of its own: settings and database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.settings = settings
        self.database = database


class ResourcesProvider(DependencyProvider):  # type: ignore[misc]
    """Hands every worker the room that the composition root put into the container's config, and the caller's context;
    runs the relay of the service's log as long as the service lives."""

    relay = LogRelay()

    def get_dependency(self, worker_ctx: Any) -> Resources:
        room: Resources = self.container.config["resources"]
        return room

    def worker_setup(self, worker_ctx: Any) -> None:
        enter(worker_ctx.data.get("headers", {}))
        begin_limit(worker_ctx)


class Service:
    """Base of the service classes. A method marked `@call` is answered over the bus; one marked `@on(Event)` is handed
    each such event with an open session, and its effect is kept in the same transaction as the
    subscription's cursor. One marked `@task_handler(OutboxTask)` runs what they enqueued, outside of the
    database, after their commit.

    `derived` says that all it keeps follows from others' logs; `replicas` names the tables that do, in a service that
    has a truth of its own as well. `space rebuild` can make these anew.
    """

    name: ClassVar[str]
    derived: ClassVar[bool] = False
    replicas: ClassVar[tuple[Table, ...]] = ()
    resources: Resources = ResourcesProvider()

    def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query on one snapshot."""
        with self.resources.database.reading() as session:
            return query(session, *args, **kwargs)

    def write(self, action: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an action in one transaction; a repeated request (same idempotency key) gets the first one's answer."""
        with self.resources.database.writing() as session:
            answer = idempotency.run_idempotent(session, action, *args, **kwargs)
            fault_point("action.before-commit")
        fault_point("action.after-commit")
        return answer

    @call
    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """Up to `limit` (at most 1000) events of this service's log after `seq`."""
        return self.read(event_log.events_after, self.name, seq, min(max(limit, 1), 1000))

    @call
    def log_end(self) -> int:
        """The newest event's `seq`."""
        return self.read(event_log.log_end)

    @call
    def seq_at(self, moment: AwareDatetime) -> int:
        """The `seq` after which every event of `moment` or later stands."""
        return self.read(event_log.seq_at, moment)

    @call
    def status(self) -> ServiceStatus:
        """This service's store and its place in each log."""
        return self.read(service_status, self.name, self.resources.database.place)
