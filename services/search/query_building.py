"""Builds the FTS5 expressions of a parsed query, and the terms that a snippet marks as matches."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from core.search_syntax import AnyOf, Filter, Node, Not, Phrase, Query, Word
from services.search.analysis import Phrase as TermPhrase
from services.search.analysis import QueryTerm, joined_phrases, phrases, same_rules
from services.search.scripts import is_unspaced

WEAKEST = 0.3
"""The least weight of a similar term (`MatchClause.similar`)."""


@dataclass(frozen=True)
class MatchClause:
    """One thing that the texts must have.

    `expression` is its FTS5 expression; whole terms and prefixes of terms match it. `typed` are all terms of what was
    typed, also those that the index does not have. `word` is what was typed if it is
    one word, `""` for anything else: only a word may be missing, or have `similar` terms, with a weight below 1 each.
    """

    expression: str
    whole: frozenset[str]
    prefixes: tuple[str, ...] = ()
    word: str = ""
    typed: frozenset[str] = frozenset()
    similar: tuple[tuple[str, float], ...] = ()

    def pieces(self) -> list[MatchClause]:
        """The pairs of letters of a word in a script without spaces, each as a clause; empty for any other word."""
        pairs = sorted(term for term in self.typed if len(self.typed) > 1 and is_unspaced(term))
        return [MatchClause(_quoted((pair,)), frozenset((pair,)), word=pair) for pair in pairs]

    def with_similar(self, similar: Mapping[str, float]) -> MatchClause:
        """The clause with similar terms beside its own."""
        parts = [self.expression, *(_quoted((term,)) for term in similar)]
        return replace(self, expression=_any(parts), similar=tuple(similar.items()))


@dataclass(frozen=True)
class MatchExpression:
    """What of a query concerns the texts: the clauses, and the expression of what must not occur (`""` for nothing).

    `conditions` is the rest of what must hold. `within` are the columns of `words` in which words are looked for.
    """

    clauses: tuple[MatchClause, ...]
    excluded: str
    conditions: tuple[Node, ...]
    within: str

    @property
    def required(self) -> str:
        """The expression of all clauses, `""` if there are none."""
        return self.limited(" AND ".join(clause.expression for clause in self.clauses))

    @property
    def in_titles(self) -> str:
        """The expression of all clauses in a title alone, `""` if words are not looked for there."""
        if "title" not in self.within.split():
            return ""
        return "{title} : (" + " AND ".join(clause.expression for clause in self.clauses) + ")"

    def limited(self, expression: str) -> str:
        """The expression, limited to the columns in which words are looked for."""
        return f"{{{self.within}}} : ({expression})" if expression else ""

    @property
    def groups(self) -> tuple[tuple[frozenset[str], tuple[str, ...]], ...]:
        """For each clause the whole terms, and the prefixes of terms, that a snippet marks."""
        return tuple(
            (clause.whole | {term for term, _ in clause.similar}, clause.prefixes) for clause in self.clauses
        )


COLUMNS = {"": "title tags body author", "title": "title", "text": "body"}


Known = Callable[[Collection[str]], Collection[str]]
"""Which of some terms may be in the index."""


def _all_of(terms: Collection[str]) -> Collection[str]:
    return terms


def build_match(
    query: Query, languages: Iterable[str], authors: Mapping[str, list[str]], known: Known = _all_of
) -> MatchExpression:
    """The expressions of a query, whose words are analysed by the rules of every language in `languages`.

    `authors` has the ids of the people whose name is the text of a word or phrase, by that text: it also finds what
    they wrote. Terms that are not `known` are left out of the expressions: of a word that is analysed by the rules of
    forty languages few are.
    """
    codes = list(languages) or [""]
    clauses, excluded, conditions = [], [], []
    for node in query.nodes:
        if isinstance(node, Not) and not isinstance(node.node, Filter):
            clause = text_clause(node.node, codes, {}, known)
            excluded += [clause.expression] if clause else []
        elif isinstance(node, Word | Phrase):
            clause = text_clause(node, codes, authors, known)
            clauses += [clause] if clause else []
        elif isinstance(node, AnyOf) and all(isinstance(each, Word | Phrase) for each in node.nodes):
            parts = [
                text_clause(each, codes, authors, known)
                for each in node.nodes
                if isinstance(each, Word | Phrase)
            ]
            clauses += _joined([part for part in parts if part])
        else:
            conditions.append(node)
    return MatchExpression(tuple(clauses), " OR ".join(excluded), tuple(conditions), COLUMNS[query.within])


def text_clause(
    node: Word | Phrase, languages: Sequence[str], authors: Mapping[str, list[str]], known: Known = _all_of
) -> MatchClause | None:
    """The clause of a word or phrase; None if no term is left of it."""
    ways = _ways(node, languages)
    typed, _ = _group(ways)
    there = frozenset(known(typed))
    ways = [way for each in ways if (way := _known_way(each, there))] or ways[:1]
    parts = list(dict.fromkeys(part for way in ways if (part := _all(way))))
    if not parts:
        return None
    written_by = [f"author:{author_id}" for author_id in authors.get(node.text, ())]
    parts += [_quoted((author,)) for author in written_by]
    whole, prefixes = _group(ways)
    word = node.text if isinstance(node, Word) and not node.prefix else ""
    return MatchClause(_any(parts), whole | set(written_by), prefixes, word, typed)


def _known_way(way: tuple[TermPhrase, ...], known: frozenset[str]) -> tuple[TermPhrase, ...]:
    """The phrases with their known terms alone; empty if one of them can't match."""
    found = []
    for phrase in way:
        # Chosen before the unknown ones are left out: which it is must not depend on texts that the reader can't see.
        words = _first_variants(phrase) if len(phrase) > 1 else phrase
        words = tuple(
            each if each.prefix else QueryTerm(tuple(term for term in each.terms if term in known))
            for each in words
        )
        if not all(each.terms for each in words):
            return ()
        found.append(words)
    return tuple(found)


def _joined(parts: list[MatchClause]) -> list[MatchClause]:
    if not parts:
        return []
    whole = frozenset[str]().union(*(part.whole for part in parts))
    prefixes = tuple(prefix for part in parts for prefix in part.prefixes)
    return [MatchClause(_any([part.expression for part in parts]), whole, prefixes)]


def _ways(node: Word | Phrase, languages: Sequence[str]) -> list[tuple[TermPhrase, ...]]:
    """The phrases of a node by the rules of each language; also of a word without its apostrophes and hyphens."""
    ways = _ways_of(node.text, tuple(languages))
    if isinstance(node, Word) and node.prefix:
        return [(*way[:-1], _beginning(way[-1])) for way in ways]
    return list(ways)


@lru_cache(maxsize=2_000)
def _ways_of(text: str, languages: tuple[str, ...]) -> tuple[tuple[TermPhrase, ...], ...]:
    """The different phrases of a text by the rules of each language."""
    codes = dict.fromkeys(languages)
    apart = {same_rules(text, code): code for code in reversed(codes)}
    read = [
        tuple(analyse(text, code))
        for analyse in (phrases, joined_phrases)
        for code in codes
        if apart[same_rules(text, code)] == code
    ]
    return tuple(way for way in dict.fromkeys(read) if way)


def _beginning(phrase: TermPhrase) -> TermPhrase:
    """The phrase with a last term that may go on."""
    return (*phrase[:-1], QueryTerm(phrase[-1].terms, prefix=True))


def _group(ways: list[tuple[TermPhrase, ...]]) -> tuple[frozenset[str], tuple[str, ...]]:
    wanted = [each for way in ways for phrase in way for each in phrase]
    whole = frozenset(term for each in wanted if not each.prefix for term in each.terms)
    return whole, tuple(dict.fromkeys(term for each in wanted if each.prefix for term in each.terms))


def _all(way: tuple[TermPhrase, ...]) -> str:
    parts = [_phrase(phrase) for phrase in way]
    return parts[0] if len(parts) == 1 else "(" + " AND ".join(parts) + ")" if parts else ""


def _any(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"


def _first_variants(phrase: TermPhrase) -> TermPhrase:
    return tuple(replace(each, terms=each.terms[:1]) for each in phrase)


def _phrase(phrase: TermPhrase) -> str:
    if len(phrase) > 1:  # only the first variant of each word: all combinations would be too many
        first = _quoted([term for each in _first_variants(phrase) for term in each.terms])
        return first + (" *" if phrase[-1].prefix else "")
    only = phrase[0]
    return _any([_quoted((term,)) + (" *" if only.prefix else "") for term in only.terms])


def _quoted(terms: Sequence[str]) -> str:
    # Terms consist of letters, digits, marks and a colon, so quotes can't occur; removing them is a safeguard.
    return '"' + " ".join(term.replace('"', "") for term in terms) + '"'
