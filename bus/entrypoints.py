"""The decorators for methods of a service class: `@call` for calls, `@on` for events, `@task_handler` for tasks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from bus.consumer.runner import On
from bus.outbox.runner import TaskHandler
from bus.outbox.tasks import OutboxTask
from bus.rpc.server import call
from contracts.common import Event

F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S")
T = TypeVar("T", bound=OutboxTask)
HandleTask = Callable[[S, T, str, int], None]


def on(event: type[Event], *, many: bool = False) -> Callable[[F], F]:
    """Mark a method `(self, session, event, recorded) -> None` as a handler of `event`.

    With `many` it is `(self, session, pairs) -> None` and gets a sequence of consecutive events as `(event, recorded)`,
    so that it can write them in one statement. If it raises, it is called again for each event alone.
    """
    decorator: Callable[[F], F] = On.decorator(event, many=many)
    return decorator


def task_handler(task: type[T]) -> Callable[[HandleTask[S, T]], HandleTask[S, T]]:
    """Mark a method `(self, task, key, attempt) -> None` as the handler of an outbox task.

    It runs outside of transactions, and is interrupted after two minutes. `key` is the idempotency key for the
    receiver. `attempt` counts from 1; above 1 the task may have been carried out already (see `bus.outbox.tasks`).
    """
    decorator: Callable[[HandleTask[S, T]], HandleTask[S, T]] = TaskHandler.decorator(task)
    return decorator


__all__ = ["call", "on", "task_handler"]
