"""Declarations of endpoints, which the routes and the OpenAPI document are made from.

A handler's parameters are `viewer`, those of the path by name, and `body` and `query` as models. Its return annotation
is the type of the response; its docstring is the summary.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter

from contracts.common import Page
from gateway.request_limits import SMALL

Handler = TypeVar("Handler", bound=Callable[..., Any])

_PARAMETER = re.compile(r"\{(path:)?(\w+)\}")
_NOT_IN_PATH = {"viewer", "body", "query"}


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. `scope` is the scope that a token must have: `read`, `write`, or `moderate`
    where only those who decide on what is others' may do it; None if no account is needed. What a method does for a
    moderator alone, such as closing a topic, its service asks `moderate` for.

    `download`: the media type of a response that is a file and no JSON; the handler returns it as Flask sends it.
    `waits`: the response, with the status 202, where what was asked for waits for a decision.
    `location`: the path of the resource that it creates, with fields of the response in braces.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    status: int
    scope: str | None
    area: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    response: TypeAdapter[Any] | None
    response_type: Any
    largest: int
    files: bool = False
    location: str | None = None
    waits: type[BaseModel] | None = None
    download: str | None = None
    path_parameters: dict[str, TypeAdapter[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation's name: the handler's."""
        return self.handler.__name__

    @property
    def rule(self) -> str:
        """The path in Flask's syntax."""
        return _PARAMETER.sub(lambda found: f"<{found[1] or ''}{found[2]}>", self.path)

    @property
    def template(self) -> str:
        """The path in OpenAPI's syntax."""
        return _PARAMETER.sub(r"{\2}", self.path)

    @property
    def paged(self) -> bool:
        """Whether the response is a page of a list."""
        return inspect.isclass(self.response_type) and issubclass(self.response_type, Page)


BYTES_OF_A_CHARACTER = 12
"""The most bytes of one character in JSON: an emoji as two escapes, `\\ud83d\\uddfa`."""


def largest_json(model: type[BaseModel] | None) -> int:
    """The most bytes that the JSON of a command may have: those of its longest text, and some for the other fields."""
    longest = max(_lengths(model.model_json_schema()), default=0) if model else 0
    return SMALL + (longest * BYTES_OF_A_CHARACTER if longest * BYTES_OF_A_CHARACTER > SMALL / 2 else 0)


def _lengths(schema: Any) -> Iterator[int]:
    """Every `maxLength` in a JSON Schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("maxLength"), int):
            yield schema["maxLength"]
        for inner in schema.values():
            yield from _lengths(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _lengths(inner)


class Area:
    """An area of the API: its endpoints in the order of their declaration."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint that reads."""
        return self._declare("GET", path, "read", **options)

    def post(self, path: str, *, status: int = 200, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint that creates something (`status=201`) or starts something."""
        return self._declare("POST", path, "write", status=status, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint that sets a state; a second request changes nothing."""
        return self._declare("PUT", path, "write", **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint that changes some fields."""
        return self._declare("PATCH", path, "write", **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare an endpoint that deletes something."""
        return self._declare("DELETE", path, "write", **options)

    def _declare(
        self,
        method: str,
        path: str,
        usual_scope: str,
        *,
        scope: str | None = None,
        status: int = 200,
        open_to_all: bool = False,
        largest: int | None = None,
        files: bool = False,
        location: str | None = None,
        waits: type[BaseModel] | None = None,
        download: str | None = None,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            response = hints.pop("return")
            if waits is not None:
                (response,) = (each for each in get_args(response) if each is not waits)
            empty, no_json = response is type(None), response is type(None) or download is not None
            in_path = [name for name in inspect.signature(handler).parameters if name not in _NOT_IN_PATH]
            if in_path != [found[2] for found in _PARAMETER.finditer(path)]:
                raise TypeError(f"{handler.__name__} takes {in_path}, but the path is {path}")
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    handler=handler,
                    status=204 if empty else status,
                    scope=None if open_to_all else scope or usual_scope,
                    area=self.name,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    response=None if no_json else TypeAdapter(response),
                    response_type=response,
                    largest=largest or largest_json(hints.get("body")),
                    files=files,
                    location=location,
                    waits=waits,
                    download=download,
                    path_parameters={name: TypeAdapter(hints[name]) for name in in_path},
                )
            )
            return handler

        return declare
