"""Lets a browser know that what it kept of a form has arrived.

`static/js/form_receipts.js` keeps in the browser what somebody writes into a form with `data-keep`, and sends a mark of
that copy along. A redirect says that the form was accepted: then the mark comes back in a cookie, and the script drops
the copy. Any other answer (a refusal, an expired session, no answer at all) leaves it where it is.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request

from gateway.request_context import settings

COOKIE = "space_kept"
FIELD = "kept"
SECONDS = 3600
_MARK = re.compile(r"[a-z0-9]{8,40}")


def install(app: Flask) -> None:
    """Answer the mark of each form that was accepted."""

    @app.after_request
    def arrived(response: Response) -> Response:
        if request.method == "POST" and response.status_code == 303:
            mark = request.form.get(FIELD, "")
            if _MARK.fullmatch(mark):
                # For the script to read, so not HttpOnly; it opens nothing.
                secure = settings().base_url.startswith("https:")
                response.set_cookie(COOKIE, mark, max_age=SECONDS, samesite="Lax", secure=secure)
        return response
