"""Calls a service's event handlers, and keeps their errors from other events."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from bus.eventlog.append import forget_next_seq
from bus.ops import metrics
from bus.ops.fault_points import fault_point
from bus.ops.tracing import current_trace, set_trace
from contracts.common import Event, Recorded
from contracts.reading import read_event
from core.outages import outage_of

Handler = Callable[[Session, Any, Recorded], None]
Handlers = Mapping[str, Sequence[tuple[type[Event], Handler]]]
"""By event type."""


class HandlerFailed(Exception):
    """A handler raised an error other than an outage of the database."""


class BatchHandler:
    """A handler that takes several events of one type at once; called as an ordinary handler it gets one."""

    def __init__(self, handle_all: Callable[[Session, Sequence[tuple[Any, Recorded]]], None]) -> None:
        self.handle_all = handle_all

    def __call__(self, session: Session, event: Any, recorded: Recorded) -> None:
        self.handle_all(session, [(event, recorded)])


class Dispatcher:
    """The handlers of one producer's events."""

    def __init__(self, name: str, producer: str, handlers: Handlers) -> None:
        self._handlers = handlers
        self.types = frozenset(handlers)
        self.many = {
            type_ for type_, each in handlers.items() if all(isinstance(h, BatchHandler) for _, h in each)
        }
        """The event types of which all handlers are batch handlers."""
        self._failures = metrics.EVENTS_FAILED.labels(name, producer)

    def handle_run(self, session: Session, run: list[Recorded]) -> None:
        """Call the batch handlers with the events of `run`, all of one type, and empty the list.

        Raises `HandlerFailed`, or the error of the database in an outage.
        """
        if not run:
            return
        fault_point("handler.before-handling")
        outer_trace = current_trace()
        set_trace(run[0].trace)
        try:
            for model, handler in self._handlers[run[0].type]:
                assert isinstance(handler, BatchHandler)
                handler.handle_all(session, [(read_event(event, model), event) for event in run])
            session.flush()
        except Exception as error:
            if outage_of(error):
                raise
            raise HandlerFailed from error
        finally:
            set_trace(outer_trace)
            run.clear()

    def handle(self, session: Session, event: Recorded, with_savepoint: bool) -> str:
        """Call the handlers of one event.

        With a savepoint a failure undoes only this event's effects, and the text of the error is returned (`""` for
        success). Without one `HandlerFailed` is raised. An outage of the database is always raised.
        """
        handlers = self._handlers.get(event.type, ())
        if not handlers:
            return ""
        fault_point("handler.before-handling")
        outer_trace = current_trace()
        set_trace(event.trace)
        try:
            if not with_savepoint:
                self._run(session, handlers, event)
                return ""
            try:
                with session.begin_nested():
                    self._run(session, handlers, event)
                return ""
            except HandlerFailed as failure:
                forget_next_seq(session)
                self._failures.inc()
                return repr(failure.__cause__)[:2000]
        finally:
            set_trace(outer_trace)

    @staticmethod
    def _run(session: Session, handlers: Sequence[tuple[type[Event], Handler]], event: Recorded) -> None:
        for model, handler in handlers:
            try:
                handler(session, read_event(event, model), event)
                session.flush()
            except Exception as error:
                if outage_of(error):
                    raise
                raise HandlerFailed from error

    def is_newer(self, event: Recorded) -> bool:
        """Whether a newer release wrote the event: its version is higher than that of the model here."""
        return any(event.version > model.version for model, _ in self._handlers.get(event.type, ()))
