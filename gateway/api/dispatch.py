"""Runs an endpoint: authenticates the viewer, parses the input, calls the handler and writes its result as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from pydantic import TypeAdapter, ValidationError

from bus.rpc.context import idempotent
from contracts.common import SHOWN_HTML, Page
from contracts.errors import Invalid, NotFound, SignInNeeded
from core.markup_cooked import HEADING_LEVEL, shown
from gateway.api.authentication import authenticate, body_as, check_scope, idempotency_key, query_as
from gateway.api.common import parameter_names
from gateway.api.router import Endpoint
from gateway.errors import error_response
from gateway.request_context import settings

PREFIX = "/api/v1"
CORS = {
    # With `*` a browser sends no cookie, so another site's script can do only what its own token allows.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After",
}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key, If-None-Match, Accept-Language",
    "Access-Control-Max-Age": "86400",
}


def view_of(endpoint: Endpoint) -> Callable[..., Response]:
    """The Flask view of an endpoint."""

    def view(**path: str) -> Response:
        viewer = authenticate()
        if endpoint.scope in ("write", "moderate") and not viewer.signed_in:
            # Before the body is read: nobody who may not send it is told what is wrong with it.
            raise SignInNeeded
        check_scope(viewer, endpoint.scope)
        given = _from_path(endpoint, path)
        if endpoint.body is not None:
            given["body"] = body_as(endpoint.body, endpoint.largest, endpoint.files)
        if endpoint.query is not None:
            given["query"] = query_as(endpoint.query)
        with idempotent(_key(endpoint)):
            try:
                return _respond(endpoint, endpoint.handler(viewer, **given))
            except Invalid as error:
                return error_response(error, parameter_names(endpoint.query))

    view.__name__ = endpoint.name
    return view


def _from_path(endpoint: Endpoint, path: dict[str, str]) -> dict[str, Any]:
    try:
        return {
            name: adapter.validate_python(path[name]) for name, adapter in endpoint.path_parameters.items()
        }
    except ValidationError:
        raise NotFound from None


def _key(endpoint: Endpoint) -> str:
    """The client's idempotency key, bound to the path and the body: with others it is another request."""
    if endpoint.method == "GET":
        return ""
    key = idempotency_key()
    if not key:
        return ""
    digest = hashlib.sha256(request.get_data(cache=True)).hexdigest()
    return f"{key}\n{endpoint.method} {request.path}\n{digest}"


def _respond(endpoint: Endpoint, result: Any) -> Response:
    if endpoint.download is not None:
        response: Response = result
        return response
    if endpoint.response is None:
        return Response(status=204)
    adapter, status = endpoint.response, endpoint.status
    if endpoint.waits is not None and isinstance(result, endpoint.waits):
        adapter, status = TypeAdapter(endpoint.waits), 202
    without = {"total"} if isinstance(result, Page) and result.total is None else None
    context = {SHOWN_HTML: _shown_html}
    content = adapter.dump_json(result, exclude=without, context=context)
    response = Response(content, status, mimetype="application/json")
    if endpoint.location is not None and status != 202:
        fields = adapter.dump_python(result, mode="json", context=context)
        response.headers["Location"] = PREFIX + endpoint.location.format_map(fields)
    if isinstance(result, Page) and result.next is not None:
        response.headers["Link"] = f'<{_address_with(result.next)}>; rel="next"'
    if endpoint.method == "GET":
        # The response depends on these; a shared cache may not store it at all.
        response.vary.update(("Authorization", "Cookie", "Accept-Language"))
        response.add_etag()
        response.make_conditional(request)
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def _shown_html(html: str) -> str:
    config = settings()
    return shown(
        html,
        wiki_url=config.wiki_url,
        wiki_url_for=config.wiki_url_by_language,
        heading_level=HEADING_LEVEL,
    )


def _address_with(cursor: str) -> str:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "cursor"]
    return f"{request.path}?{urlencode([*kept, ('cursor', cursor)])}"
