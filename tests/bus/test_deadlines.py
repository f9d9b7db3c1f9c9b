"""Deadlines, repeated calls of safe methods, and the circuit breaker."""

import time
from contextlib import suppress

import pytest

from bus.rpc.breaker import Breaker, BreakerLimits
from bus.rpc.context import within
from contracts.errors import Unavailable
from core.audience import STRANGER
from tests.bus.harness import AlphaService, BusHarness, eventually

LIMITS = BreakerLimits()


def test_the_deadline_is_passed_on_with_a_call(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with within(1.5):
        time.sleep(0.3)
        left = harness.alpha.time_left(STRANGER)
    assert 0 < left <= 1.2


def test_no_call_is_sent_when_no_time_is_left(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with within(0.05):
        time.sleep(0.1)
        with pytest.raises(Unavailable) as caught:
            harness.alpha.time_left(STRANGER)
    assert caught.value.code == "too-late"


def test_a_safe_method_is_called_once_more(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with within(2.0):
        assert harness.alpha.stalls_once(STRANGER) == "at last"
    assert AlphaService.stalled_calls == ["stalls_once"] * 2


def test_a_method_that_may_write_is_called_once(harness: BusHarness) -> None:
    harness.start(AlphaService)
    with within(1.2), pytest.raises(Unavailable) as caught:
        harness.alpha.stalls_for_good(STRANGER)
    assert caught.value.code == "no-answer"
    assert AlphaService.stalled_calls == ["stalls_for_good"]


def test_a_service_that_hangs_costs_milliseconds_after_some_failures(harness: BusHarness) -> None:
    harness.start(AlphaService)
    for _ in range(LIMITS.failures):
        with within(0.1), suppress(Unavailable):
            harness.alpha.slow(STRANGER, 0.5)
    with pytest.raises(Unavailable) as caught:
        harness.alpha.time_left(STRANGER)
    # Not `no-answer`: the service runs, but the breaker did not let the call through.
    assert caught.value.code == "service-away"
    # The service replies to a probe, so calls go through again.
    eventually(lambda: harness.alpha.time_left(STRANGER) > 0)


def test_a_probe_that_fails_lengthens_the_pause() -> None:
    probes: list[float] = []

    def probe() -> None:
        probes.append(time.monotonic())
        if len(probes) < 3:
            raise TimeoutError

    tried = Breaker("probed", probe, BreakerLimits(first=0.05))
    for _ in range(LIMITS.failures):
        assert not tried.open
        tried.failed()
    eventually(lambda: not tried.open)
    assert len(probes) == 3
    # One more failure opens it again: there was a reply to the probe, but not to the call.
    tried.failed()
    assert tried.open


def test_a_reply_resets_the_failures() -> None:
    tried = Breaker("answering", lambda: None)
    for _ in range(3):
        for _ in range(LIMITS.failures - 1):
            tried.failed()
        tried.succeeded()
    assert not tried.open
