"""A rebuild serves meanwhile, switches in one step, and comes to what the live copy is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Table, insert, select

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.eventlog.schema import metadata as bus_tables
from core.audience import STRANGER
from core.database import Database
from tests.bus.test_safety import fetch_from, heard_by, log_of, put_back_backup
from tests.bus.toy import AlphaService, BetaService, Street, eventually, heard, note, tables


def migrate(database: Database) -> None:
    with database.engine.begin() as connection:
        bus_tables.create_all(connection)
        tables.create_all(connection)


def rebuild_of(street: Street, moved: Callable[[int], None] = lambda count: None) -> Rebuild:
    return Rebuild(
        street.databases["beta"],
        lambda database: subscriptions_of(BetaService, database),
        migrate,
        {"alpha": fetch_from(street.databases["alpha"])},
        moved,
    )


def read_all(street: Street) -> None:
    subscriptions_of(BetaService, street.databases["beta"])[0].pull(fetch_from(street.databases["alpha"]))


def spoil(street: Street) -> None:
    with street.databases["beta"].writing() as session:
        session.execute(heard.delete())


def test_a_rebuild_brings_back_what_was_lost(street: Street) -> None:
    log_of(street.databases["alpha"], "one", "two", "three")
    read_all(street)
    spoil(street)
    for _ in range(3):
        rebuild_of(street).whole()
        assert heard_by(street) == ["one", "two", "three"]
    log_of(street.databases["alpha"], "four")
    read_all(street)
    assert heard_by(street) == ["one", "two", "three", "four"]


def test_a_rebuild_heals_a_replaced_log(street: Street) -> None:
    log_of(street.databases["alpha"], "one", "two", "three")
    read_all(street)
    put_back_backup(street, 1)
    log_of(street.databases["alpha"], "another two")
    rebuild_of(street).whole()
    read_all(street)
    assert heard_by(street) == ["one", "another two"]


def test_a_stopped_rebuild_goes_on_where_it_was(street: Street) -> None:
    log_of(street.databases["alpha"], *[str(number) for number in range(1500)])
    read_all(street)

    class Stopped(Exception):
        pass

    seen: list[int] = []

    def stop(count: int) -> None:
        seen.append(count)
        if len(seen) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        rebuild_of(street, stop).whole()
    assert len(heard_by(street)) == 1500
    again: list[int] = []
    rebuild_of(street, again.append).whole()
    assert sum(again) <= 1500 - 500 + 10
    assert heard_by(street) == [str(number) for number in range(1500)]


def test_a_fresh_rebuild_forgets_what_a_stopped_one_built(street: Street) -> None:
    log_of(street.databases["alpha"], "one")
    building = rebuild_of(street)
    with pytest.raises(ZeroDivisionError):
        Rebuild(
            street.databases["beta"],
            lambda database: [1 / 0],  # type: ignore[list-item]
            migrate,
            {},
            lambda count: None,
        ).whole()
    building.whole(fresh=True)
    assert heard_by(street) == ["one"]


def test_a_running_service_serves_and_writes_go_on(street: Street) -> None:
    street.start()
    for number in range(30):
        street.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: len(street.beta.heard(STRANGER)) == 30)
    spoil(street)
    wanted = [str(number) for number in range(30)]
    stop = threading.Event()
    lengths: list[int] = []

    def write() -> None:
        while not stop.is_set() and len(wanted) < 200:
            text = f"meanwhile {len(wanted)}"
            street.alpha.note(STRANGER, text, "a")
            wanted.append(text)
            lengths.append(len(street.beta.heard(STRANGER)))

    writer = threading.Thread(target=write)
    writer.start()
    eventually(lambda: len(wanted) > 40)
    rebuild_of(street).whole()
    switched_at = len(lengths)
    eventually(lambda: len(lengths) > switched_at + 10)
    stop.set()
    writer.join()
    eventually(lambda: street.beta.heard(STRANGER) == wanted)
    # From the switch on nobody sees less than all that was there before it.
    assert all(length >= 30 for length in lengths[switched_at + 1 :])


def test_the_old_file_goes(street: Street, tmp_path: Path) -> None:
    log_of(street.databases["alpha"], "one")
    for _ in range(3):
        rebuild_of(street).whole()
    assert heard_by(street) == ["one"]
    if street.databases["beta"].sqlite:
        left = {path.name for path in tmp_path.glob("beta.sqlite*") if "-" not in path.name}
        assert left == {"beta.sqlite", "beta.sqlite.2"}


def test_replicas_of_a_service_with_a_truth_of_its_own(street: Street, tmp_path: Path) -> None:
    own: Table = note
    log_of(street.databases["alpha"], "one", "two")
    read_all(street)
    with street.databases["beta"].writing() as session:
        session.execute(insert(own).values(text="its own"))
    spoil(street)
    log_of(street.databases["alpha"], "not read yet")
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(street).replicas([heard], scratch)
    scratch.close()
    # Exactly what it has read; the rest comes as ever.
    assert heard_by(street) == ["one", "two"]
    read_all(street)
    assert heard_by(street) == ["one", "two", "not read yet"]
    with street.databases["beta"].reading() as session:
        assert list(session.execute(select(own.c.text)).scalars()) == ["its own"]


def test_a_service_that_starts_after_the_switch_goes_on(street: Street) -> None:
    street.start(AlphaService)
    street.alpha.note(STRANGER, "one", "a")
    rebuild_of(street).whole()
    street.start(BetaService)
    street.alpha.note(STRANGER, "two", "a")
    eventually(lambda: street.beta.heard(STRANGER) == ["one", "two"])


def test_replicas_heal_a_replaced_log(street: Street, tmp_path: Path) -> None:
    log_of(street.databases["alpha"], "one", "two", "three")
    read_all(street)
    put_back_backup(street, 1)
    log_of(street.databases["alpha"], "another two")
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(street).replicas([heard], scratch)
    scratch.close()
    log_of(street.databases["alpha"], "another three")
    read_all(street)
    assert heard_by(street) == ["one", "another two", "another three"]
