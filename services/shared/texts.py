"""Language versions of what people write, and their tags."""

from __future__ import annotations

from collections.abc import Collection

from contracts.errors import invalid
from core import languages, slugs


def known_language(code: str) -> str:
    """The code as it is stored. Raises `language-unknown` for one that there is not."""
    try:
        return languages.normalise(code)
    except ValueError:
        raise invalid("language", "language-unknown", language=code) from None


def clean_tags(tags: Collection[str], most: int) -> list[str]:
    """The tags in their one form, each once. Raises `tag-shape`, and `tags-many` for more than `most`."""
    found: dict[str, None] = {}
    for typed in tags:
        try:
            found[slugs.tag(typed)] = None
        except ValueError:
            raise invalid("tags", "tag-shape", tag=typed) from None
    if len(found) > most:
        raise invalid("tags", "tags-many", most=most)
    return list(found)


def is_outdated(based_on: int | None, original_revision: int) -> bool:
    """Whether a version was made from an older revision of the original; never the original itself (None)."""
    return based_on is not None and based_on < original_revision
