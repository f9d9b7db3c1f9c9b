"""How the data of an older version of an event becomes the next one's.

A log keeps its events as they were written, for good: a model whose version rises needs a step here from each version
before it. A step takes the data of one version and answers those of the next; it leaves what it was given as it is, and
needs nothing but the data. For example, with `version = 2` in `PersonChanged`, whose person got a `joined_by`::

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
"""By event type and the version that the step starts from."""

UPCASTS: Upcasts = {}
