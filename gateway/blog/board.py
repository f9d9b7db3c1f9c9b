"""/news/board: the editorial board's queue, its steps, and the agenda of its next meeting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.blog import ArticleLine, ArticleQuery, ArticleStatus, ArticleView
from contracts.errors import SignInNeeded, invalid
from contracts.proposals import ProposalQuery
from core import clock
from core.audience import Viewer
from gateway.blog.pages import names_of, page_of
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import article_path
from gateway.request_context import request_context, services, viewer

blueprint = Blueprint("board", __name__)

STATES: tuple[ArticleStatus, ...] = ("submitted", "returned", "scheduled", "draft", "declined")

# The board meets every second Thursday at 15:00 UTC; this is the first meeting.
FIRST_MEETING = datetime(2026, 1, 8, 15, 0, tzinfo=UTC)
MEETING_INTERVAL = timedelta(days=14)


@blueprint.get("/news/board")
def board() -> str:
    """The queue, by state and category, newest first, for all members."""
    api, me = services(), viewer()
    if not me.signed_in:
        raise SignInNeeded
    state = next((one for one in STATES if one == request.args.get("state")), "submitted")
    category = request.args.get("category") or None
    query = ArticleQuery(status=state, category=category, after=request.args.get("after"), limit=30)
    articles, categories, on_board, proposals = run_concurrently(
        lambda: api.blog.articles(me, query),
        optional("blog", lambda: api.blog.categories(me)),
        optional("blog", lambda: api.blog.on_board(me)),
        optional("blog", lambda: api.blog.proposals(me, ProposalQuery(limit=5))),
    )
    waiting = proposals.items if proposals else []
    load_people(*(line.author_id for line in articles.items), *(one.author_id for one in waiting))
    return render_template(
        "blog/board.html",
        articles=articles,
        categories=categories or [],
        names=names_of(categories),
        states=STATES,
        state=state,
        category=category,
        on_board=on_board,
        proposals=waiting,
        meeting=next_meeting(clock.now()),
    )


@blueprint.post("/news/<slug>/board")
def step(slug: str) -> AnyResponse:
    """Take the step of the review that the button names; if it is refused, show the form again."""
    me, form = viewer(), Form(request.form)
    found = services().blog.article(me, slug, None)
    do = form.get("do")
    with shown_again(form, lambda _: page_of(_newest(found), Form(), form), passing=(401,)):
        _take_step(me, found, do, form)
    return redirect_with(article_path(found.slug), f"space-blog-done-{do}")


def _newest(article: ArticleView) -> ArticleView:
    """The article as it is by now: whoever is refused for not having read it must read it now."""
    return services().blog.article(viewer(), article.id, None)


def _take_step(me: Viewer, article: ArticleView, do: str, form: Form) -> None:
    blog, remark = services().blog, form.text("remark")
    if do in ("send_back", "decline") and not remark:
        raise invalid("remark", "remark-missing")
    if do == "submit":
        blog.submit(me, article.id)
    elif do == "publish":
        blog.publish_revision(me, article.id, _revision(form))
    elif do == "send_back":
        blog.send_back(me, article.id, remark)
    elif do == "decline":
        blog.decline(me, article.id, remark)
    elif do == "schedule":
        blog.schedule_revision(me, article.id, _moment(form.text("at")), _revision(form))
    else:
        raise invalid("do", "choice-unknown")


def _revision(form: Form) -> int:
    """The `article_revision` of the page that the form was on."""
    if not form.text("revision").isdecimal():
        raise invalid("revision", "type-wrong")
    return int(form.text("revision"))


def _moment(typed: str) -> datetime:
    """Parse a time typed in the reader's zone."""
    try:
        local = datetime.fromisoformat(typed)
    except ValueError:
        raise invalid("at", "date-wrong") from None
    return local if local.tzinfo else local.replace(tzinfo=ZoneInfo(request_context().timezone))


@blueprint.get("/news/board/agenda")
def agenda() -> str:
    """What waits for the board until its next meeting."""
    blog, me = services().blog, viewer()
    if not me.signed_in:
        raise SignInNeeded
    now = clock.now()
    meeting = next_meeting(now)
    lists = run_concurrently(
        lambda: blog.articles(me, ArticleQuery(status="submitted", limit=100)),
        lambda: blog.articles(me, ArticleQuery(status="returned", limit=100)),
        lambda: blog.articles(me, ArticleQuery(status="scheduled", limit=100)),
        lambda: blog.articles(me, ArticleQuery(status="draft", limit=100)),
        lambda: blog.articles(me, ArticleQuery(status="published", limit=50)),
        optional("blog", lambda: blog.categories(me)),
    )
    submitted, returned, scheduled, drafts, published = (found.items for found in lists[:5])
    stale = [line for line in drafts if now - line.changed_at > MEETING_INTERVAL]
    recent = [
        line for line in published if line.published_at and line.published_at > meeting - 2 * MEETING_INTERVAL
    ]
    parts: list[tuple[str, list[ArticleLine]]] = [
        ("waiting", sorted(submitted, key=lambda line: line.changed_at)),
        ("returned", sorted(returned, key=lambda line: line.changed_at)),
        ("scheduled", sorted(scheduled, key=lambda line: line.scheduled_for or now)),
        ("stale", stale),
        ("recent", recent),
    ]
    load_people(*(line.author_id for _, lines in parts for line in lines))
    return render_template("blog/agenda.html", meeting=meeting, parts=parts, names=names_of(lists[5]))


def next_meeting(now: datetime) -> datetime:
    """The start of the first meeting that is not over at `now`; a meeting takes an hour."""
    past = now - timedelta(hours=1) - FIRST_MEETING
    return FIRST_MEETING + max(0, past // MEETING_INTERVAL + 1) * MEETING_INTERVAL
