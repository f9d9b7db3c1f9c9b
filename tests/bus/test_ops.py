"""What operators see of a process: alive, ready or why not, and its figures."""

import json
import logging
import time
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bus.ops.health import Watched
from bus.ops.log_format import JsonLines, TextLines
from bus.ops.tracing import set_trace
from core.audience import STRANGER
from core.database import Database
from core.settings import SettingsError
from space.ops import OpsServer
from tests.bus.test_safety import put_back_backup
from tests.bus.toy import AlphaService, BetaService, Street, eventually


class Ops:
    def __init__(self, street: Street) -> None:
        services = [
            Watched(name, street.databases[name], container.config["health"])
            for name, container in street.containers.items()
        ]
        self.server = OpsServer(street.settings, services, street.caller)
        self.server.start()

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.server.port}{path}", timeout=10)

    def samples(self) -> dict[tuple[str, ...], float]:
        """Each sample by its name and the values of its labels, the service first."""
        order = ("service", "producer", "method", "state", "kind")
        return {
            (sample.name, *[sample.labels[label] for label in order if label in sample.labels]): sample.value
            for family in text_string_to_metric_families(self.get("/metrics").text)
            for sample in family.samples
        }


@pytest.fixture
def ops(street: Street) -> Iterator[Ops]:
    street.start()
    started = Ops(street)
    yield started
    started.server.stop()


def test_a_process_that_works_is_alive_and_ready(ops: Ops) -> None:
    assert (ops.get("/healthz").status_code, ops.get("/healthz").text) == (200, "ok\n")
    eventually(lambda: ops.get("/readyz").status_code == 200)
    assert ops.get("/else").status_code == 404


def test_figures_tell_of_events_and_calls(ops: Ops, street: Street) -> None:
    before = ops.samples().get(("space_event_effect_seconds_count", "beta", "alpha"), 0)
    for number in range(3):
        street.alpha.note(STRANGER, str(number), "a")
    eventually(lambda: len(street.beta.heard(STRANGER)) == 3)
    samples = eventually(lambda: (s := ops.samples())[("space_relay_lag_events", "alpha")] == 0 and s)
    assert samples[("space_event_effect_seconds_count", "beta", "alpha")] - before == 3
    assert samples[("space_log_end_events", "alpha")] == 3
    assert samples[("space_subscription_drift_events", "beta", "alpha")] == 0
    assert samples[("space_oldest_unhandled_event_seconds", "beta", "alpha")] == 0
    assert samples[("space_call_seconds_count", "alpha", "note")] >= 3
    assert samples[("space_broker_up",)] == 1
    assert samples[("space_database_up", "beta")] == 1


def test_figures_tell_what_is_held(ops: Ops, street: Street) -> None:
    BetaService.poison = {"bad"}
    street.alpha.note(STRANGER, "bad", "a")
    eventually(lambda: ops.samples()[("space_held_subjects", "beta", "alpha", "waiting")] == 1)
    time.sleep(0.05)
    samples = ops.samples()
    assert samples[("space_oldest_unhandled_event_seconds", "beta", "alpha")] > 0.04
    assert samples[("space_event_failures_total", "beta", "alpha")] >= 1
    assert samples[("space_held_subjects", "beta", "alpha", "parked")] == 0


def test_a_producer_that_is_away_gives_no_false_zero(ops: Ops, street: Street) -> None:
    street.stop(AlphaService)
    samples = ops.samples()
    assert ("space_subscription_drift_events", "beta", "alpha") not in samples
    assert samples[("space_subscription_braking", "beta", "alpha")] in (0, 1)


def test_a_replaced_log_is_told(ops: Ops, street: Street) -> None:
    for text in ("one", "two"):
        street.alpha.note(STRANGER, text, "a")
    eventually(lambda: len(street.beta.heard(STRANGER)) == 2)
    put_back_backup(street, 1)
    street.stop(BetaService)
    street.start(BetaService)
    eventually(lambda: ops.samples()[("space_subscription_broken", "beta", "alpha")] == 1)


def test_a_process_that_cannot_work_says_why(ops: Ops, street: Street) -> None:
    broken = Watched("beta", Database("sqlite:////nowhere/at/all.sqlite"), [])
    server = OpsServer(street.settings, [broken], street.caller)
    status, _, body = server._page("/readyz")
    assert (status, body) == ("503 Service Unavailable", b"the database of beta is away\n")
    server._listener.close()


def test_a_port_that_is_taken_is_told(ops: Ops, street: Street) -> None:
    settings = street.settings.model_copy(update={"ops_port": ops.server.port})
    with pytest.raises(SettingsError, match="SPACE_OPS_PORT"):
        OpsServer(settings, [], street.caller)


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
