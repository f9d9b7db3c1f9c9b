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

from bus.consumer.assignment import Seat
from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS, partition_of
from bus.consumer.runner import Subscriptions, subscriptions_of
from bus.consumer.subscription import LogMismatch, Subscription
from bus.container import create_container
from bus.entrypoints import on
from bus.eventlog.append import append_events
from bus.eventlog.schema import cursor
from bus.transport.amqp import opened
from contracts.common import Recorded
from core.audience import STRANGER
from core.database import Database
from tests import servers
from tests.bus.test_safety import fetch_from, heard_by, put_back_backup
from tests.bus.toy import AlphaService, BetaService, Noted, Street, eventually, heard
from tests.chaos import queues

SUBJECTS = [f"s{number}" for number in range(24)]
ODD = frozenset(range(1, PARTITIONS, 2))


class Second(BetaService):
    """A process of beta's that remembers what it handled."""

    handled: ClassVar[list[str]] = []

    @on(Noted)
    def noted(self, session: Session, event: Noted, recorded: Recorded) -> None:
        super().noted(session, event, recorded)
        self.handled.append(event.about)


def write(street: Street, rounds: int) -> None:
    for number in range(rounds):
        with street.databases["alpha"].writing() as session:
            append_events(session, [Noted(text=f"{about} {number}", about=about) for about in SUBJECTS])


def readers(street: Street, *lanes: frozenset[int]) -> list[Subscription]:
    made = []
    for mine in lanes:
        (reader,) = subscriptions_of(BetaService, street.databases["beta"])
        reader.lanes = mine
        made.append(reader)
    return made


def effects(street: Street) -> list[tuple[int, str]]:
    with street.databases["beta"].reading() as session:
        return [(row.seq, row.text) for row in session.execute(select(heard).order_by(heard.c.id))]


def lanes_held(street: Street, container: str) -> frozenset[int]:
    found = street.containers[container].extensions
    (runner,) = [extension for extension in found if isinstance(extension, Subscriptions)]
    lanes: frozenset[int] = runner._workers[0].subscription.lanes
    return lanes


def test_each_reads_all_and_handles_its_own(street: Street) -> None:
    odd, even = readers(street, ODD, ALL_PARTITIONS - ODD)
    write(street, 2)
    assert odd.pull(fetch_from(street.databases["alpha"])) == 48
    texts = heard_by(street)
    assert texts
    assert all(partition_of(f"note/{text.split()[0]}") in ODD for text in texts)
    even.pull(fetch_from(street.databases["alpha"]))
    assert sorted(heard_by(street)) == sorted(f"{about} {number}" for about in SUBJECTS for number in (0, 1))


def test_who_takes_a_lane_over_goes_on_where_it_stands(street: Street) -> None:
    fetch = fetch_from(street.databases["alpha"])
    odd, other = readers(street, ODD, ALL_PARTITIONS)
    write(street, 2)
    odd.pull(fetch)
    assert other.place().seq == 0
    write(street, 1)
    messages = fetch(48, 100)
    assert other.apply(messages).gap  # the even lanes lack what came before
    other.pull(fetch)
    assert other.place().seq == 72
    assert sorted(seq for seq, _ in effects(street)) == list(range(1, 73))


def test_a_lane_that_is_ahead_notices_another_log(street: Street) -> None:
    fetch = fetch_from(street.databases["alpha"])
    odd, everything = readers(street, ODD, ALL_PARTITIONS)
    write(street, 1)
    odd.pull(fetch)
    put_back_backup(street, 10)
    write(street, 1)
    with pytest.raises(LogMismatch):
        everything.pull(fetch)
    assert len(heard_by(street)) < 24 + len(ODD)


def test_the_status_is_that_of_the_hindmost_lane(street: Street) -> None:
    street.start()
    write(street, 1)
    eventually(lambda: len(street.beta.heard(STRANGER)) == 24)
    with street.databases["beta"].writing() as session:
        session.execute(update(cursor).where(cursor.c.lane == 3).values(seq=5))
    assert street.beta.status().subscriptions[0].cursor == 5


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Street]:
    """RabbitMQ and PostgreSQL: on SQLite a service has one process."""
    with ExitStack() as stack:
        queues.forget(servers.bus_url(), ["beta"])
        urls = {name: stack.enter_context(servers.fresh_database()) for name in ("alpha", "beta")}
        built = Street(servers.bus_url(), urls, tmp_path)
        stack.callback(built.close)
        yield built


def second_process(street: Street) -> Any:
    Second.handled.clear()
    container = create_container(Second, street.settings, street.databases["beta"], street.caller)
    street.containers["second"] = container
    container.start()
    return container


def test_two_processes_share_and_one_takes_over(shared: Street) -> None:
    shared.start()
    second_process(shared)
    eventually(
        lambda: lanes_held(shared, "second") == ODD and lanes_held(shared, "beta") == ALL_PARTITIONS - ODD
    )
    write(shared, 4)
    eventually(lambda: len(effects(shared)) == 96, 20)
    assert {partition_of(f"note/{about}") for about in Second.handled} == ODD
    assert len(Second.handled) == 4 * sum(partition_of(f"note/{about}") in ODD for about in SUBJECTS)
    shared.containers.pop("second").stop()
    write(shared, 2)
    eventually(lambda: len(effects(shared)) == 144, 20)
    assert sorted(seq for seq, _ in effects(shared)) == list(range(1, 145))
    in_order = defaultdict(list)
    for seq, text in effects(shared):
        in_order[text.split()[0]].append(seq)
    assert all(seqs == sorted(seqs) for seqs in in_order.values())


def test_a_queue_that_an_older_release_declared_otherwise_is_made_anew(shared: Street) -> None:
    with opened(servers.bus_url()) as connection:
        Queue("beta.alpha", durable=True)(connection.channel()).declare()
    shared.start()
    shared.alpha.note(STRANGER, "hello", "a")
    eventually(lambda: shared.beta.heard(STRANGER) == ["hello"])
    eventually(lambda: hears(shared))


def hears(street: Street) -> bool:
    """Whether the broker has a consumer for beta."""
    with opened(servers.bus_url()) as connection:
        queue = connection.channel().queue_declare("beta.alpha", passive=True)
        return bool(queue.consumer_count)


def test_a_database_has_seats_for_so_many(shared: Street) -> None:
    shared.start(AlphaService)
    database = shared.databases["beta"]
    seats = [Seat(database) for _ in range(PARTITIONS + 1)]
    for seat in seats:
        seat.look()
    assert [seat.number for seat in seats] == [*range(PARTITIONS), None]
    shares = [seat.look() for seat in seats]
    assert [len(share) for share in shares] == [1] * PARTITIONS + [0]
    seats[2].leave()
    assert seats[-1].look() == shares[2]
    for seat in seats:
        seat.leave()
    other = Seat(shared.databases["alpha"])
    assert other.look() == ALL_PARTITIONS  # another service's seats are its own
    other.leave()


def test_a_seat_goes_with_its_connection(shared: Street) -> None:
    database: Database = shared.databases["beta"]
    first, second = Seat(database), Seat(database)
    first.look()
    assert len(second.look()) == PARTITIONS // 2
    assert first._connection is not None
    with database.engine.connect() as connection:
        pid = first._connection.connection.driver_connection.get_backend_pid()  # type: ignore[union-attr]
        connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (pid,))
    eventually(lambda: second.look() == ALL_PARTITIONS)
    with pytest.raises(OperationalError):
        first.look()
    assert len(first.look()) == PARTITIONS // 2
    first.leave()
    second.leave()
