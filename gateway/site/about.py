"""/about: about this site."""

from __future__ import annotations

from flask import Blueprint, render_template

blueprint = Blueprint("about", __name__)


@blueprint.get("/about")
def about() -> str:
    return render_template("site/about.html")
