"""From an event as it was logged to its model: the one way in, whichever version wrote it."""

from __future__ import annotations

from typing import TypeVar

from contracts.common import Event, Recorded
from contracts.upcasts import UPCASTS, Upcasts

E = TypeVar("E", bound=Event)


class NoUpcast(LookupError):
    """An older event can't be read: `contracts/upcasts.py` lacks the step from its version to the next."""


def read_event(recorded: Recorded, model: type[E], upcasts: Upcasts = UPCASTS) -> E:
    """`recorded` as `model`, upcast from older versions; fields that a newer version added are passed over.

    Raises `NoUpcast`, and `pydantic.ValidationError` where the data are not what their version promises, or a newer
    version is more than the older one and added fields (this service has to be upgraded then).
    """
    data = recorded.data
    for version in range(recorded.version, model.version):
        step = upcasts.get((model.type, version))
        if step is None:
            raise NoUpcast(f"no step from version {version} of {model.type}")
        data = step(data)
    return model.model_validate(data)
