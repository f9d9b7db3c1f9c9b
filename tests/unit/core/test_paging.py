from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import paging

FIRST, LAST = (datetime.fromisoformat(day) for day in ("1970-01-01", "2200-01-01"))
MOMENTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(
    MOMENTS,
    st.text("0123456789abcdefghjkmnpqrstvwxyz", min_size=16, max_size=16),
    st.lists(st.booleans(), max_size=2),
)
def test_a_cursor_gives_back_what_it_was_made_of(moment: datetime, row_id: str, flags: list[bool]) -> None:
    assert paging.parse(paging.cursor(moment, row_id, *flags), len(flags)) == (moment, row_id, *flags)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "_",
        "12",
        "x_y",
        "1_",
        "99999999999999999_x" + "9",
        "²_x",
        "--1_x",
        "0_1_x_y",
        "9" * 30 + "_x",
        "0_1_x\0",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        paging.parse(text, 1)


def test_far_away_moments_are_refused() -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        paging.parse("9" * 18 + "_x")
