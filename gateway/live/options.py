"""How often open streams look for what is new, and how much they hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveOptions:
    """Times in seconds, sizes in events.

    `heartbeat`: the longest silence on a stream. `pull`: how often a log is read without a reason. `retry`: how soon
    after a service was away. `check`: how often a person's stream makes sure of the session and the count. `batch`:
    events of a log that are handled at once. `buffered_events`: kept in memory of each log. `mailbox_events`: kept for
    a page that reads slowly.
    """

    heartbeat: float = 15.0
    pull: float = 5.0
    retry: float = 2.0
    check: float = 60.0
    batch: int = 100
    buffered_events: int = 500
    mailbox_events: int = 20
    streams_for_a_person: int = 6
    streams_for_all: int = 500
