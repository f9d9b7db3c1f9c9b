"""What operators see of a process: liveness, readiness with reasons, and metrics."""

import json
import logging
import time

import httpx
import pytest

from bus.ops.health import Watched
from bus.ops.log_format import JsonLines, TextLines
from bus.ops.tracing import set_trace
from core.audience import STRANGER
from core.database import Database
from core.settings import SettingsError
from space.ops import OpsServer
from tests.bus.harness import AlphaService, BetaService, BusHarness, eventually
from tests.bus.helpers import Ops, put_back_backup


@pytest.fixture
def ops(harness: BusHarness) -> Ops:
    harness.start()
    return Ops(harness)


def test_a_process_that_works_is_alive_and_ready(ops: Ops) -> None:
    assert (ops.get("/healthz").status_code, ops.get("/healthz").text) == (200, "ok\n")
    eventually(lambda: ops.get("/readyz").status_code == 200)
    assert ops.get("/else").status_code == 404


def test_figures_tell_of_events_and_calls(ops: Ops, harness: BusHarness) -> None:
    before = ops.samples().get(("space_event_handling_seconds_count", "beta", "alpha"), 0)
    for number in range(3):
        harness.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: len(harness.beta.copied(STRANGER)) == 3)
    lag = ("space_relay_lag_events", "alpha")
    samples = eventually(lambda: (s := ops.samples()).get(lag, 0) == 0 and s)
    # Without a broker there is no relay, and so no lag of it.
    assert (lag in samples) == harness.settings.distributed
    assert samples[("space_event_handling_seconds_count", "beta", "alpha")] - before == 3
    assert samples[("space_log_end_events", "alpha")] == 3
    assert samples[("space_subscription_lag_events", "beta", "alpha")] == 0
    assert samples[("space_oldest_unhandled_event_seconds", "beta", "alpha")] == 0
    assert samples[("space_call_seconds_count", "alpha", "note")] >= 3
    assert samples[("space_broker_up",)] == 1
    assert samples[("space_database_up", "beta")] == 1


def test_figures_tell_what_failed(ops: Ops, harness: BusHarness) -> None:
    BetaService.poison = {"bad"}
    harness.alpha.note(STRANGER, "bad", "a")
    eventually(lambda: ops.samples()[("space_failed_subjects", "beta", "alpha", "retrying")] == 1)
    time.sleep(0.05)
    samples = ops.samples()
    assert samples[("space_oldest_unhandled_event_seconds", "beta", "alpha")] > 0.04
    assert samples[("space_event_failures_total", "beta", "alpha")] >= 1
    assert samples[("space_failed_subjects", "beta", "alpha", "dead_lettered")] == 0


def test_a_producer_that_is_away_gives_no_false_zero(ops: Ops, harness: BusHarness) -> None:
    harness.stop(AlphaService)
    samples = ops.samples()
    assert ("space_subscription_lag_events", "beta", "alpha") not in samples
    assert samples[("space_subscription_paused", "beta", "alpha")] in (0, 1)


def test_a_replaced_log_is_told(ops: Ops, harness: BusHarness) -> None:
    for text in ("one", "two"):
        harness.alpha.note(STRANGER, text, "a")
    eventually(lambda: len(harness.beta.copied(STRANGER)) == 2)
    put_back_backup(harness, 1)
    harness.stop(BetaService)
    harness.start(BetaService)
    eventually(lambda: ops.samples()[("space_subscription_halted", "beta", "alpha")] == 1)


def test_a_process_that_cannot_work_says_why(harness: BusHarness) -> None:
    broken = Watched("beta", Database("sqlite:////nowhere/at/all.sqlite"), [])
    server = OpsServer(harness.settings, [broken], harness.client)
    server.start()
    try:
        answer = httpx.get(f"http://127.0.0.1:{server.port}/readyz")
        assert (answer.status_code, answer.text) == (503, "the database of beta is away\n")
    finally:
        server.stop()


def test_a_port_that_is_taken_is_told(ops: Ops, harness: BusHarness) -> None:
    settings = harness.settings.model_copy(update={"ops_port": ops.server.port})
    with pytest.raises(SettingsError, match="SPACE_OPS_PORT"):
        OpsServer(settings, [], harness.client)


def test_log_lines_carry_the_trace() -> None:
    record = logging.LogRecord(
        "bus.eventlog.relay", logging.WARNING, __file__, 1, "the %s stopped", ("relay",), None
    )
    set_trace("00-" + "ab" * 16 + "-" + "cd" * 8 + "-01")
    try:
        assert (
            TextLines()
            .format(record)
            .endswith("Z WARNING bus.eventlog.relay: the relay stopped trace=" + "ab" * 16)
        )
        entry = json.loads(JsonLines().format(record))
    finally:
        set_trace("")
    assert (entry["trace"], entry["level"], entry["message"]) == ("ab" * 16, "warning", "the relay stopped")
    assert "trace" not in json.loads(JsonLines().format(record))
