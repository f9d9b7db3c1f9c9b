"""Compares two versions of a JSON schema and finds incompatible changes.

There are two directions, and an event must be compatible in both:

- `reads_old` (backward compatible): the new schema accepts data of the old one. Needed for old events in logs, and for
  arguments from older callers.
- `read_by_old` (forward compatible): a reader that knows the old schema, and ignores unknown fields, accepts data of
  the new one. Needed for outside consumers, and for results returned to older callers.

Written for the schemas that pydantic generates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]

_REF = "#/$defs/"
# For each limit, whether a larger value accepts more.
_LIMITS = {
    "minLength": False,
    "minItems": False,
    "minimum": False,
    "exclusiveMinimum": False,
    "maxLength": True,
    "maxItems": True,
    "maximum": True,
    "exclusiveMaximum": True,
}
_SHAPES = ("pattern", "format", "multipleOf", "uniqueItems", "x-time-zone")


@dataclass(frozen=True)
class Break:
    """One incompatible change. `where` is the path of fields to it, `""` for the schema as a whole."""

    where: str
    what: str


@dataclass(frozen=True)
class Comparison:
    """The `$defs` of both schemas, and the directions to check."""

    old_definitions: Schema
    new_definitions: Schema
    reads_old: bool
    read_by_old: bool
    _under_way: set[tuple[str, str]] = field(default_factory=set)

    def breaks(self, old: Schema, new: Schema, where: str = "") -> list[Break]:
        """Every incompatible change from `old` to `new`."""
        refs = (old.get("$ref", ""), new.get("$ref", ""))
        if all(refs):
            if refs in self._under_way:  # a model that contains itself
                return []
            self._under_way.add(refs)
        try:
            return list(self._alternatives(old, new, where))
        finally:
            self._under_way.discard(refs)

    def _alternatives(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        olds = _alternatives(old, self.old_definitions)
        news = _alternatives(new, self.new_definitions)
        for one in list(olds):
            same = next((other for other in news if not self._one(one, other, where)), None)
            if same is not None:
                olds.remove(one)
                news.remove(same)
        for one in list(olds):
            like = next((other for other in news if _kind(other) == _kind(one)), None)
            if like is not None:
                olds.remove(one)
                news.remove(like)
                yield from self._one(one, like, where)
        if olds and news:
            yield Break(where, f"is {_names(news)} and was {_names(olds)}")
        elif olds and self.reads_old:
            yield Break(where, f"can't be {_names(olds)} any more")
        elif news and self.read_by_old:
            yield Break(where, f"can be {_names(news)} now")

    def _one(self, old: Schema, new: Schema, where: str) -> list[Break]:
        if _kind(old) != _kind(new):
            return [Break(where, f"is {_kind(new)} and was {_kind(old)}")]
        found = [*self._values(old, new, where), *self._constraints(old, new, where)]
        if _kind(old) == "object":
            found += self._properties(old, new, where)
        elif _kind(old) == "array":
            found += self._items(old, new, where)
        return found

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = _values(old), _values(new)
        if before == after:
            return
        if before is None:
            if self.reads_old:
                yield Break(where, f"takes nothing but {_words(after or [])} now")
        elif after is None:
            if self.read_by_old:
                yield Break(where, f"is no longer one of {_words(before)}, but anything")
        else:
            gone = [value for value in before if value not in after]
            fresh = [value for value in after if value not in before]
            if gone and self.reads_old:
                yield Break(where, f"can't be {_words(gone)} any more")
            if fresh and self.read_by_old:
                yield Break(where, f"can be {_words(fresh)} now")

    def _constraints(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        for name, larger_is_more in _LIMITS.items():
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            more = after is None or (before is not None and (after > before) == larger_is_more)
            if more and self.read_by_old:
                yield Break(where, f"lets more through: {name} was {before} and is {after}")
            if not more and self.reads_old:
                yield Break(where, f"lets less through: {name} was {before} and is {after}")
        for name in _SHAPES:
            before, after = old.get(name), new.get(name)
            if before == after:
                continue
            harmless = (before is None and not self.reads_old) or (after is None and not self.read_by_old)
            if not harmless:
                yield Break(where, f"has another {name}: was {before} and is {after}")

    def _properties(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            path = f"{where}.{name}" if where else name
            if name not in after:
                yield Break(path, "is gone")
            else:
                yield from self.breaks(schema, after[name], path)
        for name in after:
            if name in before:
                continue
            path = f"{where}.{name}" if where else name
            if self.reads_old and name in new.get("required", []):
                yield Break(path, "is new and has no default")
            if self.read_by_old and old.get("additionalProperties") is False:
                yield Break(path, "is new, and the old model refuses fields that it doesn't know")
        for name in new.get("required", []):
            if self.reads_old and name in before and name not in old.get("required", []):
                yield Break(f"{where}.{name}" if where else name, "has lost its default")
        extra_before, extra_after = old.get("additionalProperties"), new.get("additionalProperties")
        if isinstance(extra_before, dict) and isinstance(extra_after, dict):
            yield from self.breaks(extra_before, extra_after, f"{where}[key]")
        elif extra_after is False and extra_before is not False and self.reads_old:
            yield Break(where, "refuses fields that it doesn't know now")

    def _items(self, old: Schema, new: Schema, where: str) -> Iterator[Break]:
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        if len(before) != len(after):
            yield Break(where, f"had {len(before)} places and has {len(after)}")
        for number, (one, other) in enumerate(zip(before, after, strict=False)):
            yield from self.breaks(one, other, f"{where}[{number}]")
        if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
            yield from self.breaks(old["items"], new["items"], f"{where}[]")


def _alternatives(schema: Schema, definitions: Schema) -> list[Schema]:
    """The members of a union with references resolved; a list of one for any other schema."""
    if "$ref" in schema:
        return _alternatives(definitions[schema["$ref"].removeprefix(_REF)], definitions)
    union = schema.get("anyOf") or schema.get("oneOf")
    if union:
        return [one for part in union for one in _alternatives(part, definitions)]
    return [schema]


def _kind(schema: Schema) -> str:
    if "type" in schema:
        return str(schema["type"])
    values = _values(schema)
    return type(values[0]).__name__ if values else "anything"


def _values(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _names(schemas: list[Schema]) -> str:
    return " or ".join(_kind(schema) for schema in schemas)


def _words(values: list[Any]) -> str:
    return ", ".join(repr(value) for value in values)
