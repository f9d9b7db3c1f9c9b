"""The grammar of messages, as translatewiki.net's translators write it.

``$1`` is a parameter, ``{{PLURAL:$1|one|other}}`` and ``{{GENDER:$1|he|she|they}}`` choose a form; forms may
hold parameters and further choices. ``0=none`` in PLURAL is the form for that very number. Everything else is
text.
"""

import re
from dataclasses import dataclass

_TOKEN = re.compile(r"\$([1-9]\d?)|\{\{([^{}|:]*):|(\{\{)|(\|)|(\}\})")
_EXACT = re.compile(r"\s*(\d+)\s*=(.*)", re.DOTALL)


class MessageSyntaxError(ValueError):
    """A message whose braces or choices don't add up; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Param:
    """``$index``, counted from 1."""

    index: int


@dataclass(frozen=True, slots=True)
class Plural:
    """The ``exact`` form of the very number, else one of ``forms`` by the language's plural rule."""

    count: "Nodes"
    forms: "tuple[Nodes, ...]"
    exact: "tuple[tuple[int, Nodes], ...]"


@dataclass(frozen=True, slots=True)
class Gender:
    """``forms`` are for male, female and unknown; a missing one is the first."""

    person: "Nodes"
    forms: "tuple[Nodes, ...]"


Nodes = tuple[str | Param | Plural | Gender, ...]


def compile_message(text: str) -> Nodes:
    """The message's parts, in order. Raises ``MessageSyntaxError``."""
    nodes, end, stop = _sequence(text, 0, within=False)
    if stop or end != len(text):
        raise MessageSyntaxError(f"unexpected '{stop}' in {text!r}")
    return nodes


def params_of(nodes: Nodes) -> set[int]:
    """The numbers of the parameters that a message uses, in all its forms."""
    found: set[int] = set()
    for node in nodes:
        match node:
            case Param(index):
                found.add(index)
            case Plural(count, forms, exact):
                found |= params_of(count).union(
                    *map(params_of, forms), *(params_of(form) for _, form in exact)
                )
            case Gender(person, forms):
                found |= params_of(person).union(*map(params_of, forms))
            case _:
                pass
    return found


def _sequence(text: str, start: int, *, within: bool) -> tuple[Nodes, int, str]:
    """Nodes from ``start`` up to the ``|`` or ``}}`` that ends them; the place after; which of both it is."""
    nodes: list[str | Param | Plural | Gender] = []
    at = start
    while found := _TOKEN.search(text, at):
        index, function, stray, bar, close = found.groups()
        if bar and not within:  # a bar outside of choices is text
            nodes.append(text[at : found.end()])
            at = found.end()
            continue
        if found.start() > at:
            nodes.append(text[at : found.start()])
        at = found.end()
        if bar or close:
            return tuple(nodes), at, bar or close
        if index:
            nodes.append(Param(int(index)))
        elif stray:
            raise MessageSyntaxError(f"'{{{{' opens nothing known in {text!r}")
        else:
            node, at = _choice(text, at, function.strip().upper())
            nodes.append(node)
    if at < len(text):
        nodes.append(text[at:])
    return tuple(nodes), len(text), ""


def _choice(text: str, at: int, function: str) -> tuple[Plural | Gender, int]:
    if function not in ("PLURAL", "GENDER"):
        raise MessageSyntaxError(f"'{{{{{function}:' is neither PLURAL nor GENDER in {text!r}")
    parts: list[Nodes] = []
    stop = "|"
    while stop == "|":
        part, at, stop = _sequence(text, at, within=True)
        parts.append(part)
    if stop != "}}":
        raise MessageSyntaxError(f"'{{{{{function}:' is never closed in {text!r}")
    subject, *forms = parts
    if not forms:
        raise MessageSyntaxError(f"'{{{{{function}:' has no forms in {text!r}")
    if function == "GENDER":
        return Gender(subject, tuple(forms)), at
    plain: list[Nodes] = []
    exact: list[tuple[int, Nodes]] = []
    for form in forms:
        if form and isinstance(form[0], str) and (number := _EXACT.fullmatch(form[0])):
            rest = (number[2], *form[1:]) if number[2] else form[1:]
            exact.append((int(number[1]), rest))
        else:
            plain.append(form)
    return Plural(subject, tuple(plain), tuple(exact)), at
