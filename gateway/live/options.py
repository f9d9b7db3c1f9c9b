"""How often open streams look for what is new, and how much they hold."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveOptions:
    """Times in seconds, sizes in events.

    `heartbeat`: the longest silence on a stream. `pull`: how often a log is read without a reason. `retry`: how soon
    after a service was away. `check`: how often a person's stream makes sure of the session and the count. `slow`: who
    takes longer for a slice is dropped. `slice` and `slice_bytes`: events, and bytes of messages, that are handled at
    once and held for one stream. `buffered_events`: kept in memory of each log. `mailbox_events`: kept for a page that
    reads slowly.

    Streams that are open at once: `pages_for_all` and `pages_of_a_person` of `/live`; `streams_for_all` and
    `streams_of_each` (person or network) of `/v2/stream`, of which `streams_for_people` are left to who is signed in.
    `replays`: those that read past events at once.
    """

    heartbeat: float = 15.0
    pull: float = 5.0
    retry: float = 2.0
    check: float = 60.0
    slow: float = 60.0
    slice: int = 25
    slice_bytes: int = 200_000
    buffered_events: int = 500
    mailbox_events: int = 20
    pages_for_all: int = 2000
    pages_of_a_person: int = 6
    streams_for_all: int = 2000
    streams_of_each: int = 20
    streams_for_people: int = 500
    replays: int = 2
