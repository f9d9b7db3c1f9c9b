"""Gives events to the handlers of a service, and contains the errors that they raise."""

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
    """A handler raised; the batch is undone."""


class BatchHandler:
    """A handler of many events of one type at once, which can be given a single one as well."""

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
        """Types whose handlers all take many at once."""
        self._failures = metrics.EVENTS_FAILED.labels(name, producer)

    def handle_run(self, session: Session, run: list[Recorded]) -> None:
        """Give the events of `run`, all of one type, to handlers that take many, and empty it."""
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
        """Run the handlers of one event; returns the error's text, `""` if all went well."""
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
        """Whether a newer release than this one wrote the event."""
        return any(event.version > model.version for model, _ in self._handlers.get(event.type, ()))
