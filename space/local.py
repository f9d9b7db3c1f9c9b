"""A whole house without a broker: services called directly, subscriptions fed straight from the logs.

For laying in the demo and imports, and for tests of the gateway. Every argument and answer still takes its wire form,
so what works here works over the bus.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from bus.consumer.runner import subscriptions_of
from bus.consumer.subscription import Subscription
from bus.eventlog.read import events_after, log_end
from bus.rpc.codec import Method, methods_of
from bus.service import Resources, Service
from contracts.common import Recorded
from contracts.errors import SpaceError, from_wire
from core.database import Database
from core.settings import SERVICES, Settings
from gateway.services import NullEventListener
from space.wiring import open_database, rooms, service_class

Api = TypeVar("Api")


class LocalSystem:
    """All six services in this thread. `settle()` lets every event take effect everywhere."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.databases: dict[str, Database] = {name: open_database(settings, name) for name in SERVICES}
        self.services = rooms(self.client, NullEventListener())
        # What people tells comes first: notify tells of a group's content only whom it knows to be in the group.
        self.subscriptions: list[Subscription] = sorted(
            (
                subscription
                for name in SERVICES
                for subscription in subscriptions_of(service_class(name), self.databases[name])
            ),
            key=lambda subscription: SERVICES.index(subscription.producer),
        )

    def client(self, api: type[Api], name: str) -> Api:
        """A service with the methods of `api`, each a direct call."""
        service = service_class(name)()
        service.resources = Resources(self.settings, self.databases[name])
        return cast(Api, _Direct(service, methods_of(cast(Any, api))))

    def unapplied(self) -> int:
        """How many events are not applied yet, counted once for each reader."""
        ends = {name: self._log_end(name) for name in SERVICES}
        return sum(ends[reader.producer] - reader.position() for reader in self.subscriptions)

    def settle(self, moved_by: Callable[[int], None] = lambda moved: None) -> int:
        """Apply every event that is not applied yet, including those that this causes; answers how many moved, and
        tells `moved_by` of each step."""
        total = 0
        while True:
            moved = 0
            for subscription in self.subscriptions:
                step = self._pull(subscription)
                moved_by(step)
                moved += step
            if not moved:
                return total
            total += moved

    def _log_end(self, name: str) -> int:
        with self.databases[name].reading() as session:
            return log_end(session)

    def close(self) -> None:
        """Close every database."""
        for database in self.databases.values():
            database.close()

    def _pull(self, subscription: Subscription) -> int:
        def fetch(seq: int, limit: int) -> list[Recorded]:
            with self.databases[subscription.producer].reading() as session:
                return events_after(session, subscription.producer, seq, limit)

        before = subscription.position()
        return subscription.pull(fetch) - before


class _Direct:
    def __init__(self, service: Service, methods: dict[str, Method]) -> None:
        for name, method in methods.items():
            setattr(self, name, _through_the_wire(getattr(service, name), method))


def _through_the_wire(function: Callable[..., Any], method: Method) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            answer = function(*method.decode_arguments(method.encode_arguments(args, kwargs)))
        except SpaceError as error:
            raise from_wire(error.to_wire()) from None
        return method.decode_answer(method.encode_answer(answer))

    return call
