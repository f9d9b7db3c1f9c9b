"""Endpoints declared by a line and a typed function; the same declarations make the routes and the OpenAPI document.

A handler's signature says what it needs: `viewer`, the path's parameters by name, `body` and `query` as models. What it
answers is what it is annotated with; its docstring is the summary.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel, TypeAdapter

from contracts.common import Page

Handler = TypeVar("Handler", bound=Callable[..., Any])

_PARAMETER = re.compile(r"\{(path:)?(\w+)\}")
_NOT_IN_PATH = {"viewer", "body", "query"}


@dataclass(frozen=True)
class Endpoint:
    """One method of one path. `scope` is what a token must hold, None where no account is asked for.

    `location`: where what it made can be got, with the answer's fields in braces.
    """

    method: str
    path: str
    handler: Callable[..., Any]
    status: int
    scope: str | None
    area: str
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: TypeAdapter[Any] | None
    answer_type: Any
    largest: int
    files: bool = False
    location: str | None = None
    path_parameters: dict[str, TypeAdapter[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The operation's name: the handler's."""
        return self.handler.__name__

    @property
    def rule(self) -> str:
        """The path as Flask wants it."""
        return _PARAMETER.sub(lambda found: f"<{found[1] or ''}{found[2]}>", self.path)

    @property
    def template(self) -> str:
        """The path as OpenAPI wants it."""
        return _PARAMETER.sub(r"{\2}", self.path)

    @property
    def paged(self) -> bool:
        """Whether it answers a list with a cursor."""
        return inspect.isclass(self.answer_type) and issubclass(self.answer_type, Page)


LARGEST_JSON = 1_000_000
"""Bytes of a request's body: the longest text that any command takes, with every character escaped, is below."""


class Area:
    """A part of the API: its endpoints, in the order in which they are declared."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.endpoints: list[Endpoint] = []

    def get(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare what reads."""
        return self._declare("GET", path, "read", **options)

    def post(self, path: str, *, status: int = 200, **options: Any) -> Callable[[Handler], Handler]:
        """Declare what makes something (`status=201`) or sets something going."""
        return self._declare("POST", path, "write", status=status, **options)

    def put(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare what sets something to a state; asking twice changes nothing more."""
        return self._declare("PUT", path, "write", **options)

    def patch(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare what changes some fields."""
        return self._declare("PATCH", path, "write", **options)

    def delete(self, path: str, **options: Any) -> Callable[[Handler], Handler]:
        """Declare what takes something away."""
        return self._declare("DELETE", path, "write", **options)

    def _declare(
        self,
        method: str,
        path: str,
        scope: str,
        *,
        status: int = 200,
        open_to_all: bool = False,
        largest: int = LARGEST_JSON,
        files: bool = False,
        location: str | None = None,
    ) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            hints = get_type_hints(handler, include_extras=True)
            answer = hints.pop("return")
            empty = answer is type(None)
            in_path = [name for name in inspect.signature(handler).parameters if name not in _NOT_IN_PATH]
            if in_path != [found[2] for found in _PARAMETER.finditer(path)]:
                raise TypeError(f"{handler.__name__} takes {in_path}, which is not what {path} gives")
            self.endpoints.append(
                Endpoint(
                    method=method,
                    path=path,
                    handler=handler,
                    status=204 if empty else status,
                    scope=None if open_to_all else scope,
                    area=self.name,
                    body=hints.get("body"),
                    query=hints.get("query"),
                    answer=None if empty else TypeAdapter(answer),
                    answer_type=answer,
                    largest=largest,
                    files=files,
                    location=location,
                    path_parameters={name: TypeAdapter(hints[name]) for name in in_path},
                )
            )
            return handler

        return declare
