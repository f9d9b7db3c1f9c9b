"""The syntax of a search: words, `"phrases"`, `-exclusions`, `OR`, beginnings of words (`wiki*`) and filters.

`parse` accepts any text. What can't be understood is left out and becomes a hint for who typed it, so that a slip never
empties the page. `with_filters` writes the filters of a form into the text of a query: both say the same.

`OR` joins the two things beside it and binds more strongly than the space: `a b OR c` is a and one of b and c. Several
filters of one name stand for any of their values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.search_filters import FILTERS, NEAR_KM, kilometres, value_of

MOST_CLAUSES = 24
"""The most words, phrases and filters of a query that are used."""

Within = Literal["", "title", "text"]

# A quote inside a Hebrew word is the sign of an acronym, not the beginning of a phrase.
_ITEM = re.compile(
    r"(?P<minus>(?<!\S)[-−])?"
    rf"(?:(?<![^\s\-−])(?P<name>(?i:{'|'.join(FILTERS)}))[:：])?"
    r"(?:[\"“”„«](?P<phrase>[^\"“”«»]*)(?P<end>[\"“”»]|$)"
    r"|(?P<word>[^\s\"“”„«»]+(?:(?<=[א-ת])\"[א-ת]+)?))"
)
_BARE_FILTER = re.compile(rf"(?<!\S)[-−]?(?P<name>(?i:{'|'.join(FILTERS)}))[:：](?!\S)")
_QUOTED = re.compile(r"[\s\"“”„«»]")


@dataclass(frozen=True, slots=True)
class Word:
    """One word as typed, such as `market` or `foo-bar`, whose parts must be adjacent. `prefix`: any word that begins
    so."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that must be adjacent, as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter with a value in its canonical form: a stored language code, a canonical tag, an ISO day."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Not:
    """What must not hold."""

    node: Word | Phrase | Filter


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these must hold."""

    nodes: tuple[Word | Phrase | Filter | Not, ...]


Leaf = Word | Phrase | Filter
Node = Leaf | Not | AnyOf


@dataclass(frozen=True, slots=True)
class Hint:
    """Something in the query that was left out. `code` is one of `filter-empty`, `filter-value`, `quote-open`,
    `or-edge`, `within-alone` and `clauses-many`; `text` is what it is about, as typed."""

    code: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: all of `nodes` must hold, and for each name in `filters` one of its values. `within` limits all
    words to a part of the texts. `radius_km` is how far from each place of `near` an item may be."""

    nodes: tuple[Node, ...] = ()
    filters: tuple[Filter, ...] = ()
    within: Within = ""
    radius_km: float = NEAR_KM
    hints: tuple[Hint, ...] = ()

    def values(self, name: str) -> tuple[str, ...]:
        """The values of the filters of this name."""
        return tuple(each.value for each in self.filters if each.name == name)

    @property
    def texts(self) -> list[str]:
        """The words and phrases that are looked for, as typed; without those that are excluded."""
        leaves = [
            leaf for node in self.nodes for leaf in (node.nodes if isinstance(node, AnyOf) else (node,))
        ]
        return [leaf.text for leaf in leaves if isinstance(leaf, Word | Phrase)]


@dataclass(frozen=True, slots=True)
class _Item:
    """One item of the text, at `start` to `end`; `node` is None for `OR`."""

    node: Leaf | Not | None
    start: int
    end: int


def parse(text: str) -> Query:
    """The query that a text says."""
    items, hints = _items(text)
    nodes: list[Node] = []
    filters: list[Filter] = []
    within: Within = ""
    radii: list[float] = []
    for group in _alternatives(items, hints):
        joined = [item.node for item in group if item.node is not None]
        # Each of these says something of the whole query, wherever it stands.
        general = [node for node in joined if isinstance(node, Filter) and node.name in ("in", "within")]
        rest = [node for node in joined if node not in general]
        for node in reversed(general):
            if node.name == "within":
                radii.append(kilometres(node.value))
            else:
                within = "title" if node.value == "title" else "text"
        if len(rest) > 1:
            nodes.append(AnyOf(tuple(rest)))
        elif rest and isinstance(rest[0], Filter):
            filters.append(rest[0])
        else:
            nodes += rest
    return Query(
        tuple(nodes),
        tuple(dict.fromkeys(filters)),
        within,
        max(radii, default=NEAR_KM),
        tuple(dict.fromkeys(hints)),
    )


def with_filters(text: str, changed: Mapping[str, Sequence[str]]) -> str:
    """The text with these values in the place of all its filters of the same names; no value takes a filter away.

    Filters that are excluded or part of an `OR` stay as they are.
    """
    items, hints = _items(text)
    dropped = [
        (group[0].start, group[0].end)
        for group in _alternatives(items, hints)
        if len(group) == 1 and isinstance(group[0].node, Filter) and group[0].node.name in changed
    ]
    for start, end in reversed(dropped):
        text = text[:start] + text[end:]
    words = text.split()
    if any(hint.code == "quote-open" for hint in hints):
        words.append('"')
    while words and words[-1] == "OR":
        words.pop()  # it would join the last word with the first filter
    written = [_written(name, value) for name, values in changed.items() for value in dict.fromkeys(values)]
    return " ".join([*words, *(each for each in written if each)])


def _written(name: str, value: str) -> str:
    value = re.sub(r"[\"“”«»]", "", value).strip()
    if not value:
        return ""
    return f'{name}:"{value}"' if _QUOTED.search(value) else f"{name}:{value}"


def _items(text: str) -> tuple[list[_Item], list[Hint]]:
    """The items of a text in order, and what was left out of it."""
    text = text.replace("\x00", " ")
    hints = [Hint("filter-empty", match["name"].lower()) for match in _BARE_FILTER.finditer(text)]
    bare = [match.span() for match in _BARE_FILTER.finditer(text)]
    found: list[_Item] = []
    for match in _ITEM.finditer(text):
        if any(start <= match.start() < end for start, end in bare):
            continue
        if match["word"] == "OR" and not match["minus"] and not match["name"]:
            found.append(_Item(None, *match.span()))
            continue
        if match["phrase"] is not None and not match["end"]:
            hints.append(Hint("quote-open"))
        leaf = _leaf(match, hints)
        if match["minus"] and isinstance(leaf, Filter) and leaf.name in ("in", "within"):
            hints.append(Hint("filter-value", match[0]))
        elif leaf is not None:
            found.append(_Item(Not(leaf) if match["minus"] else leaf, *match.span()))
    if _names(found, "within") and not _names(found, "near"):
        hints.append(Hint("within-alone"))
    if sum(item.node is not None for item in found) > MOST_CLAUSES:
        hints.append(Hint("clauses-many", str(MOST_CLAUSES)))
        found = found[: MOST_CLAUSES + sum(item.node is None for item in found[:MOST_CLAUSES])]
    return found, hints


def _names(items: Sequence[_Item], name: str) -> bool:
    """Whether one of the items is a filter of this name, excluded or not."""
    leaves = (item.node.node if isinstance(item.node, Not) else item.node for item in items)
    return any(isinstance(leaf, Filter) and leaf.name == name for leaf in leaves)


def _leaf(match: re.Match[str], hints: list[Hint]) -> Leaf | None:
    phrase, word = match["phrase"], match["word"]
    written = (phrase if phrase is not None else word).strip()
    if match["name"]:
        name = match["name"].lower()
        value = value_of(name, written)
        if value:
            return Filter(name, value)
        hints.append(Hint("filter-value" if written else "filter-empty", match[0] if written else name))
        return None
    if not any(char.isalnum() for char in written):
        return None
    if phrase is not None:
        return Phrase(written)
    return Word(written.rstrip("*"), prefix=written.endswith("*"))


def _alternatives(items: list[_Item], hints: list[Hint]) -> list[list[_Item]]:
    """The items, those that `OR` joins together in one list."""
    groups: list[list[_Item]] = []
    joins = False
    for item in items:
        if item.node is None:
            if joins or not groups:
                hints.append(Hint("or-edge"))
            joins = bool(groups)
        elif joins:
            groups[-1].append(item)
            joins = False
        else:
            groups.append([item])
    if joins:
        hints.append(Hint("or-edge"))
    return groups
