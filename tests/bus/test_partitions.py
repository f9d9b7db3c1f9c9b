"""Several processes of one service share its work, and keep each subject's order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from kombu import Queue
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from bus.consumer.assignment import PartitionAssignment
from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS, partition_of
from bus.consumer.runner import Subscriptions, subscriptions_of
from bus.consumer.subscription import LogMismatch, Subscription
from bus.entrypoints import on
from bus.eventlog.append import append_events
from bus.eventlog.schema import consumer_offset
from bus.transport.amqp.connection import opened
from contracts.common import Recorded
from core.audience import STRANGER
from core.database import Database
from tests import servers
from tests.bus.harness import AlphaService, BetaService, BusHarness, Noted, copied, eventually
from tests.bus.helpers import copied_by, fetch_from, put_back_backup
from tests.chaos import queues

SUBJECTS = [f"s{number}" for number in range(24)]
ODD = frozenset(range(1, PARTITIONS, 2))


class Second(BetaService):
    """A process of beta that records what it handled."""

    handled: ClassVar[list[str]] = []

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        super().noted(session, event, recorded)
        self.handled.append(event.about)


def write(harness: BusHarness, rounds: int) -> None:
    for number in range(rounds):
        with harness.databases["alpha"].writing() as session:
            append_events(session, [Noted(text=f"{about} {number}", about=about) for about in SUBJECTS])


def readers(harness: BusHarness, *partitions: frozenset[int]) -> list[Subscription]:
    made = []
    for mine in partitions:
        (reader,) = subscriptions_of(BetaService, harness.databases["beta"])
        reader.partitions = mine
        made.append(reader)
    return made


def handled_by_all(harness: BusHarness) -> list[tuple[int, str]]:
    with harness.databases["beta"].reading() as session:
        return [(row.seq, row.text) for row in session.execute(select(copied).order_by(copied.c.id))]


def partitions_held(harness: BusHarness, container: str) -> frozenset[int]:
    found = harness.containers[container].extensions
    (runner,) = [extension for extension in found if isinstance(extension, Subscriptions)]
    partitions: frozenset[int] = runner.workers[0].subscription.partitions
    return partitions


def test_each_reads_all_and_handles_its_own(harness: BusHarness) -> None:
    odd, even = readers(harness, ODD, ALL_PARTITIONS - ODD)
    write(harness, 2)
    assert odd.pull(fetch_from(harness.databases["alpha"])) == 48
    texts = copied_by(harness)
    assert texts
    assert all(partition_of(f"note/{text.split()[0]}") in ODD for text in texts)
    even.pull(fetch_from(harness.databases["alpha"]))
    assert sorted(copied_by(harness)) == sorted(
        f"{about} {number}" for about in SUBJECTS for number in (0, 1)
    )


def test_a_process_that_takes_a_partition_over_goes_on_at_its_offset(harness: BusHarness) -> None:
    fetch = fetch_from(harness.databases["alpha"])
    odd, other = readers(harness, ODD, ALL_PARTITIONS)
    write(harness, 2)
    odd.pull(fetch)
    assert other.offset() == 0
    write(harness, 1)
    messages = fetch(48, 100)
    assert other.apply(messages).gap  # the even partitions have not handled the earlier events
    other.pull(fetch)
    assert other.offset() == 72
    assert sorted(seq for seq, _ in handled_by_all(harness)) == list(range(1, 73))


def test_a_partition_that_is_ahead_notices_another_log(harness: BusHarness) -> None:
    fetch = fetch_from(harness.databases["alpha"])
    odd, everything = readers(harness, ODD, ALL_PARTITIONS)
    write(harness, 1)
    odd.pull(fetch)
    put_back_backup(harness, 10)
    write(harness, 1)
    with pytest.raises(LogMismatch):
        everything.pull(fetch)
    assert len(copied_by(harness)) < 24 + len(ODD)


def test_the_status_is_that_of_the_hindmost_partition(harness: BusHarness) -> None:
    harness.start()
    write(harness, 1)
    eventually(lambda: len(harness.beta.copied(STRANGER)) == 24)
    with harness.databases["beta"].writing() as session:
        session.execute(update(consumer_offset).where(consumer_offset.c.partition == 3).values(seq=5))
    assert harness.status("beta").subscriptions[0].offset == 5


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[BusHarness]:
    """The test services on RabbitMQ and PostgreSQL: on SQLite a service has one process."""
    with ExitStack() as stack:
        queues.forget(servers.bus_url(), ["beta"])
        urls = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
        built = BusHarness(servers.bus_url(), urls, tmp_path)
        stack.callback(built.close)
        yield built


def second_process(harness: BusHarness) -> Any:
    Second.handled.clear()
    container = harness.container(Second, harness.databases["beta"])
    harness.containers["second"] = container
    container.start()
    return container


def test_two_processes_share_and_one_takes_over(shared: BusHarness) -> None:
    shared.start()
    second_process(shared)
    eventually(
        lambda: (
            partitions_held(shared, "second") == ODD
            and partitions_held(shared, "beta") == ALL_PARTITIONS - ODD
        )
    )
    write(shared, 4)
    eventually(lambda: len(handled_by_all(shared)) == 96)
    assert {partition_of(f"note/{about}") for about in Second.handled} == ODD
    assert len(Second.handled) == 4 * sum(partition_of(f"note/{about}") in ODD for about in SUBJECTS)
    shared.containers.pop("second").stop()
    write(shared, 2)
    eventually(lambda: len(handled_by_all(shared)) == 144)
    assert sorted(seq for seq, _ in handled_by_all(shared)) == list(range(1, 145))
    in_order = defaultdict(list)
    for seq, text in handled_by_all(shared):
        in_order[text.split()[0]].append(seq)
    assert all(seqs == sorted(seqs) for seqs in in_order.values())


def test_a_queue_that_an_older_release_declared_otherwise_is_declared_again(shared: BusHarness) -> None:
    with opened(servers.bus_url()) as connection:
        Queue("beta.alpha", durable=True)(connection.channel()).declare()
    shared.start()
    shared.alpha.note(STRANGER, "hello", "a")
    eventually(lambda: shared.beta.copied(STRANGER) == ["hello"])
    eventually(lambda: receives(shared))


def receives(harness: BusHarness) -> bool:
    """Whether the broker has a consumer for beta."""
    with opened(servers.bus_url()) as connection:
        queue = connection.channel().queue_declare("beta.alpha", passive=True)
        return bool(queue.consumer_count)


def test_a_service_has_as_many_numbers_as_partitions(shared: BusHarness) -> None:
    shared.start(AlphaService)
    database = shared.databases["beta"]
    assignments = [PartitionAssignment(database) for _ in range(PARTITIONS + 1)]
    for assignment in assignments:
        assignment.refresh()
    assert [assignment.number for assignment in assignments] == [*range(PARTITIONS), None]
    shares = [assignment.refresh() for assignment in assignments]
    assert [len(share) for share in shares] == [1] * PARTITIONS + [0]
    assignments[2].release()
    # PostgreSQL lets go of the number when it notices that the connection is closed.
    eventually(lambda: assignments[-1].refresh() == shares[2])
    for assignment in assignments:
        assignment.release()
    other = PartitionAssignment(shared.databases["alpha"])
    assert other.refresh() == ALL_PARTITIONS  # assignments of another service don't count
    other.release()


def test_a_number_is_released_with_its_connection(shared: BusHarness) -> None:
    database: Database = shared.databases["beta"]
    first, second = PartitionAssignment(database), PartitionAssignment(database)
    first.refresh()
    assert len(second.refresh()) == PARTITIONS // 2
    assert first.connection is not None
    with database.engine.connect() as connection:
        pid = first.connection.connection.driver_connection.get_backend_pid()  # type: ignore[union-attr]
        connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))
    eventually(lambda: second.refresh() == ALL_PARTITIONS)
    with pytest.raises(OperationalError):
        first.refresh()
    assert len(first.refresh()) == PARTITIONS // 2
    first.release()
    second.release()
