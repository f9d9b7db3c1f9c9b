"""/about: what this site is."""

from __future__ import annotations

from flask import Blueprint, render_template

from gateway.concurrency import run_concurrently

blueprint = Blueprint("about", __name__)


@blueprint.get("/about")
def about() -> str:
    run_concurrently(_nothing)
    return render_template("site/about.html")


def _nothing() -> None:
    return None
