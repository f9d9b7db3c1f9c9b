"""The base of every service class: access to its database, and the calls that all services have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from nameko.extensions import DependencyProvider, SharedExtension
from nameko.timer import timer
from pydantic import AwareDatetime
from sqlalchemy import Table
from sqlalchemy.orm import Session

from bus.entrypoints import call
from bus.eventlog import read as event_log
from bus.eventlog.stale import Publish, publish_stale
from bus.mail.delivery import Mailer
from bus.ops.fault_points import fault_point
from bus.outbox.runner import begin_limit
from bus.outbox.tasks import Outage
from bus.push.delivery import Pusher
from bus.rpc import idempotency
from bus.rpc.client import RpcClient
from bus.rpc.context import enter
from contracts.common import Recorded
from core.database import Database
from core.settings import Settings

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")
S = TypeVar("S", bound="Service")

PURGE_SECONDS = 3600
"""How often expired idempotency keys are deleted."""


class Resources:
    """What an instance of a service class works with: settings and database, what sends its mail and its messages to
    phones, and what calls other services."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        mailer: Mailer | None = None,
        client: RpcClient | None = None,
        pusher: Pusher | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self._mailer = mailer
        self._client = client
        self._pusher = pusher

    def proxy(self, api: type[A], service: str) -> A:
        """What calls another service, outside of transactions: only what its contract opens for this one
        (`contracts.common.also_from`). Raises `Outage` in a process that calls none."""
        if self._client is None:
            raise Outage("this process calls no other service")
        return self._client.proxy(api, service)

    @property
    def mailer(self) -> Mailer:
        """What sends mail. Raises `Outage` in a process that sends none."""
        if self._mailer is None:
            raise Outage("this process sends no mail")
        return self._mailer

    @property
    def pusher(self) -> Pusher:
        """What sends messages to phones. Raises `Outage` in a process that sends none."""
        if self._pusher is None:
            raise Outage("this process sends no messages to phones")
        return self._pusher

    def purge_mail(self) -> None:
        """Delete old mails, where this process keeps any."""
        if self._mailer is not None:
            self._mailer.purge()


class LogPublishing(SharedExtension):  # type: ignore[misc]
    """While the container runs, tells subscribers about new events in the service's log."""

    def setup(self) -> None:
        database = self.container.config["resources"].database
        self._publisher = self.container.config["transport"].log_publisher(
            self.container.service_name, database
        )

    def start(self) -> None:
        self._thread = self.container.spawn_managed_thread(self._publisher.run, identifier="log publisher")

    def stop(self) -> None:
        self._publisher.stop()
        self._thread.wait()

    def kill(self) -> None:
        self._publisher.stop()


class ResourcesProvider(DependencyProvider):  # type: ignore[misc]
    """Gives every worker the service's resources, and enters the context of its caller."""

    log_publishing = LogPublishing()

    def get_dependency(self, worker_ctx: Any) -> Resources:
        resources: Resources = self.container.config["resources"]
        return resources

    def worker_setup(self, worker_ctx: Any) -> None:
        enter(worker_ctx.data.get("headers", {}))
        begin_limit(worker_ctx)


class Service:
    """Base of the service classes.

    A method marked `@call` can be called over the bus. One marked `@on(Event)` handles such events: it gets an open
    session, whose transaction also moves the subscription's offset. One marked `@task_handler(OutboxTask)` carries out
    tasks that actions and handlers enqueued, after their commit.

    `api`: the Protocol of its calls, which says which scope a token needs for each (`contracts.common.needs_scope`).
    `derived`: all tables can be rebuilt from other services' logs. `replicas`: the tables that can, in a service that
    also has data of its own. `space rebuild` rebuilds these. `publishers`: by kind of subject, what publishes an item
    that a migration has changed. `recooks`: each renews up to so many texts whose HTML an earlier renderer made, and
    returns how many it were.
    """

    name: ClassVar[str]
    api: ClassVar[type | None] = None
    derived: ClassVar[bool] = False
    replicas: ClassVar[tuple[Table, ...]] = ()
    publishers: ClassVar[Mapping[str, Publish]] = {}
    recooks: ClassVar[Sequence[Callable[[Session, int], int]]] = ()
    resources: Resources = ResourcesProvider()

    @classmethod
    def prepare(cls, database: Database) -> None:
        """Make a migrated database fit for the service. Raises `SettingsError` for one that never will be."""

    @classmethod
    def flush(cls, database: Database) -> None:
        """Do at once what handlers have put off, in a rebuild: after it nothing of the new copy may be left to do.

        Raises `Unavailable` or `Outage` if that is not possible now: the rebuild can be continued later.
        """

    def read(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query on one consistent snapshot and return its result."""
        with self.resources.database.reading() as session:
            return query(session, *args, **kwargs)

    def read_one(self, query: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query that is a single statement and return its result."""
        with self.resources.database.reading_one() as session:
            return query(session, *args, **kwargs)

    def write(self, action: Callable[Concatenate[Session, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run an action in one transaction and return its result.

        A repeated request, with the same idempotency key, gets the result of the first.
        """
        with self.resources.database.writing() as session:
            result = idempotency.run_idempotent(session, action, *args, **kwargs)
            fault_point("action.before-commit")
        fault_point("action.after-commit")
        return result

    @call
    def events_after(self, seq: int, limit: int) -> list[Recorded]:
        """See `contracts.common.Producer`."""
        return self.read_one(event_log.events_after, self.name, seq, min(max(limit, 1), 1000))

    @call
    def log_end(self) -> int:
        """See `contracts.common.Producer`."""
        return self.read_one(event_log.log_end)

    @call
    def seq_at(self, moment: AwareDatetime) -> int:
        """See `contracts.common.Producer`."""
        return self.read(event_log.seq_at, moment)

    @call
    def public_seq_at(self, seq: int) -> int:
        """See `contracts.common.Producer`."""
        return self.read(event_log.public_seq_at, seq)

    @call
    def seq_of_public(self, public_seq: int) -> int:
        """See `contracts.common.Producer`."""
        return self.read(event_log.seq_of_public, public_seq)

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge_idempotency_keys(self) -> None:
        """Delete expired idempotency keys."""
        with self.resources.database.writing() as session:
            idempotency.purge(session)

    @timer(interval=PURGE_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def purge_mail(self) -> None:
        """Delete mails that were written to a folder long ago."""
        self.resources.purge_mail()

    # At the start, since a migration comes before it.
    @timer(interval=PURGE_SECONDS, eager=True)  # type: ignore[untyped-decorator]
    def publish_migrated(self) -> None:
        """Publish what migrations have changed."""
        published = 1
        while published:
            with self.resources.database.writing() as session:
                published = publish_stale(session, self.publishers)


def make_service(service: type[S], resources: Resources) -> S:
    """An instance of a service class that is used without a container, for calls within this process."""
    made = service()
    made.resources = resources
    return made
