"""Reads an event from a log as its model, whichever version of the model wrote it."""

from __future__ import annotations

from typing import TypeVar

from contracts.clean import cleaned
from contracts.common import Event, Recorded
from contracts.upcasts import UPCASTS, Upcasts

E = TypeVar("E", bound=Event)


class NoUpcast(LookupError):
    """An older event can't be read: `contracts/upcasts.py` lacks the step from its version to the next."""


def read_event(recorded: Recorded, model: type[E], upcasts: Upcasts = UPCASTS) -> E:
    """`recorded` as an instance of `model`, with its texts cleaned. Older versions are upcast; fields that a newer
    version added are ignored.

    Raises `NoUpcast` if a step is missing, and `pydantic.ValidationError` if the data does not fit: it is invalid, or
    of a newer version with changes other than added fields (then this service must be upgraded first).
    """
    data = recorded.data
    for version in range(recorded.version, model.version):
        step = upcasts.get((model.type, version))
        if step is None:
            raise NoUpcast(f"no step from version {version} of {model.type}")
        data = step(data)
    return model.model_validate(cleaned(data))
