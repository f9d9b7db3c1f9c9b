"""Language versions of what people write, and their tags."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Protocol, TypeVar

from contracts.common import TextVersion
from contracts.errors import invalid
from core import languages, slugs
from core.audience import Viewer


class InLanguage(Protocol):
    """Anything that is in one language."""

    @property
    def language(self) -> str: ...


class StoredVersion(InLanguage, Protocol):
    """The row of a text in one language. `based_on`: the original's revision that a translation was made from."""

    @property
    def title(self) -> str: ...
    @property
    def translator_id(self) -> str | None: ...
    @property
    def based_on(self) -> int | None: ...
    @property
    def reviewed(self) -> bool: ...
    @property
    def revision(self) -> int: ...
    @property
    def changed_at(self) -> datetime: ...


L = TypeVar("L", bound=InLanguage)
V = TypeVar("V", bound=StoredVersion)


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


def original_of(versions: Iterable[V], original_language: str) -> V:
    """The version that the others are translations of."""
    return next(version for version in versions if version.language == original_language)


def text_versions(
    versions: Iterable[V],
    original_language: str,
    original_revision: int,
    body: Callable[[V], str],
    summary: Callable[[V], str] = lambda _: "",
) -> list[TextVersion]:
    """All language versions as views, the original first."""
    by_language = {version.language: version for version in versions}
    return [
        TextVersion(
            language=version.language,
            title=version.title,
            summary=summary(version),
            body=body(version),
            translator_id=version.translator_id,
            reviewed=version.reviewed,
            outdated=is_outdated(version.based_on, original_revision),
            revision=version.revision,
            changed_at=version.changed_at,
        )
        for version in (
            by_language[code] for code in languages.original_first(by_language, original_language)
        )
    ]


def version_for(
    versions: Iterable[L], viewer: Viewer, original_language: str, language: str | None = None
) -> L:
    """The version in `language` if there is one, else the one that the viewer reads best, else the original."""
    by_language = {version.language: version for version in versions}
    wanted = viewer.languages if language is None else (language, *viewer.languages)
    return by_language[languages.choose(by_language, wanted, original_language)]
