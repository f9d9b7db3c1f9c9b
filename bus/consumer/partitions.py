"""Partitions: every subject belongs to a fixed one, so that the processes of a service can share the events of a log
and still handle those of each subject in order."""

from __future__ import annotations

import zlib

PARTITIONS = 8
"""The number of partitions, and so of processes that can share a subscription's work. Offsets are stored for each, so
changing it needs a migration."""
ALL_PARTITIONS = frozenset(range(PARTITIONS))


def partition_of(subject: str) -> int:
    """The partition of a subject; the same in every process and release."""
    return zlib.crc32(subject.encode()) % PARTITIONS
