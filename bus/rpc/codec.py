"""Validates the arguments and the result of a call, and converts them from and to JSON, by the method's type hints."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from contracts.errors import Forbidden, Invalid
from contracts.validation import faults_of
from core.audience import Viewer


class Method:
    """One method of an API. Callers make it from the Protocol, services from their class: both have the same hints."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self.safe: bool = getattr(function, "safe", False)
        self.scope: str | None = getattr(function, "scope", None if self.safe else "write")
        self.also_silenced: bool = getattr(function, "also_silenced", False)
        self.also_from: frozenset[str] = getattr(function, "also_from", frozenset())
        hints = get_type_hints(function, include_extras=True)
        self._signature = inspect.signature(function)
        names = [name for name in self._signature.parameters if name != "self"]
        self._parameters = [(name, TypeAdapter(hints[name])) for name in names]
        self._result: TypeAdapter[Any] = TypeAdapter(hints["return"])

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self._parameters)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Sequence[Any]:
        """The arguments in the order of the signature, with defaults. Raises `TypeError` if they don't fit it."""
        if not kwargs and len(args) == len(self._parameters):
            return args
        bound = self._signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        return [bound.arguments[name] for name, _ in self._parameters]

    def encode_arguments(self, arguments: Sequence[Any]) -> list[Any]:
        """The bound arguments as a list of JSON values."""
        return [
            adapter.dump_python(value, mode="json")
            for (_, adapter), value in zip(self._parameters, arguments, strict=True)
        ]

    def decode_arguments(self, values: Sequence[Any]) -> list[Any]:
        """The typed arguments of a list of JSON values, or of typed values, which are validated. Raises `Invalid`,
        and first `Forbidden("scope-missing")` if the viewer has a token without the method's scope, and
        `Forbidden("silenced")` if a silenced viewer would write."""
        if len(values) != len(self._parameters):
            raise Invalid("arguments-count", params={"wanted": len(self._parameters), "given": len(values)})
        try:
            return list(self._decode(values))
        except ValidationError as error:
            raise Invalid(faults=faults_of(error)) from error

    def _decode(self, values: Sequence[Any]) -> Iterator[Any]:
        for (_, adapter), value in zip(self._parameters, values, strict=True):
            argument = adapter.validate_python(value)
            if isinstance(argument, Viewer) and self.scope is not None:
                self._check(argument, self.scope)
            yield argument

    def _check(self, viewer: Viewer, scope: str) -> None:
        if not viewer.holds(scope):
            raise Forbidden("scope-missing", params={"scope": scope})
        if not viewer.may(scope) and not self.also_silenced:
            raise Forbidden("silenced")

    def encode_result(self, answer: Any) -> Any:
        """The result as a JSON value."""
        return self._result.dump_python(answer, mode="json")

    def decode_result(self, value: Any) -> Any:
        """The typed result of a JSON value."""
        return self._result.validate_python(value)


@cache
def methods_of(api: type) -> dict[str, Method]:
    """Every public method of a Protocol, including inherited ones, by name."""
    return {
        name: Method(function)
        for name, function in inspect.getmembers(api, inspect.isfunction)
        if not name.startswith("_")
    }
