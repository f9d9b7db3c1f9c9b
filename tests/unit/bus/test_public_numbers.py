"""Public events have a number that tells nothing of the events between them."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from typing import ClassVar

from sqlalchemy import text

from bus.eventlog.append import append_event, append_events, forget_next_seq
from bus.eventlog.read import events_after, public_seq_at, seq_of_public
from contracts.common import Event, Recorded
from core.database import Database
from tests.unit.harness import migrate


class Said(Event):
    type: ClassVar[str] = "alpha.said"
    to: str

    def subject(self) -> str:
        return "alpha/1"

    def audience(self) -> str:
        return self.to


def read(database: Database) -> list[Recorded]:
    with database.reading() as session:
        return events_after(session, "alpha", 0, 100)


def test_public_events_are_counted_alone_in_their_order(database: Database) -> None:
    audiences = ["members", "public", "group:0000000000000000", "public", "public", "members", "public"]
    with database.writing() as session:
        append_events(session, [Said(to=audience) for audience in audiences[:4]])
        append_event(session, Said(to=audiences[4]))
    with database.writing() as session:
        savepoint = session.begin_nested()
        append_event(session, Said(to="public"))
        savepoint.rollback()
        forget_next_seq(session)
        append_events(session, [Said(to=audience) for audience in audiences[5:]])
    found = read(database)
    assert [event.seq for event in found] == [1, 2, 3, 4, 5, 6, 7]
    assert [event.public_seq for event in found] == [None, 1, None, 2, 3, None, 4]
    with database.reading() as session:
        assert [public_seq_at(session, seq) for seq in range(9)] == [0, 0, 1, 1, 2, 3, 3, 4, 4]
        assert [seq_of_public(session, number) for number in range(-1, 7)] == [0, 0, 2, 4, 5, 7, 7, 7]


def test_the_first_event_of_a_transaction_is_numbered_as_any_other(database: Database) -> None:
    for audiences in (
        ["members"],
        ["public"],
        ["members", "public"],
        ["public", "members", "public"],
        ["members"],
    ):
        with database.writing() as session:
            for audience in audiences:
                append_event(session, Said(to=audience))
    # What is rolled back gives its numbers back.
    with suppress(ZeroDivisionError), database.writing() as session:
        append_event(session, Said(to="public"))
        raise ZeroDivisionError
    with database.writing() as session:
        append_event(session, Said(to="public"))
    found = read(database)
    assert [event.seq for event in found] == list(range(1, len(found) + 1))
    public = [event.public_seq for event in found if event.audience == "public"]
    assert public == list(range(1, len(public) + 1))
    assert all(event.public_seq is None for event in found if event.audience != "public")


def test_writers_at_the_same_time_number_their_first_events_in_turns(database: Database) -> None:
    def write(number: int) -> None:
        for _ in range(10):
            with database.writing() as session:
                append_event(session, Said(to=("public", "members")[number % 2]))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    found = read(database)
    assert [event.seq for event in found] == list(range(1, 41))
    assert [event.public_seq for event in found if event.public_seq is not None] == list(range(1, 21))


def test_other_programs_get_that_number_and_no_other(database: Database) -> None:
    with database.writing() as session:
        append_events(session, [Said(to="members"), Said(to="members"), Said(to="public")])
    event = read(database)[2]
    outside = event.public_cloud_event()
    assert outside["sequence"] == "1"
    assert "3" not in json.dumps(
        {name: outside[name] for name in outside.keys() - {"id", "time", "traceparent"}}
    )
    assert Recorded.from_cloud_event(event.cloud_event()) == event


def test_the_events_of_earlier_releases_get_their_numbers(empty_database: Database) -> None:
    migrate(empty_database, "people", "0010")
    with empty_database.writing() as session:
        for seq, audience in enumerate(["public", "members", "public", "public"], 1):
            session.execute(
                text(
                    "INSERT INTO event_log (seq, id, type, version, subject, audience, occurred_at, trace, data)"
                    " VALUES (:seq, :id, 'alpha.said', 1, 'a/1', :audience, '2026-01-01 00:00:00', '', '{}')"
                ),
                {"seq": seq, "id": f"{seq:016}", "audience": audience},
            )
    migrate(empty_database, "people")
    assert [event.public_seq for event in read(empty_database)] == [1, None, 2, 3]
    with empty_database.writing() as session:
        append_event(session, Said(to="public"))
    assert read(empty_database)[-1].public_seq == 4
