"""How a call's arguments and answer become JSON and back, from the type hints of its method."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from contracts.errors import Invalid
from contracts.validation import faults_of


class Method:
    """The wire form of one method of an API; the class attributes of its Protocol and of its service give the same."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.safe: bool = getattr(function, "safe", False)
        hints = get_type_hints(function, include_extras=True)
        self._signature = inspect.signature(function)
        names = [name for name in self._signature.parameters if name != "self"]
        self._parameters = [(name, TypeAdapter(hints[name])) for name in names]
        self._answer: TypeAdapter[Any] = TypeAdapter(hints["return"])

    def encode_arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Arguments as a list of JSON values, in the order of the signature."""
        bound = self._signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        return [adapter.dump_python(bound.arguments[name], mode="json") for name, adapter in self._parameters]

    def decode_arguments(self, values: list[Any]) -> list[Any]:
        """The typed arguments; raises `Invalid` with the faults of whichever is wrong."""
        if len(values) != len(self._parameters):
            raise Invalid("arguments-count", params={"wanted": len(self._parameters), "given": len(values)})
        try:
            return [
                adapter.validate_python(value)
                for (_, adapter), value in zip(self._parameters, values, strict=True)
            ]
        except ValidationError as error:
            raise Invalid(faults=faults_of(error)) from error

    def encode_answer(self, answer: Any) -> Any:
        """The answer as JSON."""
        return self._answer.dump_python(answer, mode="json")

    def decode_answer(self, value: Any) -> Any:
        """The typed answer."""
        return self._answer.validate_python(value)


@cache
def methods_of(api: type) -> dict[str, Method]:
    """Every public method of a Protocol, its bases' included."""
    return {
        name: Method(function)
        for name, function in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_")
    }
