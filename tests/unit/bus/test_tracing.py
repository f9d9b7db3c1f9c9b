"""A request gets the client's trace, or a new one."""

import pytest

from bus.ops.tracing import begin_trace, current_trace

GIVEN = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_well_formed_trace_is_taken_over() -> None:
    assert begin_trace(GIVEN) == GIVEN
    assert current_trace() == GIVEN


@pytest.mark.parametrize(
    "sent", ["", "x", GIVEN.upper(), GIVEN + "-more", "00-" + "0" * 32 + "-b7ad6b7169203331-01"]
)
def test_anything_else_begins_a_fresh_one(sent: str) -> None:
    trace = begin_trace(sent)
    assert trace != sent
    assert begin_trace(trace) == trace
