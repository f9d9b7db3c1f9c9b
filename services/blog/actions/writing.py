"""Blocked terms in articles. What is refused can't be saved; all else needs no review of its own, for editors read each
article, and each change of one, before others can."""

from __future__ import annotations

from sqlalchemy.orm import Session

from contracts.common import Recorded
from contracts.writing_rules import WritingRulesChanged
from core.audience import Viewer
from core.writing_rows import RulesRow
from services.blog.tables import ArticleVersion
from services.blog.writing_tables import RULES
from services.shared.writing_checks import Draft, check_terms, parsed


def check(
    session: Session,
    viewer: Viewer,
    texts: dict[str, str | None],
    before: ArticleVersion | None = None,
) -> None:
    """Raise `text-blocked` for a blocked term in the title, summary or body of `texts`, unless it was in that of
    `before`."""
    terms = parsed(RulesRow(session, RULES).rules()).terms
    for field, text in texts.items():
        if terms and text:
            replaced = getattr(before, field) if before else ""
            check_terms(terms, viewer, Draft("", text, before=replaced, field=field))


def rules_changed(session: Session, event: WritingRulesChanged, recorded: Recorded) -> None:
    """Store the rules."""
    RulesRow(session, RULES).set_rules(event.rules.model_dump_json())
