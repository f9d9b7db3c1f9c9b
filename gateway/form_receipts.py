"""Tells a browser that the copy it keeps of a form has arrived.

`static/js/form_receipts.js` keeps in the browser what somebody writes into a form with `data-keep`, and sends an id of
that copy with the form. When the form is accepted (a redirect), the id comes back in a cookie, and the script deletes
the copy. After any other response (a refusal, an expired session, none at all) the copy stays.
"""

from __future__ import annotations

import re

from flask import Flask, Response, request

from gateway.request_context import settings

COOKIE = "space_kept"
FIELD = "kept"
SECONDS = 3600
_COPY_ID = re.compile(r"[a-z0-9]{8,40}")


def install(app: Flask) -> None:
    """Return the id of the copy with each response to an accepted form."""

    @app.after_request
    def return_receipt(response: Response) -> Response:
        if request.method == "POST" and response.status_code == 303:
            copy_id = request.form.get(FIELD, "")
            if _COPY_ID.fullmatch(copy_id):
                # Not HttpOnly, since the script reads it; it grants nothing.
                secure = settings().base_url.startswith("https:")
                response.set_cookie(COOKIE, copy_id, max_age=SECONDS, samesite="Lax", secure=secure)
        return response
