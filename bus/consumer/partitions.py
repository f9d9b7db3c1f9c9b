"""Partitions: every subject belongs to one for good, so that the processes of a service can divide a log's events and
still handle those of each subject in order."""

from __future__ import annotations

import zlib

PARTITIONS = 8
"""So many processes can share a subscription's work at most. Stored offsets rest on it: to change it takes a
migration."""
ALL_PARTITIONS = frozenset(range(PARTITIONS))


def partition_of(subject: str) -> int:
    """The partition of a subject, the same in every process and release."""
    return zlib.crc32(subject.encode()) % PARTITIONS
