"""How long events are gathered depends on what handling them costs."""

from __future__ import annotations

import pytest

from bus.consumer.worker import Timing

TIMING = Timing(gather=0.05, gather_in_process=0.1, gather_factor=4.0)


@pytest.mark.parametrize("in_process", [False, True])
def test_a_cheap_event_hardly_delays_the_next(in_process: bool) -> None:
    assert TIMING.wait_after(0.001, in_process) == pytest.approx(0.004)


def test_under_load_the_wait_grows_to_its_limit_which_is_longer_within_one_process() -> None:
    assert TIMING.wait_after(0.02, in_process=True) == pytest.approx(0.08)
    assert TIMING.wait_after(1.0, in_process=True) == 0.1
    assert TIMING.wait_after(1.0, in_process=False) == 0.05
