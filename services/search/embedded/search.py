"""Runs a query on the embedded engine.

Filters and facets are evaluated on the small rows in one pass over the matches. Only the newest `MOST_COUNTED` matches
that the reader may see are counted and ranked, and the newest of those that match by their titles: a word that occurs
in more items says little about which is best.

A query that finds nothing is asked again, relaxed (`relaxing`).

A cursor is the sort key of the page's last hit: what the reader has of it, and a score by what they may know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from contracts.search import Facet, SearchHint, SearchQuery, SearchResult
from core.audience import group_of
from core.search_syntax import Query
from services.search import rules
from services.search.analysis import VERSION
from services.search.cursors import cursor_key
from services.search.embedded.conditions import VISIBLE, Conditions
from services.search.embedded.facets import COLUMNS, Counted, Item, Selection, count
from services.search.embedded.hits import groups_of, hits, run, seen_languages
from services.search.embedded.relaxing import relax
from services.search.embedded.scoring import scores
from services.search.embedded.vocabulary import present
from services.search.engine import Reader
from services.search.folding import fold
from services.search.indexing import boost_of, micros
from services.search.places import Places, Point, centers, on_sphere
from services.search.query_building import MatchExpression, build_match
from services.search.ranking import MOST_COUNTED, OWN_LANGUAGE
from services.search.suggesting import group_names

_MOST_AUTHORS = 5


class FoundRow(NamedTuple):
    """A row of the index that a query found, its score, and the cursor of the page after it."""

    row: int
    score: float
    cursor: str


def search(session: Session, query: SearchQuery, reader: Reader, places: Places) -> SearchResult:
    """One page of hits, with total and facets, of what the reader may see."""
    asked = rules.asked(query)
    languages = seen_languages(session, reader.audiences)
    match = build_match(asked, languages, _authors(session, asked), lambda terms: present(session, terms))
    conditions = Conditions(session, reader, asked, languages, places)
    found = _selection(query, asked, match, conditions)
    counted = count(session, found)
    meant, relaxed = "", False
    if not counted.total:
        other = relax(session, query.q, match, found)
        if other is not None:
            wider = count(session, other.selection)
            if wider.total:
                relaxed, meant = True, other.meant
                match, found, counted = other.match, other.selection, wider
    near = centers(asked, places)
    if query.sort == "distance" and near:
        rows = _by_distance(session, query, found, near)
    elif query.sort in ("relevance", "distance") and found.matched:
        rows = _best(session, query, reader, match, found, counted)
    elif counted.items and not counted.more:
        rows = _in_order(query, counted.items)
    else:
        rows = _by_time(session, query, found)
    page = rows[: query.limit]
    top = max((each.score for each in page), default=0.0) or 1.0
    relative = {each.row: round(each.score / top, 1) for each in page}
    only = tuple(dict.fromkeys((*query.languages, *asked.values("lang"))))
    shown = hits(session, relative, reader.languages, only, match.groups, near)
    hints = [*(SearchHint(code=each.code, text=each.text) for each in asked.hints), *conditions.hints]
    if run(
        session, "SELECT NOT EXISTS (SELECT 1 FROM analysis WHERE version = :v)", {"v": VERSION}
    ).fetchone()[0]:
        hints.append(SearchHint(code="index-renewed"))
    return SearchResult(
        items=shown,
        next=page[-1].cursor if len(rows) > query.limit and page else None,
        total=counted.total,
        at_least=counted.more,
        kinds=counted.facets["kind"],
        languages=counted.facets["language"],
        tags=counted.facets["tag"],
        categories=counted.facets["category"],
        groups=_named_groups(session, counted.facets["group"], reader),
        years=counted.facets["year"],
        hints=hints,
        relaxed=relaxed,
        did_you_mean=meant,
    )


def _selection(query: SearchQuery, asked: Query, match: MatchExpression, conditions: Conditions) -> Selection:
    where = [VISIBLE, *(part for node in match.conditions if (part := conditions.of(node)))]
    where += [part for name in ("author", "after", "before", "has", "is", "spoken", "near")
              if (part := conditions.filter(name, asked.values(name)))]  # fmt: skip
    if match.excluded:
        where.append("item.row NOT IN (SELECT rowid FROM words WHERE words MATCH :excluded)")
    where += [
        f"item.{name} = :{name}" for name in ("author_id", "audience") if getattr(query, name) is not None
    ]
    if query.audience is not None and group_of(query.audience) is not None:
        where.append(
            "item.audience BETWEEN 'group:' AND 'group;'"
        )  # so that SQLite uses the index of what is in groups
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
    }
    return Selection(
        matched="words" if match.clauses else "",
        matching="matched.words MATCH :required" if match.clauses else "",
        chosen={facet: condition for facet, condition in filtered.items() if condition},
        where=" AND ".join(where),
        values=values,
        once=query.once and bool(match.clauses),
    )


def _best(
    session: Session,
    query: SearchQuery,
    reader: Reader,
    match: MatchExpression,
    found: Selection,
    counted: Counted,
) -> list[FoundRow]:
    """The best rows first, as many as fit on the page and one more."""
    titled = _titled(session, match, found, counted) if counted.more else []
    own = reader.languages[0] if reader.languages else ""
    by_row = scores(session, match.clauses, counted.items, titled, counted.more)
    items = [*counted.items, *titled]
    for item in items:
        favour = OWN_LANGUAGE if own == item.languages or own in item.languages.split() else 1.0
        by_row[item.row] = round(by_row[item.row] * boost_of(item.at) * favour, 9)
    return _in_order(query, items, by_row)


def _titled(session: Session, match: MatchExpression, found: Selection, counted: Counted) -> list[Item]:
    """The newest of those items that are older than the counted ones and match by their titles."""
    if not match.in_titles:
        return []
    rows = run(
        session,
        f"SELECT {COLUMNS} FROM words AS matched CROSS JOIN item ON item.row = matched.rowid"  # noqa: S608
        f" WHERE matched.words MATCH :in_titles AND matched.rowid < :oldest"
        f" AND {replace(found, matching='').conditions} ORDER BY matched.rowid DESC LIMIT {MOST_COUNTED}",
        {**found.values, "in_titles": match.in_titles, "oldest": min(item.row for item in counted.items)},
    )
    return [Item(*row) for row in rows]


def _in_order(
    query: SearchQuery, items: Sequence[Item], scores_by_row: Mapping[int, float] | None = None
) -> list[FoundRow]:
    """The items by their scores, or else by time, in the order of the query: as many as fit on the page and one more,
    of a thread that is found once the first."""
    scored, by_row = scores_by_row is not None, scores_by_row or {}
    rising = scored or query.sort == "oldest"

    def key(item: Item) -> tuple[Any, ...]:
        where = (item.at, item.kind, item.id)
        return (-by_row[item.row], -item.at, item.kind, item.id) if scored else where

    ordered = sorted(items, key=key, reverse=not rising)
    if query.once:
        first: dict[str, Item] = {}
        for item in ordered:
            first.setdefault(item.one, item)
        ordered = list(first.values())
    if query.after is not None:
        last = cursor_key(query.after, scored)
        end: tuple[Any, ...] = (last["at"], last["kind"], last["id"])
        if scored:
            end = (-last["score"], -last["at"], last["kind"], last["id"])
        ordered = [item for item in ordered if (key(item) > end if rising else key(item) < end)]
    page = ordered[: query.limit + 1]
    return [
        FoundRow(item.row, by_row.get(item.row, 0.0), _cursor(item, by_row.get(item.row) if scored else None))
        for item in page
    ]


def _cursor(item: Item, score: float | None) -> str:
    where = f"{item.at}_{item.kind}_{item.id}"
    return where if score is None else f"{score!r}_{where}"


def _by_time(session: Session, query: SearchQuery, found: Selection) -> list[FoundRow]:
    """Rows by time, newest or oldest first, as many as fit on the page and one more."""
    values = dict(found.values)
    rising = query.sort == "oldest"
    direction = "ASC" if rising else "DESC"
    order = f"at {direction}, kind {direction}, id {direction}"
    last, where = "1", _in_sql(found)
    if query.after is not None:
        values |= cursor_key(query.after, scored=False)
        last = f"(at, kind, id) {'>' if rising else '<'} (:at, :kind, :id)"
    source = f"SELECT row, at, kind, id FROM item WHERE {where} AND {last}"  # noqa: S608
    if found.once:
        source = (
            f"SELECT row, at, kind, id FROM (SELECT row, at, kind, id,"  # noqa: S608
            f" row_number() OVER (PARTITION BY coalesce(thread, kind || id) ORDER BY {order}) AS place"
            f" FROM item WHERE {where})"
            f" WHERE place = 1 AND {last}"
        )
    rows = run(session, f"{source} ORDER BY {order} LIMIT :most", values | {"most": query.limit + 1})
    return [FoundRow(row, 0.0, f"{at}_{kind}_{item_id}") for row, at, kind, item_id in rows]


def _in_sql(found: Selection) -> str:
    """The whole condition of a selection on a row of `item`."""
    where = replace(found, matching="").conditions
    if not found.matched:
        return where
    return f"{where} AND item.row IN (SELECT matched.rowid FROM {found.matched} AS matched WHERE {found.matching or 1})"  # noqa: S608


def _by_distance(
    session: Session, query: SearchQuery, found: Selection, near: Sequence[Point]
) -> list[FoundRow]:
    """The nearest rows first, as many as fit on the page and one more; all of them have a point. Sorted by the straight
    line through the Earth, squared. Threads have no points, so none has to be found once."""
    values = dict(found.values)
    lines = []
    for number, center in enumerate(near):
        values |= {f"{axis}{number}": at for axis, at in zip("xyz", on_sphere(center), strict=True)}
        lines.append(" + ".join(f"({axis} - :{axis}{number}) * ({axis} - :{axis}{number})" for axis in "xyz"))
    distance = lines[0] if len(lines) == 1 else f"min({', '.join(lines)})"
    last = ""
    if query.after is not None:
        values |= cursor_key(query.after, scored=True)
        last = " WHERE (distance, -at, kind, id) > (:score, -:at, :kind, :id)"
    rows = run(
        session,
        f"SELECT row, distance, at, kind, id FROM (SELECT item.row AS row, {distance} AS distance, at, kind, id"  # noqa: S608
        f" FROM item CROSS JOIN item_point USING (row) WHERE {_in_sql(found)}){last}"
        " ORDER BY distance, at DESC, kind, id LIMIT :most",
        values | {"most": query.limit + 1},
    )
    return [FoundRow(row, 0.0, f"{line!r}_{at}_{kind}_{item_id}") for row, line, at, kind, item_id in rows]


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
