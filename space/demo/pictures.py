"""Pictures for the demo community: drawn by the programme, so that they are ours and nothing is fetched.

Each is an illustration of one of a few kinds. The seed chooses palette and composition; the same seed gives
the same picture.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from space.demo import scenes_festive, scenes_nature, scenes_night, scenes_people, scenes_things
from space.demo.paint import Canvas

_SCENES: dict[str, Callable[[Random], Canvas]] = {
    "book": scenes_things.book,
    "bunting": scenes_festive.bunting,
    "city": scenes_people.city,
    "garden": scenes_nature.garden,
    "landscape": scenes_nature.landscape,
    "letters": scenes_people.letters,
    "map": scenes_things.map_,
    "night": scenes_night.night,
    "people": scenes_people.people,
    "wave": scenes_nature.wave,
}

KINDS = tuple(_SCENES)
"""The kinds of pictures that `picture` can draw."""


def picture(seed: int, kind: str) -> bytes:
    """A JPEG of 1200 by 675 pixels, under 250 kB, in a quarter of a second. Raises `ValueError` for an unknown kind."""
    scene = _SCENES.get(kind)
    if scene is None:
        raise ValueError(f"no picture of the kind {kind!r}; there are {', '.join(KINDS)}")
    rng = Random(f"{kind}/{seed}")
    return scene(rng).jpeg(rng)
