"""Authenticates a request to the API, and parses its body and query into models."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any, NoReturn, TypeVar, get_args, get_origin

from flask import request
from pydantic import BaseModel
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from contracts.errors import Forbidden, Invalid, SignInNeeded, invalid
from contracts.validation import parse
from core.audience import Viewer
from gateway.limits.clients import viewer_of_bearer
from gateway.request_context import interface_language, request_context, unidentified_error

M = TypeVar("M", bound=BaseModel)

BEARER = "bearer"
LONGEST_KEY = 200
# Of a command's JSON, at all depths. The largest command has some fifty.
MOST_VALUES = 1_000
# A parameter of every page of this site, and of no endpoint.
_EVERYWHERE = {"uselang"}


def authenticate() -> Viewer:
    """The viewer: the bearer token's owner, else the browser session's, else a stranger.

    An unknown token is refused, even with a valid session, since requests with a bearer token need no CSRF token.
    Raises `SignInNeeded("token-wrong")`, and `Unavailable` while `people` can't say whose the token or session is.
    """
    token = bearer_token()
    if token is None:
        if request_context().unidentified:
            raise unidentified_error()
        return request_context().viewer
    known = viewer_of_bearer(token)
    if known is None:
        raise SignInNeeded("token-wrong")
    first = interface_language(known.languages[0] if known.languages else None)
    first = "en" if first == "qqx" else first
    order = (first, *(code for code in known.languages if code != first))
    return known.model_copy(update={"languages": order})


def bearer_token() -> str | None:
    """The request's bearer token as it was sent; None if there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == BEARER else None


def check_scope(viewer: Viewer, scope: str | None) -> None:
    """Raise `Forbidden("scope-missing")` if the viewer has a token without this scope."""
    if scope is not None and not viewer.holds(scope):
        raise Forbidden("scope-missing", params={"scope": scope})


def body_as(model: type[M], largest: int, files: bool = False) -> M:
    """The request's JSON as a `model`. An empty body counts as `{}`. `files`: a form with a file is accepted too.

    Raises werkzeug's errors for a wrong media type, a body that is too large and one that is not UTF-8, and `Invalid`
    for broken JSON and invalid fields.
    """
    if files and request.mimetype == "multipart/form-data":
        return parse(model, _form_with_file())
    return parse(model, json_body(largest))


def _form_with_file() -> dict[str, str]:
    """The form's fields, and its file in base64 as the field `base64`."""
    fields = {name: value for name, value in request.form.items() if name != "base64"}
    file = request.files.get("file")
    if file is not None:
        fields["base64"] = base64.b64encode(file.read()).decode("ascii")
    return fields


def json_body(largest: int) -> Any:
    """The request's JSON."""
    request.max_content_length = largest
    if (request.content_length or 0) > largest:
        raise RequestEntityTooLarge
    data = request.get_data(cache=True)
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest from None
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        error = Invalid("json-broken")
        raise error from None
    for number, (place, words) in enumerate(_values(value)):
        if number > MOST_VALUES:
            raise Invalid("json-too-complex", params={"limit": MOST_VALUES})
        if isinstance(words, str) and "\x00" in words:
            raise invalid(place, "text-broken")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _values(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every value within a JSON value with its path (PostgreSQL can't store U+0000 in a text)."""
    waiting = [(place, value)]
    while waiting:
        where, one = waiting.pop()
        yield where, one
        if isinstance(one, dict):
            waiting.extend((f"{where}.{name}" if where else name, inner) for name, inner in one.items())
        elif isinstance(one, list):
            waiting.extend(
                (f"{where}.{index}" if where else str(index), inner) for index, inner in enumerate(one)
            )


def query_as(model: type[M]) -> M:
    """The request's query as a `model`.

    Values of a list are separated by commas or repeated; an empty value counts as absent.
    """
    unknown = {
        name: value for name, value in request.args.items() if name not in {*model.model_fields, *_EVERYWHERE}
    }
    return parse(model, {**unknown, **known_parameters(model)})


def known_parameters(model: type[BaseModel]) -> dict[str, Any]:
    """The request's query parameters that are fields of `model`."""
    values: dict[str, Any] = {}
    for name, given in request.args.lists():
        field = model.model_fields.get(name)
        if field is None:
            continue
        if _is_list(field.annotation):
            values[name] = [one.strip() for value in given for one in value.split(",") if one.strip()]
        elif given[-1] != "":
            values[name] = given[-1]
    return values


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_is_list(inner) for inner in get_args(annotation))


def idempotency_key() -> str:
    """The client's `Idempotency-Key`; `""` if there is none.

    Raises `Invalid` if it is too long or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise invalid("Idempotency-Key", "shape-wrong")
    return key
