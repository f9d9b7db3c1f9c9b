"""Comparing schemas: which changes are incompatible, and in which direction."""

from typing import Any

import pytest

from contracts.evolution import Comparison

WORD = {"type": "string"}
SHORT = {"type": "string", "maxLength": 10}


def breaks(old: dict[str, Any], new: dict[str, Any], *, reads_old: bool, read_by_old: bool) -> bool:
    return bool(Comparison({}, {}, reads_old, read_by_old).breaks(old, new))


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (SHORT, WORD),
        (SHORT, SHORT | {"maxLength": 11}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 0}),
        ({"type": "string", "pattern": "^a"}, WORD),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b", "c"]}),
        ({"type": "string", "enum": ["a"]}, WORD),
        ({"type": "string", "const": "a"}, {"type": "string", "enum": ["a", "b"]}),
        (WORD, {"anyOf": [WORD, {"type": "null"}]}),
        ({"type": "array", "items": SHORT}, {"type": "array", "items": WORD}),
        (
            {"type": "object", "additionalProperties": SHORT},
            {"type": "object", "additionalProperties": WORD},
        ),
        (
            {"type": "array", "prefixItems": [SHORT, WORD], "maxItems": 2},
            {"type": "array", "prefixItems": [WORD, WORD], "maxItems": 2},
        ),
    ],
)
def test_narrowing_breaks_readers_of_the_old_and_widening_old_readers(
    narrow: dict[str, Any], wide: dict[str, Any]
) -> None:
    assert breaks(wide, narrow, reads_old=True, read_by_old=False)
    assert not breaks(wide, narrow, reads_old=False, read_by_old=True)
    assert breaks(narrow, wide, reads_old=False, read_by_old=True)
    assert not breaks(narrow, wide, reads_old=True, read_by_old=False)
    assert not breaks(narrow, narrow, reads_old=True, read_by_old=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (WORD, {"type": "integer"}),
        (WORD, {"type": "array", "items": WORD}),
        ({"anyOf": [WORD, {"type": "null"}]}, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ({"type": "string", "pattern": "^a"}, {"type": "string", "pattern": "^b"}),
        ({"type": "array", "prefixItems": [WORD]}, {"type": "array", "prefixItems": [WORD, WORD]}),
    ],
)
def test_another_type_breaks_everyone(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert breaks(old, new, reads_old=True, read_by_old=False)
    assert breaks(old, new, reads_old=False, read_by_old=True)


def test_words_about_a_field_are_free() -> None:
    assert not breaks(
        WORD | {"title": "Name", "description": "Its name"},
        WORD | {"title": "Nom", "default": "x"},
        reads_old=True,
        read_by_old=True,
    )


def test_models_that_refuse_unknown_fields_can_grow_only_where_the_new_side_reads() -> None:
    old = {"type": "object", "properties": {"a": WORD}, "required": ["a"], "additionalProperties": False}
    new = old | {"properties": {"a": WORD, "b": WORD}}
    assert not breaks(old, new, reads_old=True, read_by_old=False)
    assert breaks(old, new, reads_old=False, read_by_old=True)
    assert breaks({**old, "additionalProperties": True}, old, reads_old=True, read_by_old=False)


def test_a_default_that_goes_is_a_break() -> None:
    old = {"type": "object", "properties": {"a": WORD}}
    assert breaks(old, old | {"required": ["a"]}, reads_old=True, read_by_old=False)
    assert not breaks(old | {"required": ["a"]}, old, reads_old=True, read_by_old=True)


def test_a_model_within_itself_is_compared_once() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "name": WORD}}
    other = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Knot"}, "name": SHORT}}
    comparison = Comparison({"Node": node}, {"Knot": other}, reads_old=True, read_by_old=False)
    (found,) = comparison.breaks({"$ref": "#/$defs/Node"}, {"$ref": "#/$defs/Knot"})
    assert (found.where, "maxLength" in found.what) == ("name", True)
