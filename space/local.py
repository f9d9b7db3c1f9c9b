"""All services in one thread, on the direct transport: for loading the demo, for imports, and for tests.

Events are applied when `LocalSystem.drain` is called, not in the background.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Subscription
from bus.eventlog.read import events_after, log_end
from bus.rpc.client import RpcClient
from bus.rpc.server import DirectCalls
from bus.service import Resources, make_service
from bus.transport.direct import DirectTransport
from contracts.common import Recorded
from core.database import Database
from core.settings import SERVICES, Settings
from gateway.services import NullEventListener
from space.wiring import open_database, service_class, services


class LocalSystem:
    """All services with their databases. `through_codec` is that of `DirectTransport`."""

    def __init__(self, settings: Settings, through_codec: bool = False) -> None:
        self.settings = settings
        self.databases: dict[str, Database] = {name: open_database(settings, name) for name in SERVICES}
        transport = DirectTransport(through_codec)
        self.client = RpcClient(transport)
        for name, database in self.databases.items():
            service = service_class(name, settings)
            make = partial(make_service, service, Resources(settings, database, client=self.client))
            transport.serve(name, DirectCalls(service, make))
        self.services = services(self.client.proxy, NullEventListener())
        # Events of people come first: notify sends notifications of a group's content only to members it knows of.
        self.subscriptions: list[Subscription] = sorted(
            (
                subscription
                for name in SERVICES
                for subscription in subscriptions_of(service_class(name, settings), self.databases[name])
            ),
            key=lambda subscription: SERVICES.index(subscription.producer),
        )

    def unapplied(self) -> int:
        """The number of events that are not applied yet, counted once for each subscription."""
        ends = {name: self._log_end(name) for name in SERVICES}
        return sum(ends[each.producer] - each.offset() for each in self.subscriptions)

    def drain(self, progress: Callable[[int], None] = lambda applied: None) -> int:
        """Apply all events, including those that this causes; returns how many. Calls `progress` with the number of
        each step."""
        total = 0
        while True:
            applied = 0
            for subscription in self.subscriptions:
                step = self._pull(subscription)
                progress(step)
                applied += step
            if not applied:
                return total
            total += applied

    def close(self) -> None:
        """Close every database."""
        for database in self.databases.values():
            database.close()

    def _log_end(self, name: str) -> int:
        with self.databases[name].reading() as session:
            return log_end(session)

    def _pull(self, subscription: Subscription) -> int:
        def fetch(seq: int, limit: int) -> list[Recorded]:
            with self.databases[subscription.producer].reading() as session:
                return events_after(session, subscription.producer, seq, limit)

        before = subscription.offset()
        return subscription.pull(fetch) - before
