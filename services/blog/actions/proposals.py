"""Proposed changes of articles that the board has accepted: made, accepted, declined and withdrawn."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.blog import (
    ArticleChanged,
    ChangeArticle,
    ProposalAccepted,
    ProposalDeclined,
    ProposalMade,
    ProposalWithdrawn,
)
from contracts.errors import Conflict, Forbidden, NotFound, invalid
from contracts.proposals import ProposalStatus, ProposalView, ProposeChange
from core import clock
from core.audience import Viewer, group_of
from core.ids import new_id
from services.blog import proposal_queries, queries, rules, views
from services.blog.actions import helpers, texts, writing
from services.blog.tables import Article, ArticleVersion, Proposal
from services.shared.authorisation import writer
from services.shared.limits import check_rate
from services.shared.powers import part_of
from services.shared.texts import known_language

MOST_PROPOSALS, PROPOSALS_PERIOD = 50, timedelta(days=1)

_EVENTS: dict[str, type[ProposalAccepted | ProposalDeclined | ProposalWithdrawn]] = {
    "accepted": ProposalAccepted,
    "declined": ProposalDeclined,
    "withdrawn": ProposalWithdrawn,
}


def propose_change(session: Session, viewer: Viewer, article_id: str, command: ProposeChange) -> ProposalView:
    """Have a change wait for the board, in place of the person's earlier one of the same version."""
    by_id = writer(viewer)
    article = helpers.article_for_change(session, viewer, article_id)
    if not rules.may_propose(viewer, article.status, part_of(article), article.author_id):
        raise Conflict(
            "article-elsewhere", params={"status": article.status}, data={"status": article.status}
        )
    original = views.original(article)
    language = original.language if command.language is None else known_language(command.language)
    version = views.version_in(article, language)
    _check_base(version, command)
    based_on = None
    if language != original.language:
        based_on = original.revision if version is None and command.based_on is None else command.based_on
        texts.check_based_on(original.revision if based_on is None else based_on, original)
    current = views.fields_of(article, version)
    changes = _changes(session, viewer, command, current)
    after = {"title": "", "body": "", **current, **changes}
    rules.check_finished(after["title"], after["body"], after["category"])
    texts_of_change = {name: changes.get(name) for name in ("title", "summary", "body")}
    writing.check(session, viewer, texts_of_change, version, changes.get("tags", ()), article.tags)
    _check_flood(session, viewer, by_id)
    for earlier in _open_of(session, article.id, language, by_id):
        _close(session, earlier, article, "withdrawn", by_id)
    row = Proposal(
        id=new_id(),
        article_id=article.id,
        language=language,
        author_id=by_id,
        base_revision=version.revision if version else 0,
        based_on=based_on,
        changes=changes,
        replaced={name: current[name] for name in changes if name in current},
        picture_id=changes.get("picture_id") or None,
        created_at=clock.now(),
        status="open",
        remark="",
    )
    session.add(row)
    session.flush()
    append_event(session, ProposalMade(proposal=views.proposal_state(row, article), by_id=by_id))
    return proposal_queries.view(session, row, article, viewer)


def accept_proposal(session: Session, viewer: Viewer, proposal_id: str) -> ProposalView:
    """Make the proposed change, in its author's name."""
    by_id = writer(viewer)
    row, article = _to_decide(session, viewer, proposal_id)
    if article.status == "declined":
        raise Conflict(
            "article-elsewhere", params={"status": article.status}, data={"status": article.status}
        )
    version = views.version_in(article, row.language)
    if fields := rules.conflicts(row.changes, row.replaced, views.fields_of(article, version)):
        raise Conflict("proposal-outdated", data={"fields": fields})
    if version is None:
        version = helpers.new_version(article, row.language, row.author_id, row.based_on)
        article.versions.append(version)
    elif row.based_on is not None:
        version.based_on = row.based_on
    command = ChangeArticle(revision=version.revision, language=row.language, **row.changes)
    # What the editor can't have seen is not published, also when an earlier text names it.
    pictures = queries.may_see_pictures(session, viewer, rules.proposed_pictures(row.changes))
    if texts.apply(session, _proposer(row, article), article, version, command, row.author_id, pictures):
        article.changed_at = clock.now()
        session.flush()
        append_event(session, ArticleChanged(article=views.state(article), by_id=row.author_id))
    return _decided(session, viewer, row, article, "accepted", by_id)


def decline_proposal(session: Session, viewer: Viewer, proposal_id: str, remark: str) -> ProposalView:
    """Leave the article as it is, and say why."""
    by_id = writer(viewer)
    row, article = _to_decide(session, viewer, proposal_id)
    if not remark.strip():
        raise invalid("remark", "remark-missing")
    return _decided(session, viewer, row, article, "declined", by_id, remark)


def withdraw_proposal(session: Session, viewer: Viewer, proposal_id: str) -> ProposalView:
    """Take one's own proposal back."""
    by_id = writer(viewer)
    row, article = _locked(session, viewer, proposal_id)
    if row.author_id != by_id:
        raise Forbidden("not-your-article")
    _check_open(row)
    return _decided(session, viewer, row, article, "withdrawn", by_id)


def _to_decide(session: Session, viewer: Viewer, proposal_id: str) -> tuple[Proposal, Article]:
    row, article = _locked(session, viewer, proposal_id)
    if not rules.on_board(viewer, part_of(article)):
        raise Forbidden("not-on-board")
    _check_open(row)
    return row, article


def _locked(session: Session, viewer: Viewer, proposal_id: str) -> tuple[Proposal, Article]:
    """The proposal and its article, which is locked: of two decisions at once the second knows of the first."""
    found = proposal_queries.visible_proposal(session, viewer, proposal_id)
    article = helpers.article_for_change(session, viewer, found.article_id)
    row = session.get(Proposal, proposal_id, populate_existing=True)
    if row is None:
        raise NotFound()
    return row, article


def _check_open(row: Proposal) -> None:
    if row.status != "open":
        raise Conflict("proposal-closed", data={"status": row.status})


def _decided(
    session: Session,
    viewer: Viewer,
    row: Proposal,
    article: Article,
    status: ProposalStatus,
    by_id: str,
    remark: str = "",
) -> ProposalView:
    _close(session, row, article, status, by_id, remark)
    return proposal_queries.view(session, row, article, viewer)


def _close(
    session: Session, row: Proposal, article: Article, status: ProposalStatus, by_id: str, remark: str = ""
) -> None:
    row.status, row.decided_by, row.decided_at, row.remark = status, by_id, clock.now(), remark
    session.flush()
    state = views.proposal_state(row, article)
    append_event(session, _EVENTS[status](proposal=state, by_id=by_id, remark=remark))


def _check_base(version: ArticleVersion | None, command: ProposeChange) -> None:
    if version is None:
        if command.revision:
            raise invalid("language", "version-unknown", language=command.language or "")
    elif command.revision not in (None, version.revision):
        raise texts.edit_conflict(version, command.title, command.summary, command.body)


def _changes(
    session: Session, viewer: Viewer, command: ProposeChange, current: dict[str, Any]
) -> dict[str, Any]:
    """The new values of the fields that differ from what is published."""
    given = command.model_dump(include={*rules.FIELDS})
    if command.tags is not None:
        given["tags"] = helpers.checked_tags(session, command.tags)
    if given.get("category") not in (None, current["category"]):
        given["category"] = helpers.check_category(session, given["category"], current["category"])
    changes = {
        name: value
        for name, value in given.items()
        if value is not None and value != current.get(name, "" if name == "summary" else None)
    }
    if not changes:
        raise invalid("body", "nothing-changed")
    if changes.get("picture_id"):
        helpers.check_picture(session, viewer, changes["picture_id"])
    return changes


def _proposer(row: Proposal, article: Article) -> Viewer:
    """Whose pictures the change may show: the proposer's, not those that only the editor may see."""
    group = group_of(article.audience)
    return Viewer(person_id=row.author_id, groups=frozenset({group} if group else ()))


def _open_of(session: Session, article_id: str, language: str, person_id: str) -> list[Proposal]:
    wanted = select(Proposal).where(
        Proposal.article_id == article_id,
        Proposal.language == language,
        Proposal.author_id == person_id,
        Proposal.status == "open",
    )
    return list(session.scalars(wanted))


def _check_flood(session: Session, viewer: Viewer, by_id: str) -> None:
    if not rules.limited(viewer):
        return
    newest = select(Proposal.created_at).where(Proposal.author_id == by_id)
    nth_newest = session.scalar(
        newest.order_by(Proposal.created_at.desc()).offset(MOST_PROPOSALS - 1).limit(1)
    )
    check_rate(nth_newest, PROPOSALS_PERIOD, "too-many-proposals")
