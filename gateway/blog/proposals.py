"""/news/board/proposals: proposed changes of articles, for their authors and the board."""

from __future__ import annotations

from typing import get_args

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from contracts.errors import SignInNeeded, invalid
from contracts.proposals import ProposalQuery, ProposalStatus, ProposalView
from gateway.blog.pages import names_of
from gateway.concurrency import load_people, optional, run_concurrently
from gateway.forms import Form, shown_again
from gateway.notices import redirect_with
from gateway.paths import proposal_path
from gateway.request_context import services, viewer
from gateway.textdiff import REVISION_CHANGES, Piece

blueprint = Blueprint("proposals", __name__)

STATES: tuple[ProposalStatus, ...] = get_args(ProposalStatus)
TEXTS = ("title", "summary", "body")


@blueprint.get("/news/board/proposals")
def index() -> str:
    api, me = services(), viewer()
    if not me.signed_in:
        raise SignInNeeded
    state = next((one for one in STATES if one == request.args.get("state")), "open")
    query = ProposalQuery(status=state, after=request.args.get("after"), limit=30)
    (proposals,) = run_concurrently(lambda: api.blog.proposals(me, query))
    load_people(*(one.author_id for one in proposals.items))
    return render_template("blog/proposals.html", proposals=proposals, states=STATES, state=state)


@blueprint.get("/news/board/proposals/<proposal_id>")
def proposal(proposal_id: str) -> str:
    if not viewer().signed_in:
        raise SignInNeeded
    return _page(services().blog.proposal(viewer(), proposal_id), Form())


def _page(found: ProposalView, form: Form) -> str:
    api, me = services(), viewer()
    (categories,) = run_concurrently(optional("blog", lambda: api.blog.categories(me)))
    load_people(found.author_id, found.decided_by)
    return render_template(
        "blog/proposal.html",
        proposal=found,
        texts=_texts(found),
        names=names_of(categories),
        form=form,
    )


def _texts(found: ProposalView) -> list[tuple[str, list[Piece]]]:
    """The differences of each text that the proposal changes."""
    texts = []
    for name in TEXTS:
        new: str | None = getattr(found.changes, name)
        if new is not None:
            texts.append((name, REVISION_CHANGES.get(getattr(found.replaces, name) or "", new)))
    return texts


@blueprint.post("/news/board/proposals/<proposal_id>")
def decide(proposal_id: str) -> AnyResponse:
    """Accept, decline or withdraw it, as the button says."""
    blog, me, form = services().blog, viewer(), Form(request.form)
    do, remark = form.get("do"), form.text("remark")
    passing = (401, 403, 404)
    with shown_again(form, lambda _: _page(blog.proposal(me, proposal_id), form), passing=passing):
        if do == "accept":
            blog.accept_proposal(me, proposal_id)
        elif do == "decline":
            if not remark:
                raise invalid("remark", "remark-missing")
            blog.decline_proposal(me, proposal_id, remark)
        elif do == "withdraw":
            blog.withdraw_proposal(me, proposal_id)
        else:
            raise invalid("do", "choice-unknown")
    return redirect_with(proposal_path(proposal_id), f"space-blog-proposal-done-{do}")
