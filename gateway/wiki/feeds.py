"""`/feeds/…`: what is public, as RSS, Atom, JSON Feed and iCalendar.

A feed's address says all that it depends on, its language too, so that anyone may keep it: no cookie, no account and no
header of the reader's changes it.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, current_app, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleQuery
from contracts.errors import NotFound, SpaceError
from contracts.events import EventQuery, EventView
from contracts.forum import TopicQuery
from contracts.search import SearchQuery
from contracts.validation import parse
from core import slugs
from core.audience import STRANGER
from gateway import paths
from gateway.api.authentication import known_parameters
from gateway.api.common import contract_query, language_of
from gateway.api.schemas import EventListQuery, SearchParameters
from gateway.former_categories import slug_now
from gateway.i18n.messages import message
from gateway.redirects import redirect_to_page
from gateway.request_context import known_language, services, settings
from gateway.site.words import site_name
from gateway.wiki.collect import Collector
from gateway.wiki.feed_formats import FORMATS, Feed
from gateway.wiki.icalendar import calendar
from gateway.wiki.items import Item, Writer

blueprint = Blueprint("feeds", __name__)

ICS = "ics"
_FORMAT = "<any(rss, atom, json):format>"
_HOMES = {"all": "/", "news": "/news", "talk": "/talk", "events": "/events"}


@blueprint.get(f"/feeds/all.{_FORMAT}")
def all_feed(format: str) -> Response:
    query = _parameters()
    return _feed(
        format, "all", _HOMES["all"], _collector(query).everything(_one(query.tag), _lang(query), query.limit)
    )


@blueprint.get(f"/feeds/news.{_FORMAT}")
def news_feed(format: str) -> AnyResponse:
    query = _parameters()
    wanted = ArticleQuery(
        tag=_one(query.tag), category=query.category, language=_lang(query), limit=query.limit
    )
    return _of_category(format, "news", query, _collector(query).news(wanted))


@blueprint.get(f"/feeds/talk.{_FORMAT}")
def talk_feed(format: str) -> AnyResponse:
    query = _parameters()
    wanted = TopicQuery(
        tag=_one(query.tag), category=query.category, language=_lang(query), sort="new", limit=query.limit
    )
    return _of_category(format, "talk", query, _collector(query).talk(wanted))


@blueprint.get(f"/feeds/events.{_FORMAT}")
def events_feed(format: str) -> Response:
    return _feed(format, "events", _HOMES["events"], _collector(_parameters()).events(_event_query()))


@blueprint.get("/feeds/events.ics")
def events_calendar() -> Response:
    return _calendar("events", _collector(_parameters()).calendar(_event_query()))


@blueprint.get("/feeds/events/<event_id>.ics")
def event_calendar(event_id: str) -> Response:
    return _calendar("events", [_collector(_parameters()).event(event_id)])


@blueprint.get("/feeds/tags/<path:tag>")
def tag_feed(tag: str) -> AnyResponse:
    name, format = _name_and_format(tag)
    if f"{name}.{format}" != tag:
        return redirect_to_page(f"/feeds{paths.tag_path(name)}.{format}", 308)
    query = _parameters()
    if format == ICS:
        dates = _collector(query).calendar(EventQuery(tag=name))
        return (None if dates else _to_tag_now(name, format)) or _calendar("tag", dates, name)
    items = _collector(query).everything(name, _lang(query), query.limit)
    return (None if items else _to_tag_now(name, format)) or _feed(
        format, "tag", paths.tag_path(name), items, name
    )


@blueprint.get("/feeds/search.<any(rss, atom, json, ics):format>")
def search_feed(format: str) -> Response:
    query = _parameters()
    # A feed is read for what is new; only who asks for another order gets it.
    order = "sort" if "sort" in request.args else None
    query = query if order else query.model_copy(update={"sort": "newest"})
    wanted = contract_query(SearchQuery, STRANGER, query)
    if format == ICS:
        return _calendar("search", _collector(query).found_events(wanted), query.q)
    home = f"/search?{urlencode(list(request.args.items(multi=True)))}"
    return _feed(format, "search", home, _collector(query).found(wanted), query.q)


@blueprint.errorhandler(SpaceError)
def refuse(error: SpaceError) -> Response:
    """A feed reader shows no page: a line of text says what is wrong."""
    lines = [error.code, *(f"{fault.field}: {fault.code}" for fault in error.faults)]
    response = Response("\n".join(lines) + "\n", error.status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    if seconds := error.params.get("seconds"):
        response.headers["Retry-After"] = str(seconds)
    elif error.status == 503:
        response.headers["Retry-After"] = "30"
    return response


def _parameters() -> SearchParameters:
    """The address's parameters; those that nobody knows (readers add some) are passed over."""
    return parse(SearchParameters, known_parameters(SearchParameters))


def _event_query() -> EventQuery:
    query = parse(EventListQuery, known_parameters(EventListQuery))
    return EventQuery(
        from_time=query.after,
        to_time=query.before,
        tag=query.tag,
        spoken=language_of(query.spoken),
        country=query.country,
        format=query.format,
        limit=query.limit,
    )


def _to_tag_now(tag: str, format: str) -> AnyResponse | None:
    """A redirect to the feed of the tag that this one was replaced by, if it was."""
    now = services().people.tag_now(STRANGER, tag)
    return None if now is None else redirect_to_page(f"/feeds{paths.tag_path(now)}.{format}", 301)


def _of_category(
    format: str, domain: Literal["news", "talk"], query: SearchParameters, items: list[Item]
) -> AnyResponse:
    """A feed of articles or topics; from a category that was merged into another one, a redirect to that one's."""
    now = slug_now(STRANGER, domain, query.category) if query.category and not items else None
    if now is not None:
        return redirect_to_page(f"/feeds/{domain}.{format}?category={quote(now, safe='')}", 301)
    return _feed(format, domain, _HOMES[domain], items)


def _one(values: list[str]) -> str | None:
    return values[0] if values else None


def _lang(query: SearchParameters) -> str | None:
    return language_of(_one(query.lang))


def _reading_language(query: SearchParameters) -> str | None:
    """The language to read in: `uselang`, else the first `lang`; None: each thing in its original."""
    for code in (request.args.get("uselang", ""), *query.lang[:1]):
        if code and (known := known_language(code)):
            return known
    return None


def _collector(query: SearchParameters) -> Collector:
    language = _reading_language(query)
    viewer = STRANGER.model_copy(update={"languages": (language,) if language else ()})
    return Collector(services(), Writer(settings()), viewer)


def _name_and_format(last: str) -> tuple[str, str]:
    name, _, format = last.rpartition(".")
    try:
        tag = slugs.tag(name)
    except ValueError:
        raise NotFound from None
    if format not in (*FORMATS, ICS):
        raise NotFound
    return tag, format


def _own_address() -> str:
    """This feed's address as others reach it, with its parameters in one spelling."""
    query = urlencode(list(request.args.items(multi=True)))
    return settings().base_url + quote(request.path) + (f"?{query}" if query else "")


def _title(kind: str, lang: str, *of: str) -> str:
    return message(f"space-wiki-feed-{kind}", lang, site_name(), *of)


def _feed(format: str, kind: str, home: str, items: list[Item], *of: str) -> Response:
    collector_query = _parameters()
    lang = _reading_language(collector_query) or "en"
    media_type, write = FORMATS[format]
    writer = Writer(settings())
    address = _own_address()
    feed = Feed(
        # The same feed in another format has the same id.
        id=writer.id_of("feed", address.removeprefix(settings().base_url).replace(f".{format}", "", 1)),
        title=_title(kind, lang, *of),
        description=message("space-wiki-feed-about", lang, site_name()),
        language=lang,
        url=address,
        home=writer.absolute(home),
        site=site_name(),
        items=items,
        style=current_app.extensions["space.assets"].url("css/feed.css"),
        names=_collector(collector_query).names(items),
    )
    if format != "json" and request.headers.get("Sec-Fetch-Dest") == "document":
        # A browser that opens the feed shows it with its style sheet only by this name.
        media_type = "application/xml"
    response = Response(write(feed), content_type=f"{media_type}; charset=utf-8")
    response.vary.add("Sec-Fetch-Dest")
    return _public(response)


def _calendar(kind: str, events: list[EventView], *of: str) -> Response:
    config = settings()
    lang = _reading_language(_parameters()) or "en"
    writer = Writer(config)
    pages = [(event, writer.absolute(paths.event_path(event.id, event.slug))) for event in events]
    body = calendar(
        _title(kind, lang, *of), _own_address(), pages, urlsplit(config.base_url).hostname or "localhost"
    )
    response = Response(body, content_type="text/calendar; charset=utf-8")
    return _public(response)


def _public(response: Response) -> Response:
    """Let every cache store the response and validate it at each use, and any site's script read it.

    It is validated by its ETag alone. A time would go back when the newest entry is taken out of a list, and whoever
    asks by `If-Modified-Since` would then keep what is no longer there.
    """
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.add_etag()
    response.make_conditional(request)
    return response
