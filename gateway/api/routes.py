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
    """What a browser asks before it lets another site's script send a token."""
    if request.method == "OPTIONS" and _is_ours():
        return Response(status=204, headers=PREFLIGHT)
    return None


@blueprint.after_app_request
def allow_other_sites(response: Response) -> Response:
    # Errors too, and also those from before any endpoint was found: a script must be able to read what went wrong.
    if _is_ours():
        for name, value in CORS.items():
            response.headers.setdefault(name, value)
    return response


def _is_ours() -> bool:
    return request.path.startswith(f"{PREFIX}/")
