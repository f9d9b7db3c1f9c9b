"""Words that nothing else contains: where one is found, the text that it stands for has been told."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from core.audience import Viewer

Rule = Callable[[Viewer], bool]
"""Who may read something."""

SHAPE = re.compile(r"zq[b-y]{6}k")
_LETTERS = "bcdfghjklmnpqrtvwxy"


_POINTS = (0, 1, 3, 7, 12, 4)
_MOST = len(_LETTERS) ** 3 * 9 // 10


class Words:
    """Gives out words: of one length, so that no answer's size tells them apart, and of letters that are the same in
    addresses, tags, markup and the index.

    Any two differ in four letters at least, so that a search takes none for a typing error of another: they are a
    Reed-Solomon code over the field of 19 letters.
    """

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self._given: set[str] = set()
        self._twins: dict[str, str] = {}

    def twin(self, word: str) -> str:
        """A word that nothing has, in the place of this one: always the same, for there are only so many."""
        if word not in self._twins:
            self._twins[word] = self.new()
        return self._twins[word]

    def new(self) -> str:
        """A word that was not given out before."""
        assert len(self._given) < _MOST, "there are no more words: give some out again"
        while True:
            a, b, c = (self._random.randrange(len(_LETTERS)) for _ in range(3))
            letters = (_LETTERS[(a + b * x + c * x * x) % len(_LETTERS)] for x in _POINTS)
            word = f"zq{''.join(letters)}k"
            if word not in self._given:
                self._given.add(word)
                return word

    def new_id(self) -> str:
        """An id that nothing has."""
        return "0" + "".join(self._random.choices("bcdfghjkmnpqrstvwxyz", k=15))


@dataclass
class Secret:
    """A word, what it stands in, and who may read it.

    `shown`: whoever may read it finds it on some surface; `in_api`: also with a token. `open_at`: the routes where it
    stands for others too, as a person's name does on that person's own page while what they did is secret.
    """

    word: str
    what: str
    rule: Rule
    shown: bool = True
    in_api: bool = True
    open_at: Callable[[str, Viewer], bool] = lambda route, viewer: False


def found_in(text: str) -> set[str]:
    """The words in a text."""
    return set(SHAPE.findall(text))
