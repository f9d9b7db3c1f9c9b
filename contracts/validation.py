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
    "string_pattern_mismatch": "shape",
    "string_type": "text-wanted",
    "string_unicode": "text-broken",
    "int_type": "number-wanted",
    "int_parsing": "number-wanted",
    "float_type": "number-wanted",
    "float_parsing": "number-wanted",
    "finite_number": "number-wanted",
    "bool_type": "choice",
    "bool_parsing": "choice",
    "greater_than_equal": "too-small",
    "less_than_equal": "too-large",
    "literal_error": "choice",
    "timezone_aware": "time-zone-missing",
    "timezone_naive": "time-zone-unwanted",
    "list_type": "list-wanted",
    "json_invalid": "json-broken",
}
_LIMITS = ("min_length", "max_length", "ge", "le")


def faults_of(error: ValidationError) -> list[Fault]:
    """One fault for each thing that pydantic found wrong, with the limit that was passed as `limit`."""
    faults = []
    for item in error.errors(include_url=False, include_input=False):
        kind = item["type"]
        code = _CODES.get(kind) or ("date" if kind.startswith(("date", "time")) else "wrong")
        context: dict[str, Any] = item.get("ctx", {})
        limit = next((context[name] for name in _LIMITS if name in context), None)
        if code == "too-short" and limit == 1:
            code = "missing"
        params: dict[str, str | int] = {} if limit is None else {"limit": int(limit)}
        field = ".".join(str(part) for part in item["loc"])
        faults.append(Fault(field=field, code=code, params=params))
    return faults


def parse(model: type[M], data: Any) -> M:
    """`data` as a `model`; raises `Invalid` with a fault for each field that is wrong."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise Invalid(faults=faults_of(error)) from error
