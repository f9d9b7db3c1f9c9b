"""Builds the FTS5 expression of a parsed query, and the terms that a snippet marks as matches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from services.search.analysis import Phrase, joined_phrases, phrases
from services.search.query_syntax import Clause


@dataclass(frozen=True)
class MatchClause:
    """The FTS5 expression of one required clause, and the whole terms and the prefixes of terms that match it."""

    expression: str
    whole: frozenset[str]
    prefixes: tuple[str, ...]


@dataclass(frozen=True)
class MatchExpression:
    """The FTS5 expressions of what must and must not occur, `""` for nothing.

    `groups` has for each required clause the whole terms, and the prefixes of terms, that a snippet marks.
    """

    required: str
    excluded: str
    clauses: tuple[MatchClause, ...]
    groups: tuple[tuple[frozenset[str], tuple[str, ...]], ...]


def build_match(
    clauses: Sequence[Clause], languages: Iterable[str], authors: dict[str, list[str]]
) -> MatchExpression:
    """The expressions for the clauses, each analysed by the rules of every language in `languages`.

    `authors` has the ids of the people whose name is a clause's text, by that text: the clause also finds what they
    wrote.
    """
    codes = list(languages)
    required, excluded, groups = [], [], []
    for clause in clauses:
        ways = _ways(clause.text, codes or [""])
        parts = list(dict.fromkeys(part for way in ways if (part := _all(way))))
        if not parts:
            continue
        if clause.excluded:
            excluded.append(_any(parts))
            continue
        written_by = [f"author:{author_id}" for author_id in authors.get(clause.text, ())]
        parts += [f'"{author}"' for author in written_by]
        whole, prefixes = _group(ways)
        required.append(MatchClause(_any(parts), whole | set(written_by), prefixes))
        groups.append((whole, prefixes))
    return MatchExpression(
        " AND ".join(clause.expression for clause in required),
        " OR ".join(excluded),
        tuple(required),
        tuple(groups),
    )


def _ways(text: str, languages: list[str]) -> list[tuple[Phrase, ...]]:
    """The phrases of a clause by the rules of each language; also of a word without its apostrophes."""
    read = [tuple(analyse(text, code)) for analyse in (phrases, joined_phrases) for code in languages]
    return [way for way in dict.fromkeys(read) if way]


def _group(ways: list[tuple[Phrase, ...]]) -> tuple[frozenset[str], tuple[str, ...]]:
    wanted = [each for way in ways for phrase in way for each in phrase]
    whole = frozenset(term for each in wanted if not each.prefix for term in each.terms)
    return whole, tuple(dict.fromkeys(each.terms[0] for each in wanted if each.prefix))


def _all(way: tuple[Phrase, ...]) -> str:
    parts = [_phrase(phrase) for phrase in way]
    return parts[0] if len(parts) == 1 else "(" + " AND ".join(parts) + ")" if parts else ""


def _any(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"


def _phrase(phrase: Phrase) -> str:
    if len(phrase) > 1:  # only the first variant of each word: all combinations would be too many
        return _any([_quoted(terms) for terms in product(*(each.terms[:1] for each in phrase))])
    only = phrase[0]
    return _any([_quoted((term,)) + (" *" if only.prefix else "") for term in only.terms])


def _quoted(terms: Sequence[str]) -> str:
    # Terms consist of letters, digits, marks and a colon, so quotes can't occur; removing them is a safeguard.
    return '"' + " ".join(term.replace('"', "") for term in terms) + '"'
