"""Converts pydantic's validation errors to faults, for which the gateway has messages in every language."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import Fault, Invalid
from core.plain_text import is_visible

M = TypeVar("M", bound=BaseModel)

_CODES = {
    "missing": "missing",
    "extra_forbidden": "field-unknown",
    "string_too_short": "too-short",
    "string_too_long": "too-long",
    "too_short": "too-few",
    "too_long": "too-many-items",
    "string_pattern_mismatch": "shape-wrong",
    "string_unicode": "text-broken",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "literal_error": "choice-unknown",
    "timezone_aware": "timezone-missing",
    "timezone_naive": "timezone-unwanted",
    "json_invalid": "json-broken",
}
# One who sent a thousand wrong fields is helped by the first few, and their response stays small.
MOST_FAULTS = 20
LONGEST_FIELD = 100
# The context of an error that a message may use: the limit that was exceeded, or the choices.
_LIMITS = ("min_length", "max_length", "ge", "le")
_CHOICES = "expected"


def faults_of(error: ValidationError) -> list[Fault]:
    """A fault for each of the first errors that pydantic found; fields are written as `place.latitude` or `tags.0`.

    Params of a fault: `limit`, the limit that was exceeded, or `expected`, the choices.
    """
    faults = []
    for item in error.errors(include_url=False, include_input=True)[:MOST_FAULTS]:
        kind = item["type"]
        field = ".".join(str(part) for part in item["loc"])[:LONGEST_FIELD]
        if kind in ("too_short", "too_long") and isinstance(item["input"], str):
            kind = f"string_{kind}"  # pydantic reports the length of a `SecretStr` as that of a list
        if "-" in kind:  # an error of a validator in `contracts`, with our own code and params
            faults.append(Fault(field=field, code=kind, params=item.get("ctx", {})))
            continue
        code = _CODES.get(kind) or ("date-wrong" if kind.startswith(("date", "time")) else "type-wrong")
        context: dict[str, Any] = item.get("ctx", {})
        params: dict[str, str | int] = {}
        given = item["input"]
        if code == "too-short" and not (is_visible(given) if isinstance(given, str) else given):
            code = "missing"
        elif code == "choice-unknown":
            params[_CHOICES] = str(context.get(_CHOICES, ""))
        elif (limit := next((context[name] for name in _LIMITS if name in context), None)) is not None:
            params["limit"] = int(limit)
        faults.append(Fault(field=field, code=code, params=params))
    return faults


def parse(model: type[M], data: Any) -> M:
    """`data` as a `model`; raises `Invalid` with a fault for each field that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(faults=faults_of(error)) from error
