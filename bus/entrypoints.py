"""What the methods of a service class are made with: `reads`, `writes` and `@call` for calls, `handles` and `@on` for
events, `@task_handler` for tasks.

A call that only runs a query or an action, and an event that has a handler, need no method of their own::

    class ForumService(Service):
        topics = reads(queries.topics)
        create_topic = writes(actions.create_topic)
        article_published = handles(ArticlePublished, handlers.article_published)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from bus.consumer.runner import On
from bus.outbox.runner import TaskHandler
from bus.outbox.tasks import OutboxTask
from bus.rpc.server import call
from contracts.common import Event, Recorded

if TYPE_CHECKING:
    from bus.service import Service

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Callable[..., Any])
S = TypeVar("S")
T = TypeVar("T", bound=OutboxTask)
HandleTask = Callable[[S, T, str, int], None]


def reads(query: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A call that runs a query on one consistent snapshot."""

    def method(self: Service, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.read(query, *args, **kwargs)

    return call(method)


def writes(action: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Any, P], R]:
    """A call that runs an action in one transaction; see `Service.write`."""

    def method(self: Service, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.write(action, *args, **kwargs)

    return call(method)


def handles(
    event: type[E], handler: Callable[[Session, E, Recorded], None]
) -> Callable[[Any, Session, E, Recorded], None]:
    """A handler of `event`, in the transaction that also moves the subscription's offset."""

    def method(_self: Service, session: Session, event: E, recorded: Recorded) -> None:
        handler(session, event, recorded)

    return on(event)(method)


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


__all__ = ["call", "handles", "on", "reads", "task_handler", "writes"]
