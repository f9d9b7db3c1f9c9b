"""Errors in words: for pages, and as problem details (RFC 9457) for the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from contracts.errors import (
    Fault,
    Forbidden,
    Invalid,
    NotFound,
    SignInNeeded,
    SpaceError,
    TooMany,
    Unavailable,
)
from contracts.validation import faults_of
from gateway.i18n.messages import has, message

MEDIA_TYPE = "application/problem+json"

_BY_STATUS: dict[int, type[SpaceError]] = {
    400: Invalid,
    401: SignInNeeded,
    403: Forbidden,
    404: NotFound,
    422: Invalid,
    429: TooMany,
    503: Unavailable,
}


def sentence(
    code: str, lang: str, params: dict[str, str | int] | None = None, otherwise: str = "error"
) -> str:
    """What `code` means and what to do about it, in `lang`. `$1`, `$2`… are the params in their order.

    A code of a newer service that has no message yet gets that of `otherwise`, the code of its kind.
    """
    for each in (code, otherwise, "error"):
        if has(f"space-errors-{each}"):
            return message(f"space-errors-{each}", lang, *(params or {}).values())
    raise LookupError("space-errors-error")


def fault_sentence(fault: Fault, lang: str) -> str:
    """What is wrong with one field."""
    return sentence(fault.code, lang, fault.params, "invalid-field")


def title(error: SpaceError, lang: str) -> str:
    """The kind of the error in a few words."""
    key = f"space-errors-title-{error.kind}"
    return message(key if has(key) else "space-errors-title-error", lang)


def problem(error: SpaceError, lang: str, names: Mapping[str, str]) -> dict[str, Any]:
    """The error as problem details. `code` is for programs; `detail` is a sentence for people; `errors` name fields.

    `names`: what the request calls a field of the contract, where the two differ.
    """
    details: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": title(error, lang),
        "status": error.status,
        "code": error.code,
        "detail": sentence(error.code, lang, error.params, error.kind),
    }
    if error.params:
        details["params"] = error.params
    if error.faults:
        details["errors"] = [
            {
                "field": _renamed(fault.field, names),
                "code": fault.code,
                "params": fault.params,
                "message": fault_sentence(fault, lang),
            }
            for fault in error.faults
        ]
    # Such as both texts of a stale edit.
    details.update({key: value for key, value in error.data.items() if key not in details})
    return details


def _renamed(field: str, names: Mapping[str, str]) -> str:
    """The field as the request calls it: `languages.0` as `lang.0`."""
    first, dot, rest = field.partition(".")
    return f"{names.get(first, first)}{dot}{rest}"


def of_http(error: HTTPException) -> SpaceError:
    """An error of Flask (no such page, too large, not allowed…) as a typed one with the same status."""
    status = error.code or 500
    if status == 404:
        return NotFound()
    codes = {400: "request-broken", 405: "method-wrong", 413: "request-too-large", 415: "media-type-wrong"}
    made = _BY_STATUS.get(status, SpaceError)(codes.get(status, ""))
    made.status = status  # type: ignore[misc]
    return made


def of_validation(error: ValidationError) -> Invalid:
    """A pydantic error as `Invalid` with a fault for each field."""
    return Invalid(faults=faults_of(error))
