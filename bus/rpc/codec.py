"""The arguments and the result of a call, checked and as JSON, by the type hints of its method."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from contracts.errors import Invalid
from contracts.validation import faults_of


class Method:
    """One method of an API. The hints of its Protocol (the caller's side) and of its service class give the same."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.safe: bool = getattr(function, "safe", False)
        hints = get_type_hints(function, include_extras=True)
        self._signature = inspect.signature(function)
        names = [name for name in self._signature.parameters if name != "self"]
        self._parameters = [(name, TypeAdapter(hints[name])) for name in names]
        self._answer: TypeAdapter[Any] = TypeAdapter(hints["return"])

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sequence[Any]:
        """The arguments in the order of the signature, defaults included. Raises `TypeError` as the call itself
        would."""
        if not kwargs and len(args) == len(self._parameters):
            return args
        bound = self._signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        return [bound.arguments[name] for name, _ in self._parameters]

    def encode_arguments(self, arguments: Sequence[Any]) -> list[Any]:
        """Bound arguments as a list of JSON values."""
        return [
            adapter.dump_python(value, mode="json")
            for (_, adapter), value in zip(self._parameters, arguments, strict=True)
        ]

    def decode_arguments(self, values: Sequence[Any]) -> list[Any]:
        """Typed arguments of JSON values, or of typed ones, which are checked. Raises `Invalid` with the faults of
        whichever is wrong."""
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
        """The result as JSON."""
        return self._answer.dump_python(answer, mode="json")

    def decode_answer(self, value: Any) -> Any:
        """The typed result."""
        return self._answer.validate_python(value)


@cache
def methods_of(api: type) -> dict[str, Method]:
    """Every public method of a Protocol, its bases' included."""
    return {
        name: Method(function)
        for name, function in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_")
    }
