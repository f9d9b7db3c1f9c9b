"""The blueprint of `/api/v1`: every declared endpoint, and the OpenAPI document."""

from __future__ import annotations

import json
from functools import cache

from flask import Blueprint, Response, request

from gateway.api.declared import ENDPOINTS
from gateway.api.dispatch import CORS, PREFIX, PREFLIGHT, view_of
from gateway.api.openapi import document

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)

for _endpoint in ENDPOINTS:
    blueprint.add_url_rule(
        _endpoint.rule,
        _endpoint.name,
        view_of(_endpoint),
        methods=[_endpoint.method],
        provide_automatic_options=False,
    )


@cache
def _document() -> str:
    return json.dumps(document(), ensure_ascii=False)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    response = Response(_document(), mimetype="application/json")
    response.headers["Cache-Control"] = "public, no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response


@blueprint.before_app_request
def preflight() -> Response | None:
    """Answer a browser's preflight request, which comes before another site's script may send a token (CORS)."""
    if request.method == "OPTIONS" and _is_api():
        return Response(status=204, headers=PREFLIGHT)
    return None


@blueprint.after_app_request
def allow_other_sites(response: Response) -> Response:
    # Errors too, also those of paths without an endpoint: a script must be able to read what went wrong.
    if _is_api():
        for name, value in CORS.items():
            response.headers.setdefault(name, value)
    return response


def _is_api() -> bool:
    return request.path.startswith(f"{PREFIX}/")
