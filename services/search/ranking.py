"""The numbers by which both engines rank and count, so that they give the same answers."""

from __future__ import annotations

WEIGHTS = {"title": 10.0, "tags": 4.0, "body": 1.0, "author": 0.5}
"""How much an occurrence in each column of an item's terms counts."""

K1, B, USUAL_LENGTH = 1.2, 0.75, 200
"""The constants of BM25, and the length of a document, in terms, whose occurrences count as they are; in longer ones
they count less."""

OWN_LANGUAGE = 1.2
"""Factor of the score of an item that has a version in the reader's first language."""

SHARE = 0.5
"""The share that an item must have of the rarity of all words of a query that is relaxed."""

MOST_SIMILAR = 12
"""The most similar terms of a word that are used."""

MOST_VALUES = 30
"""The most values of a facet that are returned, the most frequent ones; of kinds and languages all are."""

MOST_COUNTED = 1_000
"""So many hits of a query are counted, by each value of a facet too, and ranked: if there are more, the newest ones. So
what is found often costs no more in a large index."""
