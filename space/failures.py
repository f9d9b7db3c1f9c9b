"""`space parked`: lists, retries and drops failed events and outbox tasks.

It works on the stores, whether the services run or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from bus.outbox.tasks import notify_runners
from bus.retry.queue import FAILED_EVENTS, OUTBOX_TASKS, Failure, RetryQueue
from core.database import Database
from core.settings import SERVICES, Settings


def failed_events(settings: Settings) -> list[tuple[str, Failure]]:
    """The first failed event of each subject, with the service whose handler failed."""
    return _failures(settings, FAILED_EVENTS)


def failed_tasks(settings: Settings) -> list[tuple[str, Failure]]:
    """Every outbox task that failed and is not done, with its service."""
    return _failures(settings, OUTBOX_TASKS)


def retry(settings: Settings, subject: str | None) -> tuple[int, int]:
    """Make what failed of `subject` (None: everything) due now. Returns the numbers of subjects and of tasks."""
    events = tasks = 0
    for _, database in _databases(settings):
        with database.writing() as session:
            events += FAILED_EVENTS.retry(session, subject)
            tasks += OUTBOX_TASKS.retry(session, subject)
            notify_runners(session)
    return events, tasks


def drop(settings: Settings, subject: str, reason: str) -> tuple[int, int]:
    """Give up the failed events and tasks of `subject`, and log who did it and why. Returns the numbers of both."""
    events = tasks = 0
    for service, database in _databases(settings):
        with database.writing() as session:
            events += FAILED_EVENTS.drop(session, service, subject, reason)
            tasks += OUTBOX_TASKS.drop(session, service, subject, reason)
            notify_runners(session)
    return events, tasks


def _failures(settings: Settings, queue: RetryQueue) -> list[tuple[str, Failure]]:
    found = []
    for service, database in _databases(settings):
        with database.reading() as session:
            found += [(service, failure) for failure in queue.failures(session)]
    return found


def _databases(settings: Settings) -> Iterator[tuple[str, Database]]:
    for service in SERVICES:
        with closing(Database(settings.databases[service])) as database:
            yield service, database
