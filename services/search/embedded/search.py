"""Runs a query on the embedded engine.

Filters and facets are evaluated on the small rows in one pass over all matches, so totals are exact. Only the newest
`RANKED` matches that the reader may see are ranked: a word that occurs in more items says little about which is best.

A query that finds nothing is asked again, relaxed (`relaxing`).

A cursor is the sort key of the page's last hit: what the reader has of it, and a score by what they may know.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from sqlalchemy.orm import Session

from contracts.search import Facet, SearchHint, SearchQuery, SearchResult
from core.audience import group_of
from core.search_syntax import Query
from services.search import rules
from services.search.analysis import VERSION
from services.search.cursors import cursor_key
from services.search.embedded.conditions import VISIBLE, Conditions
from services.search.embedded.facets import THREAD, Selection, count
from services.search.embedded.hits import groups_of, hits, run, seen_languages
from services.search.embedded.relaxing import relax
from services.search.embedded.scoring import scores
from services.search.embedded.vocabulary import present
from services.search.engine import Reader
from services.search.folding import fold
from services.search.indexing import micros
from services.search.places import Places
from services.search.query_building import MatchExpression, build_match
from services.search.ranking import OWN_LANGUAGE
from services.search.suggesting import group_names

RANKED = 20_000
_MOST_AUTHORS = 5
_STRICT = "SELECT rowid FROM words WHERE words MATCH :required"


class FoundRow(NamedTuple):
    """A row of the index that a query found, its score, and the cursor of the page after it."""

    row: int
    score: float
    cursor: str


def search(session: Session, query: SearchQuery, reader: Reader, places: Places) -> SearchResult:
    """One page of hits, with exact total and facets, of what the reader may see."""
    asked = rules.asked(query)
    languages = seen_languages(session, reader.audiences)
    match = build_match(asked, languages, _authors(session, asked), lambda terms: present(session, terms))
    conditions = Conditions(session, reader, asked, languages, places)
    found = _selection(query, reader, asked, match, conditions)
    total, facets = count(session, found)
    meant, relaxed = "", False
    if not total:
        other = relax(session, query.q, match, found)
        if other is not None:
            more, other_facets = count(session, other.selection)
            if more:
                relaxed, meant = True, other.meant
                match, found, total, facets = other.match, other.selection, more, other_facets
    if query.sort == "relevance" and found.matched:
        rows = _best(session, query, match, found, total)
    else:
        rows = _by_time(session, query, found)
    page = rows[: query.limit]
    top = max((each.score for each in page), default=0.0) or 1.0
    relative = {each.row: round(each.score / top, 1) for each in page}
    only = tuple(dict.fromkeys((*query.languages, *asked.values("lang"))))
    shown = hits(session, relative, reader.languages, only, match.groups)
    hints = [*(SearchHint(code=each.code, text=each.text) for each in asked.hints), *conditions.hints]
    if run(
        session, "SELECT NOT EXISTS (SELECT 1 FROM analysis WHERE version = :v)", {"v": VERSION}
    ).fetchone()[0]:
        hints.append(SearchHint(code="index-renewed"))
    return SearchResult(
        items=shown,
        next=page[-1].cursor if len(rows) > query.limit and page else None,
        total=total,
        kinds=facets["kind"],
        languages=facets["language"],
        tags=facets["tag"],
        categories=facets["category"],
        groups=_named_groups(session, facets["group"], reader),
        years=facets["year"],
        hints=hints,
        relaxed=relaxed,
        did_you_mean=meant,
    )


def _selection(
    query: SearchQuery, reader: Reader, asked: Query, match: MatchExpression, conditions: Conditions
) -> Selection:
    where = [VISIBLE, *(part for node in match.conditions if (part := conditions.of(node)))]
    where += [part for name in ("author", "after", "before", "has", "is", "spoken", "near")
              if (part := conditions.filter(name, asked.values(name)))]  # fmt: skip
    if match.excluded:
        where.append("item.row NOT IN (SELECT rowid FROM words WHERE words MATCH :excluded)")
    where += [
        f"item.{name} = :{name}" for name in ("author_id", "audience") if getattr(query, name) is not None
    ]
    if query.after_time is not None:
        where.append("at >= :after_time")
    if query.before_time is not None:
        where.append("at < :before_time")
    filtered = {
        "kind": conditions.filter("kind", [*query.kinds, *asked.values("kind")]),
        "language": conditions.filter("lang", [*query.languages, *asked.values("lang")]),
        "tag": conditions.filter("tag", [*query.tags, *asked.values("tag")]),
        "category": conditions.filter(
            "category", [*([query.category] if query.category is not None else []), *asked.values("category")]
        ),
        "group": conditions.filter("group", asked.values("group")),
    }
    values = conditions.values | {
        "required": match.required,
        "excluded": match.excluded,
        "author_id": query.author_id,
        "audience": query.audience,
        "after_time": micros(query.after_time) if query.after_time else None,
        "before_time": micros(query.before_time) if query.before_time else None,
        "own": reader.languages[0] if reader.languages else "",
    }
    return Selection(
        matched=_STRICT if match.clauses else "",
        chosen={facet: condition for facet, condition in filtered.items() if condition},
        where=" AND ".join(where),
        values=values,
        once=query.once and bool(match.clauses),
    )


def _best(
    session: Session, query: SearchQuery, match: MatchExpression, found: Selection, total: int
) -> list[FoundRow]:
    """The best rows first, as many as fit on the page and one more."""
    values = dict(found.values)
    last = []
    if query.after is not None:
        values |= cursor_key(query.after, scored=True)
        last.append("(-score, -at, kind, id) > (-:score, -:at, :kind, :id)")
    best, place = "", ""
    if found.once:
        place = ", row_number() OVER (PARTITION BY thread ORDER BY score DESC, at DESC, kind, id) AS place"
        last.append("place = 1")
    if last:
        best = f" WHERE {' AND '.join(last)}"
    score, score_values = scores(session, match.clauses, total)
    rows = run(
        session,
        f"WITH found AS MATERIALIZED (SELECT item.row AS row, kind, id, at, boost, length, {THREAD} AS thread"  # noqa: S608
        f" FROM {found.source} WHERE {found.conditions} ORDER BY at DESC, kind, id LIMIT {RANKED}),"
        " ranked AS (SELECT found.row AS row, at, kind, id, thread,"
        f" round(score * boost * iif(EXISTS (SELECT 1 FROM item_language AS o"
        f" WHERE o.row = found.row AND o.language = :own), {OWN_LANGUAGE}, 1.0), 9) AS score"
        f" FROM ({score}) AS scored CROSS JOIN found ON found.row = scored.row)"
        f" SELECT row, score, at, kind, id FROM (SELECT *{place} FROM ranked){best}"
        " ORDER BY score DESC, at DESC, kind, id LIMIT :most",
        values | score_values | {"most": query.limit + 1},
    )
    return [
        FoundRow(row, score, f"{score!r}_{at}_{kind}_{item_id}") for row, score, at, kind, item_id in rows
    ]


def _by_time(session: Session, query: SearchQuery, found: Selection) -> list[FoundRow]:
    """Rows by time, newest or oldest first, as many as fit on the page and one more."""
    values = dict(found.values)
    rising = query.sort == "oldest"
    direction = "ASC" if rising else "DESC"
    order = f"at {direction}, kind {direction}, id {direction}"
    last, where = "1", found.conditions
    if found.matched:
        where += f" AND item.row IN ({found.matched})"
    if query.after is not None:
        values |= cursor_key(query.after, scored=False)
        last = f"(at, kind, id) {'>' if rising else '<'} (:at, :kind, :id)"
    source = f"SELECT row, at, kind, id FROM item WHERE {where} AND {last}"  # noqa: S608
    if found.once:
        source = (
            f"SELECT row, at, kind, id FROM (SELECT row, at, kind, id,"  # noqa: S608
            f" row_number() OVER (PARTITION BY {THREAD} ORDER BY {order}) AS place FROM item WHERE {where})"
            f" WHERE place = 1 AND {last}"
        )
    rows = run(session, f"{source} ORDER BY {order} LIMIT :most", values | {"most": query.limit + 1})
    return [FoundRow(row, 0.0, f"{at}_{kind}_{item_id}") for row, at, kind, item_id in rows]


def _authors(session: Session, asked: Query) -> dict[str, list[str]]:
    """For each word or phrase that is a person's name, the ids of the people with that name, by its text."""
    names = {fold(text, ""): text for text in asked.texts}
    if not names:
        return {}
    found: dict[str, list[str]] = {}
    rows = run(
        session,
        "SELECT folded, author_id FROM author_name WHERE folded IN (SELECT value FROM json_each(:names))",
        {"names": json.dumps(list(names))},
    )
    for folded, author_id in rows:
        found.setdefault(names[folded], []).append(author_id)
    return {text: ids[:_MOST_AUTHORS] for text, ids in found.items()}


def _named_groups(session: Session, counted: list[Facet], reader: Reader) -> list[Facet]:
    """The facet of groups by their slugs; without those whose page the reader can't find."""
    if not counted:
        return []
    wanted = [group_of(each.value) or "" for each in counted]
    return group_names(counted, groups_of(session, wanted, reader), reader)
