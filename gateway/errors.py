"""Error responses: a page that says what to do, or problem details under `/api`."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping

from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from contracts.errors import Forbidden, NotFound, SignInNeeded, SpaceError, Unavailable
from gateway.forms import Form
from gateway.problems import MEDIA_TYPE, fault_sentence, of_http, problem, sentence, title
from gateway.request_context import request_context, unidentified_error
from gateway.signin import errand

log = logging.getLogger(__name__)


def wants_problem() -> bool:
    """Whether the response is problem details: to the API, to streams, and to our own scripts."""
    if request.path.startswith(("/api/", "/v2/")) or request.path == "/live":
        return True
    return request.accept_mimetypes.best == "application/json"


def error_response(error: SpaceError, names: Mapping[str, str] | None = None) -> Response:
    """The response to a request that failed with `error`.

    `names`: what the request calls a field of the contract, where the two differ.
    """
    context = request_context()
    if context.unidentified and isinstance(error, Forbidden | NotFound | SignInNeeded):
        error = unidentified_error()
    lang = context.language
    if wants_problem():
        response = make_response(
            json.dumps(problem(error, lang, names or {}), ensure_ascii=False), error.status
        )
        response.mimetype = MEDIA_TYPE
    elif isinstance(error, SignInNeeded):
        response = make_response(sign_in_page(), error.status)
    else:
        page = render_template(
            "error.html",
            error=error,
            title=title(error, lang),
            sentence=sentence(error.code, lang, error.params, error.kind),
            faults=[(fault.field, fault_sentence(fault, lang)) for fault in error.faults],
        )
        response = make_response(page, error.status)
    response.headers["Cache-Control"] = "no-store"
    if seconds := error.params.get("seconds"):
        response.headers["Retry-After"] = str(seconds)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = "5"
    if error.status == 401 and request.path.startswith("/api/"):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def sign_in_page() -> str:
    """What the request is about, and the form that signs in or up and then goes on with it."""
    form = Form.filled(next=errand.way_back())
    return render_template(
        "signin/needed.html", form=form, title_key=errand.title_key(), carried=errand.carried()
    )


def install(app: Flask) -> None:
    """Register the error handlers."""

    @app.errorhandler(SpaceError)
    def typed(error: SpaceError) -> Response:
        if isinstance(error, Forbidden) and error.code == "form-expired" and errand.session_ended():
            error = SignInNeeded()
        return error_response(error)

    @app.errorhandler(HTTPException)
    def flasks_own(error: HTTPException) -> Response:
        if isinstance(error, RequestRedirect) or error.response is not None:
            return make_response(error.get_response())
        response = error_response(of_http(error))
        if error.code == 405 and (allow := dict(error.get_headers()).get("Allow")):
            response.headers["Allow"] = allow
        return response

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        # The path may name something private, and the query may hold a search: neither is logged.
        log.exception("A request failed: %s %s", request.method, request.endpoint)
        if app.testing:
            raise error
        return error_response(SpaceError())
