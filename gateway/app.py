"""The gateway as one Flask application, made from settings and services by the composition root."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from flask import Flask

from bus.ops import cpu_time
from bus.ops.tracing import begin_trace
from bus.rpc.context import within
from contracts.blog import BlogApi
from contracts.events import EventsApi
from contracts.forum import ForumApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi
from core.settings import Settings
from gateway import (
    assets,
    compression,
    csrf,
    deletion,
    errors,
    form_receipts,
    helpers,
    hosts,
    security,
    silenced,
)
from gateway.administration import accounts as admin_accounts
from gateway.administration import categories as admin_categories
from gateway.administration import invitations as admin_invitations
from gateway.administration import log as admin_log
from gateway.administration import merging as admin_merging
from gateway.administration import parts as admin_parts
from gateway.administration import people as admin_people
from gateway.administration import sign_up_requests as admin_sign_up_requests
from gateway.administration import site as admin_site
from gateway.administration import tags as admin_tags
from gateway.api import routes as api_routes
from gateway.blog import board as blog_board
from gateway.blog import deleting as blog_deleting
from gateway.blog import pages as blog_pages
from gateway.blog import proposals as blog_proposals
from gateway.blog import writing as blog_writing
from gateway.cache import rendering, surrogates
from gateway.cache.log_ends import LogEnds
from gateway.cache.middleware import PageCache
from gateway.cache.watched import watched
from gateway.events import deleting as events_deleting
from gateway.events import history as events_history
from gateway.events import map as events_map
from gateway.events import pages as events_pages
from gateway.events import writing as events_writing
from gateway.forum import deleting as forum_deleting
from gateway.forum import history as forum_history
from gateway.forum import pages as forum_pages
from gateway.forum import writing as forum_writing
from gateway.hosts import Wsgi
from gateway.known_viewers import ONLY_BEGIN, KnownViewers
from gateway.limits import install as limits
from gateway.live import pages as live_pages
from gateway.moderation import contact as moderation_contact
from gateway.moderation import decisions as moderation_decisions
from gateway.moderation import queue as moderation_queue
from gateway.moderation import reporting as moderation_reporting
from gateway.notify import held_replies as notify_held_replies
from gateway.notify import mail as notify_mail
from gateway.notify import pages as notify_pages
from gateway.notify import push as notify_push
from gateway.own_state import BlockedPeople, FollowStates, UnreadCounts
from gateway.people import account as people_account
from gateway.people import blocks as people_blocks
from gateway.people import group_settings
from gateway.people import groups as people_groups
from gateway.people import own_account as people_own_account
from gateway.people import own_data as people_own_data
from gateway.people import pages as people_pages
from gateway.people import passkeys as people_passkeys
from gateway.review import newcomers as review_newcomers
from gateway.review import pages as review_pages
from gateway.review import terms as review_terms
from gateway.search import pages as search_pages
from gateway.search import tags as search_tags
from gateway.services import Services
from gateway.signin import pages as signin_pages
from gateway.signin import recovery as signin_recovery
from gateway.signin import wiki as signin_wiki
from gateway.site import about as site_about
from gateway.site import crawlers as site_crawlers
from gateway.site import display as site_display
from gateway.site import home as site_home
from gateway.site import installed as site_installed
from gateway.site.sitemap import Months
from gateway.site.words import SiteWords
from gateway.wiki import api_php as wiki_api_php
from gateway.wiki import feed_page as wiki_feed_page
from gateway.wiki import feeds as wiki_feeds
from gateway.wiki import interwiki as wiki_interwiki
from gateway.wiki import streams as wiki_streams
from gateway.without_identity import WithoutIdentity

# Every module with pages or endpoints registers its blueprint here.
BLUEPRINTS = (
    signin_pages.blueprint,
    signin_recovery.blueprint,
    signin_wiki.blueprint,
    site_home.blueprint,
    site_display.blueprint,
    blog_pages.blueprint,
    blog_writing.blueprint,
    blog_board.blueprint,
    blog_proposals.blueprint,
    blog_deleting.blueprint,
    people_account.blueprint,
    people_own_account.blueprint,
    people_own_data.blueprint,
    people_passkeys.blueprint,
    people_blocks.blueprint,
    forum_pages.blueprint,
    forum_writing.blueprint,
    forum_deleting.blueprint,
    forum_history.blueprint,
    events_pages.blueprint,
    events_writing.blueprint,
    events_deleting.blueprint,
    events_history.blueprint,
    events_map.blueprint,
    group_settings.blueprint,
    people_groups.blueprint,
    people_pages.blueprint,
    search_pages.blueprint,
    search_tags.blueprint,
    notify_pages.blueprint,
    notify_mail.blueprint,
    notify_push.blueprint,
    notify_held_replies.blueprint,
    deletion.blueprint,
    admin_log.blueprint,
    admin_invitations.blueprint,
    admin_sign_up_requests.blueprint,
    admin_parts.blueprint,
    admin_people.blueprint,
    admin_accounts.blueprint,
    admin_categories.blueprint,
    admin_merging.blueprint,
    admin_tags.blueprint,
    moderation_reporting.blueprint,
    moderation_queue.blueprint,
    moderation_decisions.blueprint,
    moderation_contact.blueprint,
    admin_site.blueprint,
    review_pages.blueprint,
    review_terms.blueprint,
    review_newcomers.blueprint,
    site_about.blueprint,
    site_crawlers.blueprint,
    site_installed.blueprint,
    api_routes.blueprint,
    wiki_feeds.blueprint,
    wiki_feed_page.blueprint,
    wiki_streams.blueprint,
    wiki_api_php.blueprint,
    wiki_interwiki.blueprint,
    live_pages.blueprint,
)

# The deadline of all calls of one request together, in seconds; a part whose call exceeds it is shown as unavailable.
SECONDS_FOR_A_PAGE = 8.0

# The same for a request with a file: what prepares pictures takes turns, and on a busy machine its time.
SECONDS_WITH_A_FILE = 35.0

# The seconds of CPU that one request may take. One that has taken more can call no service any more.
CPU_SECONDS_FOR_A_PAGE = 4.0


def create_app(
    settings: Settings,
    services: Services,
    *,
    keep_pages: bool = False,
    seconds: Callable[[], float] = monotonic,
) -> Flask:
    """The gateway's WSGI application. `keep_pages`: with caches of what people read (`gateway.cache`), of who has a
    session or token (`gateway.known_viewers`), and of unread counts (`gateway.own_state`). `seconds`: a clock that says
    when the ends of the logs are asked for again.

    Raises `FileNotFoundError` when the browser's files are not installed.
    """
    app = Flask("gateway", static_folder=None)
    app.extensions["space.settings"] = settings
    ends = LogEnds(services, now=seconds) if keep_pages else None
    app.extensions["space.known_viewers"] = KnownViewers(ends)
    app.extensions["space.unread_counts"] = UnreadCounts(ends)
    app.extensions["space.follow_states"] = FollowStates(ends)
    app.extensions["space.blocked_people"] = BlockedPeople(ends)
    app.extensions["space.site_words"] = SiteWords(ends)
    if ends is not None:
        services = replace(
            services,
            people=watched(services.people, PeopleApi, partial(ends.doubt, "people"), ONLY_BEGIN),
            blog=watched(services.blog, BlogApi, partial(ends.doubt, "blog")),
            forum=watched(services.forum, ForumApi, partial(ends.doubt, "forum")),
            events=watched(services.events, EventsApi, partial(ends.doubt, "events")),
            notify=watched(services.notify, NotifyApi, partial(ends.doubt, "notify")),
        )
    app.extensions["space.services"] = services
    app.extensions["space.sitemap"] = Months(services)
    # Flask's own session carries only the one-time messages after a redirect.
    app.secret_key = settings.key_for("notices")
    app.config.update(
        SESSION_COOKIE_NAME="space_notices",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
    )
    app.url_map.strict_slashes = False
    for install in (
        rendering.install,
        compression.install,
        hosts.install,
        limits.install,
        security.install,
        csrf.install,
        silenced.install,
        form_receipts.install,
        errors.install,
    ):
        install(app)
    files = assets.register(app, settings)
    helpers.register(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    pages: Wsgi = _within_page_time(app.wsgi_app)
    if ends is not None:
        pages = app.extensions["space.page_cache"] = PageCache(app, pages, ends)
        if settings.purge_target is not None:
            app.extensions["space.purges"] = surrogates.purging(settings.purge_target, ends)
    served = assets.StaticFiles(WithoutIdentity(pages), files, settings)
    app.wsgi_app = hosts.TrustedHosts(served, settings)  # type: ignore[method-assign]
    return app


def _seconds_for(environ: dict[str, Any]) -> float:
    carries = environ["REQUEST_METHOD"] == "POST" and (
        environ.get("CONTENT_TYPE", "").startswith("multipart/form-data")
        or environ.get("PATH_INFO") == "/api/v1/uploads"
    )
    return SECONDS_WITH_A_FILE if carries else SECONDS_FOR_A_PAGE


def _within_page_time(wsgi: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """Give all calls of one request one deadline and one trace id: that of the `traceparent` header, or a new one."""

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        begin_trace(environ.get("HTTP_TRACEPARENT", ""))
        with within(_seconds_for(environ)), cpu_time.measured(CPU_SECONDS_FOR_A_PAGE):
            return wsgi(environ, start_response)

    return handle
