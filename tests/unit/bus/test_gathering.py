"""How long events are gathered depends on what handling them costs."""

from __future__ import annotations

import pytest

from bus.consumer.worker import Timing

TIMING = Timing(gather=0.1, gather_factor=4.0)


def test_a_cheap_event_hardly_delays_the_next() -> None:
    assert TIMING.wait_after(0.001) == pytest.approx(0.004)


def test_under_load_the_wait_grows_to_its_limit() -> None:
    assert TIMING.wait_after(0.02) == pytest.approx(0.08)
    assert TIMING.wait_after(1.0) == 0.1
