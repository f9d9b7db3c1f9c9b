"""Blocked terms in articles. What is refused can't be saved; nothing waits for a review of its own, for editors read
each article, and each change of one, before others can. Moderators are told of the terms that they are to be told of
when readers see them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bus.eventlog.append import append_event
from contracts.common import Recorded
from contracts.held import ArticleFlagged, Finding, HeldState
from contracts.writing_rules import WritingRulesChanged
from core.audience import Viewer
from core.writing_rows import RulesRow
from services.blog.tables import Article, ArticleVersion
from services.blog.writing_tables import RULES
from services.shared.blocked_terms import found_in
from services.shared.limits import limits_hold
from services.shared.writing_checks import Draft, check_terms, parsed


def check(
    session: Session,
    viewer: Viewer,
    texts: dict[str, str | None],
    before: ArticleVersion | None = None,
    tags: Sequence[str] = (),
    tags_before: Sequence[str] = (),
) -> None:
    """Raise `text-blocked` for a blocked term in the title, summary or body of `texts`, unless it was in that of
    `before`; and for one in the tags."""
    terms = parsed(RulesRow(session, RULES).rules()).terms
    if terms and tags:
        said, known = "\n".join(tags), "\n".join(tags_before)
        check_terms(terms, viewer, Draft("", said, before=known, of_field="tags"))
    for field, text in texts.items():
        if terms and text:
            replaced = getattr(before, field) if before else ""
            check_terms(terms, viewer, Draft("", text, before=replaced, of_field=field))


def text_of(version: ArticleVersion | None) -> str:
    """All that a version says; `""` of none."""
    return "\n\n".join((version.title, version.summary, version.body)) if version else ""


def flag(session: Session, article: Article, version: ArticleVersion, before: str = "") -> None:
    """Tell moderators of a version that readers see, if it has a term that they are to be told of and that was not in
    what it replaces (`text_of`)."""
    wanted = [each for each in parsed(RulesRow(session, RULES).rules()).terms if each.action == "flag"]
    found = list(found_in(wanted, text_of(version), before))
    if not found or article.published_at is None:
        return
    state = HeldState(
        id=article.id,
        kind="article",
        path=f"/news/{article.slug}",
        item_audience=article.audience,
        original_language=article.original_language,
        category=article.category,
        author_id=article.author_id,
        title=version.title,
        text=version.body,
        language=version.language,
        revision=version.revision,
        status="published",
        findings=[Finding(check="words", term=each.text) for each in found],
    )
    append_event(session, ArticleFlagged(held=state))


def flag_change(
    session: Session, viewer: Viewer, article: Article, version: ArticleVersion, before: str
) -> None:
    """`flag` of a change that nobody else reads first: what editors and moderators write is theirs to judge."""
    if limits_hold(viewer, "editor", "moderator"):
        flag(session, article, version, before)


def rules_changed(session: Session, event: WritingRulesChanged, recorded: Recorded) -> None:
    """Store the rules."""
    RulesRow(session, RULES).set_rules(event.rules.model_dump_json())
