"""From what pydantic refuses to faults that the gateway can word in any language."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.errors import Fault, Invalid

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
# What a message may want to say: the limit that was passed, or the choices that there are.
_LIMITS = ("min_length", "max_length", "ge", "le")
_CHOICES = "expected"


def faults_of(error: ValidationError) -> list[Fault]:
    """One fault for each thing that pydantic found wrong, its field as `place.latitude` or `tags.0`.

    Params: the limit that was passed as `limit`, or the choices that there are as `expected`.
    """
    faults = []
    for item in error.errors(include_url=False, include_input=True):
        kind = item["type"]
        if kind in ("too_short", "too_long") and isinstance(item["input"], str):
            kind = f"string_{kind}"  # a secret's length is measured as a list's
        if "-" in kind:  # a contract's own check, with a code and params of ours
            field = ".".join(str(part) for part in item["loc"])
            faults.append(Fault(field=field, code=kind, params=item.get("ctx", {})))
            continue
        code = _CODES.get(kind) or ("date-wrong" if kind.startswith(("date", "time")) else "type-wrong")
        context: dict[str, Any] = item.get("ctx", {})
        params: dict[str, str | int] = {}
        if code == "too-short" and not item["input"]:
            code = "missing"
        elif code == "choice-unknown":
            params[_CHOICES] = str(context.get(_CHOICES, ""))
        elif (limit := next((context[name] for name in _LIMITS if name in context), None)) is not None:
            params["limit"] = int(limit)
        field = ".".join(str(part) for part in item["loc"])
        faults.append(Fault(field=field, code=code, params=params))
    return faults


def parse(model: type[M], data: Any) -> M:
    """`data` as a `model`; raises `Invalid` with a fault for each field that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(faults=faults_of(error)) from error
