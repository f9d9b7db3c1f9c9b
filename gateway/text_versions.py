"""The language versions of an article, a topic or an event."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from contracts.common import TextVersion
from gateway.forms import Form


class Translatable(Protocol):
    """A view that has language versions."""

    @property
    def original_language(self) -> str: ...
    @property
    def versions(self) -> Sequence[TextVersion]: ...


def version_in(of: Translatable, language: str) -> TextVersion | None:
    """The version in a language, None where there is none."""
    return next((version for version in of.versions if version.language == language), None)


def original(of: Translatable) -> TextVersion:
    """The version that the others are translations of."""
    return next(version for version in of.versions if version.language == of.original_language)


def translation_form(of: Translatable, language: str) -> Form:
    """The form to translate into a language, filled with the version that there is; the original is no translation."""
    if language == of.original_language:
        return Form.filled(language="")
    version = version_in(of, language)
    if version is None:
        return Form.filled(language=language)
    return Form.filled(language=language, title=version.title, body=version.body)
