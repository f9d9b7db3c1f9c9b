"""Turns the expressions of `query_building` into queries of Elasticsearch, so that both engines look for the same.

An expression is in the language of SQLite's FTS5, of which there are: `"a"`, `"a b"` (adjacent terms), `"a" *` (terms
that begin so), `AND`, `OR`, brackets, and `{columns} : (…)`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

Query = dict[str, Any]

FIELDS = {"title": "title", "tags": "words", "body": "body"}
"""The fields of the index, by the columns of an expression. `author` is no field of terms."""
COLUMNS = (*FIELDS, "author")

NOTHING: Query = {"match_none": {}}
_MOST_BEGINNINGS = 2_000
"""The most terms that the last word of a phrase may stand for."""
_AUTHOR = "author:"
_TOKEN = re.compile(
    r"""\s*(?:"(?P<terms>[^"]*)"(?P<prefix>\s*\*)?|(?P<word>AND|OR)"""
    r"""|\{(?P<columns>[^}]*)\}\s*:|(?P<sign>[()]))"""
)


def compile_expression(expression: str, columns: Sequence[str] = COLUMNS) -> Query:
    """The query of an expression. A term may be in any of the columns, and two terms in different ones."""
    found, rest = _any(_tokens(expression), list(columns))
    if rest:
        raise ValueError(f"this is no expression: {expression!r}")
    return found


def terms_query(terms: Sequence[str], column: str) -> Query:
    """Whether a column has any of the terms."""
    if column != "author":
        return {"terms": {FIELDS[column]: list(terms)}} if terms else NOTHING
    authors = [term.removeprefix(_AUTHOR) for term in terms if term.startswith(_AUTHOR)]
    return {"terms": {"author_id": authors}} if authors else NOTHING


def beginning_query(beginning: str, column: str) -> Query:
    """Whether a column has a term that begins so."""
    return NOTHING if column == "author" else {"prefix": {FIELDS[column]: {"value": beginning}}}


def any_of(queries: Sequence[Query]) -> Query:
    """Whether any of the queries matches. Those for terms of one field become one, which is much cheaper."""
    terms: dict[str, dict[str, None]] = {}
    others: list[Query] = []
    for query in queries:
        if "terms" in query:
            ((field, wanted),) = query["terms"].items()
            terms.setdefault(field, {}).update(dict.fromkeys(wanted))
        elif "bool" in query and query["bool"].keys() == {"should", "minimum_should_match"}:
            others += query["bool"]["should"]
        elif query != NOTHING:
            others.append(query)
    if any("terms" in query for query in others):
        return any_of([*others, *({"terms": {field: list(each)}} for field, each in terms.items())])
    parts: list[Query] = [{"terms": {field: list(each)}} for field, each in terms.items()] + others
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    return {"bool": {"should": parts, "minimum_should_match": 1}}


_Token = re.Match[str]


def _tokens(expression: str) -> list[_Token]:
    found, at = [], 0
    while at < len(expression.rstrip()):
        token = _TOKEN.match(expression, at)
        if token is None:
            raise ValueError(f"this is no expression: {expression!r}")
        found.append(token)
        at = token.end()
    return found


def _any(tokens: list[_Token], columns: list[str]) -> tuple[Query, list[_Token]]:
    found, tokens = _all(tokens, columns)
    parts = [found]
    while tokens and tokens[0]["word"] == "OR":
        found, tokens = _all(tokens[1:], columns)
        parts.append(found)
    return any_of(parts), tokens


def _all(tokens: list[_Token], columns: list[str]) -> tuple[Query, list[_Token]]:
    found, tokens = _one(tokens, columns)
    parts = [found]
    while tokens and tokens[0]["word"] == "AND":
        found, tokens = _one(tokens[1:], columns)
        parts.append(found)
    return (parts[0] if len(parts) == 1 else {"bool": {"filter": parts}}), tokens


def _one(tokens: list[_Token], columns: list[str]) -> tuple[Query, list[_Token]]:
    if not tokens:
        raise ValueError("an expression ends too early")
    first, rest = tokens[0], tokens[1:]
    if first["columns"] is not None:
        return _one(rest, [each for each in first["columns"].split() if each in columns])
    if first["sign"] == "(":
        found, rest = _any(rest, columns)
        if not rest or rest[0]["sign"] != ")":
            raise ValueError("a bracket is not closed")
        return found, rest[1:]
    if first["terms"] is None:
        raise ValueError(f"an expression can't go on with {first[0]!r}")
    return _leaf(first["terms"].split(), first["prefix"] is not None, columns), rest


def _leaf(terms: list[str], prefix: bool, columns: list[str]) -> Query:
    if not terms:
        return NOTHING
    if len(terms) == 1:
        if prefix:
            return any_of([beginning_query(terms[0], column) for column in columns])
        return any_of([terms_query(terms, column) for column in columns])
    kind, more = (
        ("match_phrase_prefix", {"max_expansions": _MOST_BEGINNINGS}) if prefix else ("match_phrase", {})
    )
    phrase = " ".join(terms)
    return any_of([{kind: {FIELDS[each]: {"query": phrase, **more}}} for each in columns if each in FIELDS])
