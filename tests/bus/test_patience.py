"""Deadlines, repeats of what is safe, and a breaker that spares pages the wait for a service that hangs."""

import time
from contextlib import suppress

import pytest

from bus.rpc import breaker
from bus.rpc.breaker import Breaker
from bus.rpc.context import within
from contracts.errors import Unavailable
from core.audience import STRANGER
from tests.bus.toy import AlphaService, Street, eventually


def test_the_time_left_travels_with_a_call(street: Street) -> None:
    street.start(AlphaService)
    with within(1.5):
        time.sleep(0.3)
        left = street.alpha.time_left(STRANGER)
    assert 0 < left <= 1.2


def test_nothing_is_asked_when_no_time_is_left(street: Street) -> None:
    street.start(AlphaService)
    with within(0.05):
        time.sleep(0.1)
        with pytest.raises(Unavailable) as caught:
            street.alpha.time_left(STRANGER)
    assert caught.value.code == "too-late"


def test_what_is_safe_is_asked_once_more(street: Street) -> None:
    street.start(AlphaService)
    with within(2.0):
        assert street.alpha.stalls_once(STRANGER) == "at last"
    assert AlphaService.asked == ["stalls_once"] * 2


def test_what_may_write_is_asked_once(street: Street) -> None:
    street.start(AlphaService)
    with within(1.2), pytest.raises(Unavailable) as caught:
        street.alpha.stalls_for_good(STRANGER)
    assert caught.value.code == "no-answer"
    assert AlphaService.asked == ["stalls_for_good"]


def test_a_service_that_hangs_costs_milliseconds_after_some_failures(street: Street) -> None:
    street.start(AlphaService)
    for _ in range(breaker.FAILURES):
        with within(0.1), suppress(Unavailable):
            street.alpha.slow(STRANGER, 0.5)
    with pytest.raises(Unavailable) as caught:
        street.alpha.time_left(STRANGER)
    # Not `no-answer`: it runs and would have answered, but it was not asked.
    assert caught.value.code == "service-away"
    # It answers a probe, so it is asked again, and nobody had to wait to find that out.
    eventually(lambda: street.alpha.time_left(STRANGER) > 0, 5)


def test_a_probe_that_fails_lengthens_the_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "FIRST_PAUSE", 0.05)
    probes: list[float] = []

    def probe() -> None:
        probes.append(time.monotonic())
        if len(probes) < 3:
            raise TimeoutError

    tried = Breaker("probed", probe)
    tried._pause = 0.05
    for _ in range(breaker.FAILURES):
        assert not tried.open
        tried.failed()
    eventually(lambda: not tried.open, 5)
    assert len(probes) == 3
    # One more failure opens it anew: the probe was answered, the call was not.
    tried.failed()
    assert tried.open


def test_an_answer_forgets_earlier_failures() -> None:
    tried = Breaker("answering", lambda: None)
    for _ in range(3):
        for _ in range(breaker.FAILURES - 1):
            tried.failed()
        tried.succeeded()
    assert not tried.open
