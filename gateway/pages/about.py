"""/about: what this site is."""

from __future__ import annotations

from flask import Blueprint, render_template

from gateway.together import together

blueprint = Blueprint("about", __name__)


@blueprint.get("/about")
def about() -> str:
    together(_nothing)
    return render_template("about/about.html")


def _nothing() -> None:
    return None
