"""Upcasts: steps that convert the data of an event from one version to the next.

Logs keep events for ever as they were written, so each earlier version of a model needs a step here. A step takes the
data of one version and returns those of the next. It must not change its argument, and must depend on nothing else. For
example, with `version = 2` in `PersonChanged`, whose person got a field `joined_by`::

    def _person_2(data: Data) -> Data:
        return {**data, "person": {**data["person"], "joined_by": "sign-up"}}

    UPCASTS: Upcasts = {("people.person.changed", 1): _person_2}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = dict[str, Any]
Upcast = Callable[[Data], Data]
Upcasts = Mapping[tuple[str, int], Upcast]
"""Steps by event type and the version that they convert from."""


def _same(data: Data) -> Data:
    """Of a version that only allows more values than the one before."""
    return data


UPCASTS: Upcasts = {
    # Measures can be `edit` and `move`.
    ("people.decision.made", 1): _same,
    ("people.appeal.answered", 1): _same,
    # People can follow searches.
    ("notify.person.notified", 1): _same,
}
