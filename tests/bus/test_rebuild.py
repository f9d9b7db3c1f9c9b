"""Rebuilds: the live copy stays in use, the switch is atomic, and the result equals the live copy."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Table, insert, select

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from core.audience import STRANGER
from core.database import Database
from tests.bus.harness import AlphaService, BetaService, BusHarness, copied, eventually, note
from tests.bus.helpers import copied_by, fetch_from, log_of, migrate, put_back_backup


def rebuild_of(harness: BusHarness, moved: Callable[[int], None] = lambda count: None) -> Rebuild:
    return Rebuild(
        harness.databases["beta"],
        lambda database: subscriptions_of(BetaService, database),
        migrate,
        {"alpha": fetch_from(harness.databases["alpha"])},
        moved,
    )


def read_all(harness: BusHarness) -> None:
    subscriptions_of(BetaService, harness.databases["beta"])[0].pull(fetch_from(harness.databases["alpha"]))


def spoil(harness: BusHarness) -> None:
    with harness.databases["beta"].writing() as session:
        session.execute(copied.delete())


def test_a_rebuild_restores_what_was_lost(harness: BusHarness) -> None:
    log_of(harness.databases["alpha"], "one", "two", "three")
    read_all(harness)
    spoil(harness)
    for _ in range(3):
        rebuild_of(harness).whole()
        assert copied_by(harness) == ["one", "two", "three"]
    log_of(harness.databases["alpha"], "four")
    read_all(harness)
    assert copied_by(harness) == ["one", "two", "three", "four"]


def test_a_rebuild_follows_a_replaced_log(harness: BusHarness) -> None:
    log_of(harness.databases["alpha"], "one", "two", "three")
    read_all(harness)
    put_back_backup(harness, 1)
    log_of(harness.databases["alpha"], "another two")
    rebuild_of(harness).whole()
    read_all(harness)
    assert copied_by(harness) == ["one", "another two"]


def test_an_interrupted_rebuild_continues(harness: BusHarness) -> None:
    log_of(harness.databases["alpha"], *[str(number) for number in range(1500)])
    read_all(harness)

    class Stopped(Exception):
        pass

    seen: list[int] = []

    def stop(count: int) -> None:
        seen.append(count)
        if len(seen) == 2:
            raise Stopped

    with pytest.raises(Stopped):
        rebuild_of(harness, stop).whole()
    assert len(copied_by(harness)) == 1500
    again: list[int] = []
    rebuild_of(harness, again.append).whole()
    assert sum(again) <= 1500 - 500 + 10
    assert copied_by(harness) == [str(number) for number in range(1500)]


def test_a_fresh_rebuild_discards_an_interrupted_one(harness: BusHarness) -> None:
    log_of(harness.databases["alpha"], "one")
    building = rebuild_of(harness)
    with pytest.raises(ZeroDivisionError):
        Rebuild(
            harness.databases["beta"],
            lambda database: [1 / 0],  # type: ignore[list-item]
            migrate,
            {},
            lambda count: None,
        ).whole()
    building.whole(fresh=True)
    assert copied_by(harness) == ["one"]


def test_reads_and_writes_go_on_during_a_rebuild(harness: BusHarness) -> None:
    harness.start()
    for number in range(30):
        harness.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: len(harness.beta.copied(STRANGER)) == 30)
    spoil(harness)
    wanted = [str(number) for number in range(30)]
    stop = threading.Event()
    lengths: list[int] = []

    def write() -> None:
        while not stop.is_set() and len(wanted) < 200:
            text = f"meanwhile {len(wanted)}"
            harness.alpha.note(STRANGER, text, "a")
            wanted.append(text)
            lengths.append(len(harness.beta.copied(STRANGER)))

    writer = threading.Thread(target=write)
    writer.start()
    eventually(lambda: len(wanted) > 40)
    rebuild_of(harness).whole()
    switched_at = len(lengths)
    eventually(lambda: len(lengths) > switched_at + 10)
    stop.set()
    writer.join()
    eventually(lambda: harness.beta.copied(STRANGER) == wanted)
    # After the switch no reader sees fewer rows than before it.
    assert all(length >= 30 for length in lengths[switched_at + 1 :])


def test_the_old_file_is_deleted(harness: BusHarness, tmp_path: Path) -> None:
    log_of(harness.databases["alpha"], "one")
    for _ in range(3):
        rebuild_of(harness).whole()
    assert copied_by(harness) == ["one"]
    if harness.databases["beta"].sqlite:
        left = {path.name for path in tmp_path.glob("beta.sqlite*") if "-" not in path.name}
        assert left == {"beta.sqlite", "beta.sqlite.2"}


def test_replicas_of_a_service_with_data_of_its_own(harness: BusHarness, tmp_path: Path) -> None:
    own: Table = note
    log_of(harness.databases["alpha"], "one", "two")
    read_all(harness)
    with harness.databases["beta"].writing() as session:
        session.execute(insert(own).values(text="its own"))
    spoil(harness)
    log_of(harness.databases["alpha"], "not read yet")
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(harness).replicas([copied], scratch)
    scratch.close()
    # Exactly the events that it has handled; the others follow as usual.
    assert copied_by(harness) == ["one", "two"]
    read_all(harness)
    assert copied_by(harness) == ["one", "two", "not read yet"]
    with harness.databases["beta"].reading() as session:
        assert list(session.execute(select(own.c.text)).scalars()) == ["its own"]


def test_a_service_that_starts_after_the_switch_goes_on(harness: BusHarness) -> None:
    harness.start(AlphaService)
    harness.alpha.note(STRANGER, "one", "a")
    rebuild_of(harness).whole()
    harness.start(BetaService)
    harness.alpha.note(STRANGER, "two", "a")
    eventually(lambda: harness.beta.copied(STRANGER) == ["one", "two"])


def test_a_rebuild_of_replicas_follows_a_replaced_log(harness: BusHarness, tmp_path: Path) -> None:
    log_of(harness.databases["alpha"], "one", "two", "three")
    read_all(harness)
    put_back_backup(harness, 1)
    log_of(harness.databases["alpha"], "another two")
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(harness).replicas([copied], scratch)
    scratch.close()
    log_of(harness.databases["alpha"], "another three")
    read_all(harness)
    assert copied_by(harness) == ["one", "another two", "another three"]
