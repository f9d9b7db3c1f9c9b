"""From rows of the embedded index to what a reader sees of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from contracts.search import Hit
from services.search.engine import Text
from services.search.showing import Groups, best_text, snippet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def seen_languages(session: Session) -> list[str]:
    """Every language that something was ever indexed in."""
    rows = session.connection().exec_driver_sql("SELECT language FROM seen_language ORDER BY language")
    return [language for (language,) in rows]


def hit(
    session: Session,
    row: int,
    score: float,
    languages: tuple[str, ...],
    only: tuple[str, ...],
    groups: Groups,
) -> Hit:
    """One item as a hit, in the version that matched best (of the languages `only`, where given)."""
    found: Any = (
        session.connection()
        .exec_driver_sql(
            "SELECT kind, id, path, texts, author_id, category, audience, at,"
            " (SELECT json_group_array(tag) FROM item_tag WHERE item_tag.row = item.row)"
            " FROM item JOIN item_text USING (row) WHERE item.row = :row",
            {"row": row},
        )
        .one()
    )
    kind, item_id, path, texts, author_id, category, audience, at, tags = found
    text = best_text([Text(*each) for each in json.loads(texts)], languages, only, groups)
    return Hit(
        kind=kind,
        id=item_id,
        path=path,
        language=text.language,
        title=text.title,
        snippet=snippet(text, groups),
        author_id=author_id,
        tags=json.loads(tags),
        category=category,
        audience=audience,
        at=EPOCH + timedelta(microseconds=at),
        score=score,
    )
