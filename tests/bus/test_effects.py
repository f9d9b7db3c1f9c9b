"""Effects outside of the database, in services that run: performed after the commit, once, whatever happens."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import eventlet
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update

from bus.consumer.rebuild import Rebuild
from bus.consumer.runner import subscriptions_of
from bus.container import create_container
from bus.eventlog.schema import effect
from bus.ops.metrics import EFFECTS_BRAKING
from bus.outbox import pause, runner
from bus.outbox import store as store_module
from bus.outbox.migrate import carry_last
from bus.outbox.tasks import Outage, enqueue
from bus.rpc.client import Caller
from contracts.errors import Unavailable
from core.audience import STRANGER
from core.database import Database
from tests.bus.telling import Tell, TellingService, effects_in, receive, texts, told
from tests.bus.test_ops import Ops
from tests.bus.test_rebuild import migrate
from tests.bus.test_safety import fetch_from
from tests.bus.toy import AlphaService, Street, eventually


@pytest.fixture
def outside(street: Street, tmp_path: Path) -> Path:
    """The receiver's file, of a service that is not started yet."""
    TellingService.outside = tmp_path / "outside.txt"
    TellingService.trouble = {}
    TellingService.slowness = 0.0
    TellingService.traces.clear()
    TellingService.at_once.clear()
    TellingService.most_at_once = 0
    return TellingService.outside


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays and pauses in which a test does not fall asleep."""
    monkeypatch.setattr("bus.retry.failed_events.FIRST_DELAY", timedelta(milliseconds=20))
    monkeypatch.setattr(pause, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(pause, "LONGEST_PAUSE", 0.2)
    monkeypatch.setattr(runner, "LOOK_EVERY", 0.1)


def start(street: Street) -> None:
    street.start(AlphaService, TellingService)


def tell(street: Street, text: str, about: str = "note/a") -> None:
    """Ask from outside of the running service, as another of its processes would."""
    with street.databases["beta"].writing() as session:
        enqueue(session, Tell(event_id=text.replace(" ", "-"), text=text, about=about))


def all_done(street: Street) -> bool:
    rows = effects_in(street.databases["beta"])
    return bool(rows) and all(done for _, done, _ in rows)


def test_each_is_performed_once_and_soon_after_the_commit(street: Street, outside: Path) -> None:
    start(street)
    street.alpha.note(STRANGER, "warm", "a")
    eventually(lambda: all_done(street))
    for number in range(20):
        street.alpha.note(STRANGER, f"note {number}", f"s{number % 4}")
    begun = time.monotonic()
    eventually(lambda: len(told(outside)) == 21)
    # Far below the timer's two seconds: commits wake it.
    assert time.monotonic() - begun < 1.5
    eventually(lambda: all_done(street))
    assert sorted(texts(outside)) == sorted(["warm", *[f"note {number}" for number in range(20)]])
    assert {begun for _, begun, _ in told(outside)} == {1}
    for subject in range(4):
        mine = [text for text in texts(outside)[1:] if int(text.split()[1]) % 4 == subject]
        assert mine == [f"note {number}" for number in range(20) if number % 4 == subject]


def test_it_goes_on_under_the_trace_of_the_request(street: Street, outside: Path) -> None:
    start(street)
    street.alpha.note(STRANGER, "one", "a")
    eventually(lambda: all_done(street))
    with street.databases["beta"].reading() as session:
        traces = list(session.execute(select(effect.c.trace)).scalars())
    assert traces[0].startswith("00-")
    assert TellingService.traces == traces


def test_another_process_that_asks_wakes_it(street: Street, outside: Path) -> None:
    """On PostgreSQL straight away, on SQLite (one process, as a rule) by the timer."""
    start(street)
    street.alpha.note(STRANGER, "warm", "a")
    eventually(lambda: all_done(street))
    elsewhere = Database(street.databases["beta"].url.render_as_string(False))
    with elsewhere.writing() as session:
        enqueue(session, Tell(event_id="x", text="from elsewhere", about="note/b"))
    begun = time.monotonic()
    eventually(lambda: "from elsewhere" in texts(outside))
    if not elsewhere.sqlite:
        assert time.monotonic() - begun < runner.LOOK_EVERY / 2
    elsewhere.close()


@pytest.mark.usefixtures("quick")
def test_a_failing_one_holds_its_subject_and_is_given_up(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_ATTEMPTS", 3)
    TellingService.trouble = {"bad": ValueError("no such address")}
    start(street)
    for text, about in (("bad", "a"), ("behind", "a"), ("other", "b")):
        street.alpha.note(STRANGER, text, about)
    eventually(lambda: texts(outside) == ["other"])
    eventually(lambda: parked(street) == [("ValueError: no such address", 3)])
    street.alpha.note(STRANGER, "later", "c")
    eventually(lambda: texts(outside) == ["other", "later"])
    TellingService.trouble = {}
    with street.databases["beta"].writing() as session:
        session.execute(update(effect).where(effect.c.next_at.is_(None)).values(next_at=effect.c.created_at))
        session.execute(update(effect).values(attempts=0))
    eventually(lambda: texts(outside) == ["other", "later", "bad", "behind"])


def parked(street: Street) -> list[tuple[str, int]]:
    with street.databases["beta"].reading() as session:
        rows = session.execute(select(effect).where(effect.c.next_at.is_(None))).all()
    return [(row.error, row.attempts) for row in rows]


@pytest.mark.usefixtures("quick")
def test_an_outage_brakes_its_kind_and_gives_nothing_up(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_ATTEMPTS", 2)
    TellingService.trouble = {"*": Outage("connection refused")}
    start(street)
    for number in range(30):
        street.alpha.note(STRANGER, f"note {number}", f"s{number}")
    gauge = EFFECTS_BRAKING.labels("beta", "beta.tell")
    eventually(lambda: gauge._value.get() == 1)
    TellingService.traces.clear()
    time.sleep(1)
    # One at a time finds out, with pauses between: no hot loop.
    assert 1 <= len(TellingService.traces) <= 25
    street.alpha.note(STRANGER, "hush", "s0")
    eventually(lambda: texts(outside) == ["hush"])
    TellingService.trouble = {}
    eventually(lambda: len(told(outside)) == 31)
    eventually(lambda: all_done(street))
    assert gauge._value.get() == 0
    assert parked(street) == []


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", [Outage("its server is away"), Unavailable("service-away")])
def test_an_outage_of_one_does_not_stop_the_others_for_ever(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(store_module, "MAX_ATTEMPTS", 3)
    TellingService.trouble = {"bad": error}
    start(street)
    street.alpha.note(STRANGER, "bad", "a")

    def others_flow() -> bool:
        street.alpha.note(STRANGER, f"note {time.monotonic()}", "b")
        return bool(parked(street))

    eventually(others_flow)
    assert parked(street) == [(f"{type(error).__name__}: {error}", 3)]
    eventually(lambda: len(told(outside)) == len(effects_in(street.databases["beta"])) - 1)


def test_a_performer_that_hangs_is_ended(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "PERFORM_SECONDS", 0.2)
    TellingService.slowness = 30
    start(street)
    street.alpha.note(STRANGER, "one", "a")
    eventually(lambda: effects_in(street.databases["beta"]) and error_of(street).startswith("TimeoutError"))
    assert told(outside) == []


def error_of(street: Street) -> str:
    with street.databases["beta"].reading() as session:
        return str(session.execute(select(effect.c.error)).scalar())


def test_what_can_t_be_read_any_more_is_a_failure(street: Street, outside: Path) -> None:
    tell(street, "one")
    with street.databases["beta"].writing() as session:
        session.execute(update(effect).values(data={"of": "another release"}))
    start(street)
    eventually(lambda: "ValidationError" in error_of(street))
    assert "another release" not in error_of(street)


def test_several_processes_share_the_work(street: Street, outside: Path) -> None:
    for number in range(60):
        tell(street, f"note {number}", f"note/s{number % 12}")
    TellingService.slowness = 0.02
    others: list[Any] = []
    for _ in range(2):
        database = Database(street.databases["beta"].url.render_as_string(False))
        caller = Caller(street.settings.bus_url)
        others.append((create_container(TellingService, street.settings, database, caller), database, caller))
    for container, _, _ in others:
        container.start()
    eventually(lambda: len(told(outside)) == 60, 20)
    eventually(lambda: all_done(street))
    for container, database, caller in others:
        container.stop()
        caller.close()
        database.close()
    assert len({key for key, _, _ in told(outside)}) == 60
    assert TellingService.most_at_once == 1
    for subject in range(12):
        mine = [int(text.split()[1]) for text in texts(outside)]
        assert [n for n in mine if n % 12 == subject] == list(range(subject, 60, 12))


def test_a_claim_is_held_as_long_as_it_is_performed(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LEASE", timedelta(seconds=0.6))
    monkeypatch.setattr(runner, "RENEW_EVERY", 0.2)
    monkeypatch.setattr(runner, "LOOK_EVERY", 0.1)
    TellingService.slowness = 2.0
    start(street)
    tell(street, "slow")
    other = store_module.OutboxStore(street.databases["beta"])
    eventually(lambda: TellingService.traces)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        assert other.claim("beta.tell", 1) == []
        time.sleep(0.05)
    eventually(lambda: all_done(street))
    assert [begun for _, begun, _ in told(outside)] == [1]


def test_a_stop_lets_those_end_that_are_being_performed(street: Street, outside: Path) -> None:
    TellingService.slowness = 0.5
    start(street)
    for number in range(3):
        tell(street, f"note {number}", f"note/s{number}")
    tell(street, "next", "note/s0")
    eventually(lambda: len(TellingService.traces) == 3)
    street.stop(TellingService)
    assert sorted(texts(outside)) == ["note 0", "note 1", "note 2"]
    assert [done for _, done, _ in effects_in(street.databases["beta"])] == [True, True, True, False]


def test_a_database_away_at_the_end_performs_nothing_twice(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LOOK_EVERY", 0.1)
    refused: list[int] = []
    settle = store_module.OutboxStore.settle

    def refuse(store: Any, outcomes: Any) -> None:
        if len(refused) < 3:
            refused.append(1)
            raise ConnectionError("the database is away")
        settle(store, outcomes)

    monkeypatch.setattr(store_module.OutboxStore, "settle", refuse)
    start(street)
    tell(street, "one")
    eventually(lambda: all_done(street))
    assert len(refused) == 3
    assert [begun for _, begun, _ in told(outside)] == [1]


def test_figures_tell_of_effects(street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MAX_ATTEMPTS", 1)
    TellingService.trouble = {"bad": ValueError("no"), "away": Outage("refused")}
    start(street)
    street.alpha.note(STRANGER, "well", "a")
    eventually(lambda: all_done(street))
    ops = Ops(street)

    def sample(name: str, *labels: str) -> float:
        return ops.samples().get((name, "beta", *labels), -1.0)

    # Of what nobody has asked for yet the zero is known as well.
    assert kind_samples(ops) == {
        ("beta.tell", "waiting"): 0, ("beta.tell", "parked"): 0,
        ("beta.whisper", "waiting"): 0, ("beta.whisper", "parked"): 0,
    }  # fmt: skip
    failed = sample("space_effect_failures_total", "beta.tell")
    for text in ("bad", "away", "behind"):
        street.alpha.note(STRANGER, text, "c" if text == "behind" else text)
    eventually(lambda: sample("space_effect_braking", "beta.tell") == 1)
    eventually(lambda: kind_samples(ops)[("beta.tell", "parked")] == 1)
    time.sleep(0.05)
    assert kind_samples(ops)[("beta.tell", "waiting")] >= 1
    assert sample("space_oldest_waiting_effect_seconds", "beta.tell") > 0.04
    assert sample("space_oldest_waiting_effect_seconds", "beta.whisper") == 0
    assert sample("space_effect_failures_total", "beta.tell") == max(failed, 0) + 1
    assert sample("space_effect_performed_seconds_count", "beta.tell") >= 1
    eventually(lambda: "Outage: refused" in [each.trouble for each in street.beta.status().effects])
    ops.server.stop()


def kind_samples(ops: Ops) -> dict[tuple[str, str], float]:
    """Effects of the teller by kind and state; the registry is shared, so others may be in it."""
    families = text_string_to_metric_families(ops.get("/metrics").text)
    samples = [s for family in families for s in family.samples if s.name == "space_effects"]
    return {(s.labels["kind"], s.labels["state"]): s.value for s in samples if s.labels["service"] == "beta"}


def rebuild_of(street: Street) -> Rebuild:
    return Rebuild(
        street.databases["beta"],
        lambda database: subscriptions_of(TellingService, database),
        migrate,
        {"alpha": fetch_from(street.databases["alpha"])},
        lambda count: None,
    )


def test_a_rebuild_performs_nothing_again_and_loses_nothing(street: Street, outside: Path) -> None:
    TellingService.trouble = {"waits": ValueError("not now")}
    start(street)
    for text, about in (("one", "a"), ("waits", "b"), ("forgotten", "c")):
        street.alpha.note(STRANGER, text, about)
    eventually(lambda: len(told(outside)) == 2)
    eventually(lambda: sum(done for _, done, _ in effects_in(street.databases["beta"])) == 2)
    # As if it were done for longer than is kept.
    with street.databases["beta"].writing() as session:
        session.execute(effect.delete().where(effect.c.key == key_of(outside, "forgotten")))
    for _ in range(2):
        rebuild_of(street).whole()
    TellingService.trouble = {}
    street.alpha.note(STRANGER, "new", "a")
    eventually(lambda: sorted(texts(outside)) == ["forgotten", "new", "one", "waits"])
    eventually(lambda: all_done(street))
    time.sleep(0.3)
    assert len(told(outside)) == 4


def key_of(outside: Path, text: str) -> str:
    return next(key for key, _, each in told(outside) if each == text)


def test_a_rebuild_beyond_the_live_copy_asks_for_what_is_new(street: Street, outside: Path) -> None:
    """What the live copy has not read yet nobody was told; the rebuilt one, which has, tells it."""
    street.start(AlphaService)
    for text in ("one", "two"):
        street.alpha.note(STRANGER, text, "a")
    live = subscriptions_of(TellingService, street.databases["beta"])[0]
    live.pull(fetch_from(street.databases["alpha"]))
    for text in ("three", "four"):
        street.alpha.note(STRANGER, text, "a")
    rebuild_of(street).whole()
    street.start(TellingService)
    eventually(lambda: texts(outside) == ["one", "two", "three", "four"])
    eventually(lambda: all_done(street))


def test_what_is_performed_during_the_switch_is_kept(street: Street, outside: Path) -> None:
    TellingService.slowness = 1.0
    start(street)
    street.alpha.note(STRANGER, "slow", "a")
    eventually(lambda: TellingService.traces)
    rebuild_of(street).whole()
    eventually(lambda: all_done(street))
    assert [begun for _, begun, _ in told(outside)] == [1]


def test_what_is_written_down_during_the_switch_is_not_lost(
    street: Street, outside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits for the old table finds the new one."""
    tell(street, "one")
    store = store_module.OutboxStore(street.databases["beta"])
    assert [each.key for each in store.claim("beta.tell", 1)] == ["tell/one"]
    waiting: list[Any] = []

    def settle_meanwhile(*arguments: Any) -> None:
        waiting.append(eventlet.spawn(store.settle, [store_module.Outcome("tell/one")]))
        time.sleep(0.3)
        assert not waiting[0].dead
        carry_last(*arguments)

    monkeypatch.setattr("bus.consumer.rebuild.carry_last", settle_meanwhile)
    rebuild_of(street).whole()
    waiting[0].wait()
    assert [(key, done) for key, done, _ in effects_in(street.databases["beta"])] == [("tell/one", True)]


def test_replicas_are_rebuilt_without_performing(street: Street, outside: Path, tmp_path: Path) -> None:
    from tests.bus.toy import heard

    start(street)
    street.alpha.note(STRANGER, "one", "a")
    eventually(lambda: all_done(street))
    scratch = Database(f"sqlite:///{tmp_path}/scratch.sqlite")
    rebuild_of(street).replicas([heard], scratch)
    scratch.close()
    street.alpha.note(STRANGER, "two", "a")
    eventually(lambda: texts(outside) == ["one", "two"])
    assert [done for _, done, _ in effects_in(street.databases["beta"])][:1] == [True]


def test_a_receiver_tells_two_by_their_key(tmp_path: Path) -> None:
    for begun in (1, 2):
        receive(tmp_path / "x", "k", begun, "a text")
    assert told(tmp_path / "x") == [("k", 1, "a text"), ("k", 2, "a text")]
