"""/feeds: which feeds and calendars there are, with their addresses, also for a view with filters."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask.blueprints import BlueprintSetupState

from contracts.errors import NotFound
from core import slugs
from gateway import paths
from gateway.events.queries import FILTERS
from gateway.forms import Form
from gateway.i18n.messages import message
from gateway.request_context import request_context, settings
from gateway.site.words import site_name

blueprint = Blueprint("feed_page", __name__)

# The filters that each feed takes, by the names of their parameters.
_FILTERS: dict[str, tuple[str, ...]] = {
    "all": ("tag", "lang"),
    "news": ("tag", "category", "lang"),
    "talk": ("tag", "category", "lang"),
    "events": FILTERS,
    "tag": (),
    "search": (
        "q",
        "kind",
        "lang",
        "tag",
        "category",
        "author",
        "group",
        "after",
        "before",
        "near",
        "within",
        "sort",
    ),
}
_FORMATS = ("atom", "rss", "json")
_WITH_CALENDAR = frozenset({"events", "tag", "search"})


@dataclass(frozen=True)
class Subscription:
    """A feed's title, its address by format, the calendar's address if it has one, and that for calendar programs."""

    title: str
    addresses: dict[str, str]
    calendar: str | None
    webcal: str | None


@blueprint.record_once
def add_to_macros(state: BlueprintSetupState) -> None:
    """Let every template link to the page of its view's addresses."""
    state.app.jinja_env.globals["feeds_path"] = feeds_path


@blueprint.get("/feeds")
def feeds() -> str:
    form = Form(request.args)
    of = form.get("of")
    chosen = None
    if of:
        if of not in _FILTERS:
            raise NotFound
        chosen = _subscription(of, form)
    empty = Form.filled()
    return render_template(
        "site/feeds.html",
        chosen=chosen,
        subscriptions=[_subscription(each, empty) for each in ("all", "news", "talk", "events")],
    )


def feeds_path(of: str, form: Form | None = None, **values: str) -> str:
    """The page that shows the addresses of a view: of its kind, with the filters of its form or these."""
    given = [
        (name, text) for name in _FILTERS[of] if form is not None for text in form.all(name) if text.strip()
    ]
    return f"/feeds?{urlencode([('of', of), *given, *values.items()])}"


def _subscription(of: str, form: Form) -> Subscription:
    query = urlencode([(name, text) for name in _FILTERS[of] for text in form.all(name) if text.strip()])
    name = ""
    path = f"/feeds/{of}"
    if of == "tag":
        try:
            name = slugs.tag(form.text("tag"))
        except ValueError:
            raise NotFound from None
        path = f"/feeds{paths.tag_path(name)}"
    elif of == "search":
        name = form.text("q")
    lang, base = request_context().language, settings().base_url
    suffix = f"?{query}" if query else ""
    title = message(f"space-wiki-feed-{of}", lang, site_name(), *([name] if name or of == "search" else []))
    calendar = f"{base}{path}.ics{suffix}" if of in _WITH_CALENDAR else None
    return Subscription(
        title=title,
        addresses={format: f"{base}{path}.{format}{suffix}" for format in _FORMATS},
        calendar=calendar,
        webcal=f"webcal://{calendar.partition('://')[2]}" if calendar else None,
    )
