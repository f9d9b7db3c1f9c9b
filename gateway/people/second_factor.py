"""Turning the second factor on and off, from /settings: the secret as a QR code, then the recovery codes."""

from __future__ import annotations

import re
from urllib.parse import quote, urlencode

import segno
from flask import Response, render_template
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from bus.rpc.context import coming_from
from contracts.errors import invalid
from contracts.people import EnterCode, OwnPassword
from gateway.forms import Form, build
from gateway.notices import redirect_with
from gateway.request_context import services, viewer
from gateway.security import unkept
from gateway.signin.devices import origin_of
from gateway.site.words import site_name

_SECRET = re.compile(r"[A-Z2-7]{32}")


def begin(form: Form) -> AnyResponse:
    """Show a secret for the person's app, and ask for a code of it."""
    command = build(OwnPassword, password=form.get("factor_password"))
    with coming_from(origin_of(viewer().name or "")):
        setup = services().people.begin_second_factor(viewer(), command)
    return setup_page(Form.filled(secret=setup.secret))


def confirm(form: Form) -> AnyResponse:
    """Turn it on by a code, and show the recovery codes, which are stored nowhere."""
    found = services().people.confirm_second_factor(viewer(), build(EnterCode, code=form.text("code")))
    return codes_page(found.codes) or redirect_with("/settings#s-factor", "space-signin-app-added")


def remove(form: Form) -> AnyResponse:
    """Turn it off."""
    command = build(OwnPassword, password=form.get("factor_password"))
    with coming_from(origin_of(viewer().name or "")):
        services().people.remove_second_factor(viewer(), command)
    return redirect_with("/settings#s-factor", "space-account-factor-removed")


def codes_page(codes: list[str]) -> Response | None:
    """The page of new recovery codes, which are shown once; None if there are none, for an account has some already."""
    return unkept(render_template("account/recovery_codes.html", codes=codes)) if codes else None


def setup_page(form: Form) -> Response:
    """The page with the secret that the form has: shown again after a wrong code."""
    secret = form.get("secret")
    if not _SECRET.fullmatch(secret):
        raise invalid("secret", "choice-unknown")
    site = site_name()
    label = quote(f"{site}:{viewer().name}", safe="")
    address = f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': site}, quote_via=quote)}"
    # Black on white in dark mode too: not every app reads the reverse.
    picture = segno.make(address, error="m", micro=False).svg_inline(
        scale=5, border=4, dark="#000", light="#fff", svgclass="qr-code", lineclass=None, omitsize=True
    )
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    page = render_template(
        "account/second_factor.html", form=form, picture=Markup(picture), secret=secret, grouped=grouped
    )
    return unkept(page)
