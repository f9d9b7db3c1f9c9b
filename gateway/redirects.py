"""Redirects from one address of a page to its canonical one."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import redirect, request
from werkzeug.wrappers import Response

# `uselang` sets the language of one answer, and a redirect is none that anybody reads.
OF_EVERY_PAGE = frozenset({"uselang"})


def redirect_to_page(address: str, code: int, keep: frozenset[str] | None = None) -> Response:
    """Redirect to `address` with the query of this request added, or only its parameters named in `keep`.

    Parameters that `address` has itself stay as they are there.
    """
    parts = urlsplit(address)
    own = {pair.partition("=")[0] for pair in parts.query.split("&")}
    kept = [
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in own and (keep is None or name in keep)
    ]
    query = "&".join(each for each in (parts.query, urlencode(kept)) if each)
    return redirect(urlunsplit(parts._replace(query=query)), code)
