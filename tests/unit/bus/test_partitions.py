"""How subjects are divided into partitions, and partitions among processes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bus.consumer.assignment import partitions_of
from bus.consumer.partitions import ALL_PARTITIONS, PARTITIONS, partition_of


def test_a_subjects_partition_is_the_same_in_every_release() -> None:
    assert [partition_of(subject) for subject in ("topic/1", "topic/2", "note/ä", "")] == [1, 3, 6, 0]


@given(st.text())
def test_every_subject_has_a_partition(subject: str) -> None:
    assert partition_of(subject) in ALL_PARTITIONS


@given(st.lists(st.integers(0, PARTITIONS - 1), min_size=1, unique=True).map(sorted))
def test_every_partition_has_one_process(taken: list[int]) -> None:
    shares = [partitions_of(number, taken) for number in taken]
    assert sorted(partition for share in shares for partition in share) == sorted(ALL_PARTITIONS)
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_process_without_a_number_has_no_partition() -> None:
    assert partitions_of(None, [0, 1]) == partitions_of(2, [0, 1]) == frozenset()
