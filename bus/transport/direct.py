"""The direct transport: all services in one process, no broker.

A call is a function call in a new greenlet, which runs at once, with the caller's context and the same deadlines and
errors as over a broker. After a commit that appended events, the subscribers of that log are woken, and read the log
themselves.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any

import eventlet
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bus.eventlog.append import may_have_grown
from bus.eventlog.read import log_end
from bus.ops import cpu_time, greenlets
from bus.ops.tracing import current_trace, new_trace, set_trace
from bus.rpc.codec import Method, methods_of
from bus.rpc.context import within
from bus.transport.port import Assignment, CallHandler, EventSink, HandleEvent, NoReply, ServiceAway
from contracts.common import Producer
from contracts.errors import SpaceError, from_wire
from core.database import Database

log = logging.getLogger(__name__)

POLL_SECONDS = 5.0
"""How often the end of a log is read: another process, such as a command of the operator, may have appended to it."""
PAGE_SIZE = 500
CALL_SECONDS = 5.0
GATHER_SECONDS = 0.01
"""The shortest time between two reads of the logs for listeners."""
_PRODUCER = methods_of(Producer)


class DirectTransport:
    """Connects the services of one process.

    With `through_codec` all arguments, results and errors are converted to JSON and back, as over a broker. Tests use
    it to prove that what works here works over a broker too.
    """

    in_process = True

    def __init__(self, through_codec: bool = False) -> None:
        self._handlers: dict[str, CallHandler] = {}
        self._wakers: dict[str, list[Callable[[], None]]] = {}
        self._through_codec = through_codec

    @property
    def connected(self) -> bool:
        """Always true: there is no connection."""
        return True

    def call(self, service: str, method: Method, arguments: Sequence[Any], seconds: float) -> Any:
        """See `Transport.call`. After `seconds` the caller gets `NoReply`; the call itself is not interrupted."""
        handler = self._handlers.get(service)
        if handler is None:
            raise ServiceAway
        handle = partial(self._handle, handler, method, arguments)
        outcomes: list[tuple[Any, SpaceError | None]] = []
        greenlets.give_way()
        thread = greenlets.start(copy_context().run, _keep_outcome, handle, outcomes)
        with eventlet.Timeout(seconds, False):
            thread.wait()
        if not outcomes:
            raise NoReply
        result, error = outcomes[0]
        if error is not None:
            raise error
        return result

    def serve(self, service: str, handler: CallHandler) -> _Serving:
        """See `Transport.serve`. Calls are handled from now on, even before the returned object runs."""
        self._handlers[service] = handler
        return _Serving(partial(self._forget_handler, service, handler))

    def log_publisher(self, service: str, database: Database) -> _LogPublisher:
        """See `Transport.log_publisher`."""
        return _LogPublisher(database, partial(self._wake_subscribers, service))

    def event_source(
        self, service: str, sinks: Mapping[str, EventSink], assignment: Assignment
    ) -> _EventSource:
        """See `Transport.event_source`. No messages are delivered; instead the sinks are woken to read the log."""
        return _EventSource(self, sinks)

    def event_listener(self, producers: Sequence[str], handle: HandleEvent) -> _EventListener:
        """See `Transport.event_listener`."""
        return _EventListener(self, producers, handle)

    def subscribe(self, producer: str, wake: Callable[[], None]) -> Callable[[], None]:
        """Have `wake` called after each commit that appends to the producer's log; returns a function that ends it."""
        wakers = self._wakers.setdefault(producer, [])
        wakers.append(wake)

        def end() -> None:
            if wake in wakers:
                wakers.remove(wake)

        return end

    def close(self) -> None:
        """There is nothing to close."""

    def _forget_handler(self, service: str, handler: CallHandler) -> None:
        if self._handlers.get(service) is handler:
            del self._handlers[service]

    def _wake_subscribers(self, producer: str) -> None:
        for wake in list(self._wakers.get(producer, ())):
            wake()

    def _handle(self, handler: CallHandler, method: Method, arguments: Sequence[Any]) -> Any:
        if not self._through_codec:
            return handler.handle_call(method.name, arguments)
        try:
            sent = method.encode_arguments(arguments)
            result = handler.handle_call(method.name, method.decode_arguments(sent))
        except SpaceError as error:
            raise from_wire(error.to_wire()) from None
        return method.decode_result(method.encode_result(result))


def _keep_outcome(handle: Callable[[], Any], outcomes: list[tuple[Any, SpaceError | None]]) -> None:
    cpu_time.go_on()
    if not current_trace():
        set_trace(new_trace())
    try:
        outcomes.append((handle(), None))
    except SpaceError as error:
        outcomes.append((None, error))


class _Runner:
    """Base of objects whose `run` only waits to be stopped."""

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def run(self) -> None:
        """Wait for `stop`."""
        self._stopped.wait()

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped.set()


class _Serving(_Runner):
    connected = True

    def __init__(self, forget: Callable[[], None]) -> None:
        super().__init__()
        self._forget = forget

    def stop(self) -> None:
        """Handle no more calls."""
        self._forget()
        super().stop()


class _LogPublisher(_Runner):
    """Wakes the subscribers of one log: after commits of this process, and when the log has grown otherwise."""

    def __init__(self, database: Database, wake: Callable[[], None]) -> None:
        super().__init__()
        self._database = database
        self._wake = wake
        database.after_commit.append(self._after_commit)

    def run(self) -> None:
        """Read the end of the log every `POLL_SECONDS` until stopped."""
        known = -1
        while not self._stopped.wait(POLL_SECONDS):
            try:
                with self._database.reading() as session:
                    end = log_end(session)
            except SQLAlchemyError as error:
                log.debug("the end of the log can't be read: %s", error)
                continue
            if end != known:
                known = end
                self._wake()

    def stop(self) -> None:
        """Stop waking subscribers."""
        if self._after_commit in self._database.after_commit:
            self._database.after_commit.remove(self._after_commit)
        super().stop()

    def _after_commit(self, session: Session) -> None:
        if may_have_grown(session):
            self._wake()


class _EventSource(_Runner):
    connected = True

    def __init__(self, transport: DirectTransport, sinks: Mapping[str, EventSink]) -> None:
        super().__init__()
        self._transport = transport
        self._sinks = sinks

    def run(self) -> None:
        """Have the sinks woken until stopped, after each commit that appends to their producer's log."""
        ends = [
            self._transport.subscribe(producer, sink.schedule_pull) for producer, sink in self._sinks.items()
        ]
        super().run()
        for end in ends:
            end()

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """Does nothing: there are no messages."""


class _EventListener:
    """Reads new events from the producers' logs each time one has grown."""

    def __init__(self, transport: DirectTransport, producers: Sequence[str], handle: HandleEvent) -> None:
        self._transport = transport
        self._handle = handle
        self._offsets: dict[str, int | None] = dict.fromkeys(producers)
        self._grown: set[str] = set()
        self._woken = threading.Event()
        self._stopping = False
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Listen for events after the current ends of the logs, in a background thread."""
        self._ends = [
            self._transport.subscribe(producer, partial(self._note, producer)) for producer in self._offsets
        ]
        self._read(list(self._offsets))
        threading.Thread(target=self._run, name="event-listener", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._stopping = True
        for end in self._ends:
            end()
        self._woken.set()

    def _note(self, producer: str) -> None:
        self._grown.add(producer)
        self._woken.set()

    def _run(self) -> None:
        while not self._stopping:
            self._woken.wait()
            self._woken.clear()
            if not self._stopping:
                grown, self._grown = self._grown, set()
                self._read(grown)
                # What is written in quick succession is read together.
                eventlet.sleep(GATHER_SECONDS)

    def _read(self, producers: Iterable[str]) -> None:
        for producer in producers:
            try:
                self._offsets[producer] = self._read_log(producer, self._offsets[producer])
            except (SpaceError, ServiceAway, NoReply) as error:
                self._grown.add(producer)  # to be read with the next one that grows
                log.warning("the log of %s can't be read for listeners: %r", producer, error)

    def _read_log(self, producer: str, offset: int | None) -> int:
        if offset is None:
            end: int = self._call(producer, "log_end")
            return end
        while events := self._call(producer, "events_after", offset, PAGE_SIZE):
            for event in events:
                offset = event.seq
                self._hand_over(event)
        return offset

    def _hand_over(self, event: Any) -> None:
        try:
            self._handle(event)
        except Exception:
            log.exception("a listener failed at %s", event.type)

    def _call(self, producer: str, method: str, *arguments: Any) -> Any:
        with within(CALL_SECONDS):
            return self._transport.call(producer, _PRODUCER[method], arguments, CALL_SECONDS)
