"""Finds everything that `contracts/` publishes, event models and APIs, and makes JSON schemas of it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

import contracts
from contracts.common import Event, Producer

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Schemas(GenerateJsonSchema):
    """Adds `x-time-zone` to times: JSON Schema has one format for times with and without a zone."""

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        result = super().datetime_schema(schema)
        constraint = schema.get("tz_constraint")
        return {**result, "x-time-zone": constraint} if constraint else result


def event_models() -> list[type[Event]]:
    """Every event model of `contracts/` that has a type of its own, ordered by type."""
    found = [
        item
        for item in _classes()
        if issubclass(item, Event)
        and item is not Event
        and not inspect.isabstract(item)
        and "type" in vars(item)
    ]
    return sorted(found, key=lambda model: model.type)


def apis() -> list[type]:
    """The APIs: `Producer`, which every service implements, and that of each service."""
    return [item for item in _classes() if getattr(item, "_is_protocol", False)]


def event_schema(model: type[Event]) -> dict[str, Any]:
    """The JSON schema of the event's `data`; fields with a default are not required."""
    schema = model.model_json_schema(mode="validation", schema_generator=_Schemas)
    return {"$schema": DIALECT, "$comment": f"data of {model.type}, version {model.version}", **schema}


def calls_schema(api: type) -> dict[str, Any]:
    """The methods that `api` itself defines: their parameters in order, and their results."""
    adapters: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = []
    parameters: dict[str, list[str]] = {}
    for name, function in vars(api).items():
        if name.startswith("_") or not inspect.isfunction(function):
            continue
        hints = get_type_hints(function, include_extras=True)
        parameters[name] = [
            parameter for parameter in inspect.signature(function).parameters if parameter != "self"
        ]
        adapters += [((name, one), "validation", TypeAdapter(hints[one])) for one in parameters[name]]
        adapters.append(((name, "return"), "serialization", TypeAdapter(hints["return"])))
    schemas, shared = TypeAdapter.json_schemas(adapters, schema_generator=_Schemas)
    methods = {
        name: {
            "parameters": [{"name": one, "schema": schemas[(name, one), "validation"]} for one in names],
            "answer": schemas[(name, "return"), "serialization"],
        }
        for name, names in parameters.items()
    }
    return {"methods": methods, "$defs": shared.get("$defs", {})}


def _classes() -> Iterator[type]:
    for module in pkgutil.iter_modules(contracts.__path__, "contracts."):
        if module.name == "contracts.check":
            continue
        loaded = importlib.import_module(module.name)
        for item in vars(loaded).values():
            if inspect.isclass(item) and item.__module__ == module.name:
                yield item


__all__ = ["DIALECT", "Producer", "apis", "calls_schema", "event_models", "event_schema"]
