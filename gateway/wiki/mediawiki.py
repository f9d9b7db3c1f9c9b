"""The shape of MediaWiki's action API: parameters, results in both format versions, errors and warnings.

Source: <https://www.mediawiki.org/wiki/API:Main_page> and the pages of the modules below it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.i18n.messages import message


class ApiError(Exception):
    """An error as MediaWiki answers it: with status 200, a code, and a sentence."""

    def __init__(self, code: str, info: str) -> None:
        self.code = code
        self.info = info
        super().__init__(code)


@dataclass
class Parameters:
    """A request's parameters. What no module asked for is named in a warning, as MediaWiki does."""

    given: Mapping[str, str]
    lang: str
    asked: set[str] = field(
        default_factory=lambda: {"format", "formatversion", "origin", "crossorigin", "uselang"}
    )
    warnings: dict[str, list[str]] = field(default_factory=dict)

    def text(self, name: str, otherwise: str = "") -> str:
        """One value."""
        self.asked.add(name)
        return self.given.get(name, otherwise)

    def needed(self, name: str) -> str:
        """One value that must be there. Raises `ApiError("missingparam")`."""
        value = self.text(name)
        if not value.strip():
            raise ApiError("missingparam", message("space-wiki-api-missing", self.lang, name))
        return value

    def number(self, name: str, otherwise: int, least: int, most: int) -> int:
        """A whole number; `max` is the most, and more is taken as the most. Raises `ApiError("badinteger")`."""
        value = self.text(name) or str(otherwise)
        if value == "max":
            return most
        if not value.isascii() or not value.isdigit():
            raise ApiError("badinteger", message("space-wiki-api-integer", self.lang, value[:100], name))
        number = int(value[:12])
        if not least <= number <= most:
            self.warn("main", message("space-wiki-api-range", self.lang, name, str(least), str(most)))
        return min(max(number, least), most)

    def several(
        self, name: str, known: tuple[str, ...], otherwise: str = "", module: str = "query"
    ) -> list[str]:
        """Values joined by `|`; unknown ones are named in a warning of the module."""
        values = [value for value in self.text(name, otherwise).split("|") if value]
        if "*" in values:
            return list(known)
        for value in values:
            if value not in known:
                self.warn(module, message("space-wiki-api-value", self.lang, name, value[:100]))
        return [value for value in known if value in values]

    def one_of(self, name: str, known: tuple[str, ...], otherwise: str = "") -> str:
        """One of the known values. Raises `ApiError("badvalue")`."""
        value = self.text(name, otherwise) or otherwise
        if value not in known:
            raise ApiError("badvalue", message("space-wiki-api-value", self.lang, name, value[:100]))
        return value

    def warn(self, module: str, text: str) -> None:
        """Add a warning to the answer."""
        self.warnings.setdefault(module, []).append(text)

    @property
    def version(self) -> int:
        """The format version: 1, where it is not given, or 2."""
        return 2 if self.given.get("formatversion") in ("2", "latest") else 1


def flags(version: int, **values: bool) -> dict[str, Any]:
    """Booleans by their names: version 1 has an empty text for what is true and nothing for what is not."""
    return dict(values) if version == 2 else {name: "" for name, on in values.items() if on}


def warnings_of(parameters: Parameters) -> dict[str, Any]:
    """The warnings so far, in the shape of the format version."""
    key = "warnings" if parameters.version == 2 else "*"
    return {module: {key: "\n".join(texts)} for module, texts in parameters.warnings.items()}


def error_of(error: ApiError, version: int, help_url: str) -> dict[str, Any]:
    """An error in the shape of the format version."""
    return {"error": {"code": error.code, "info": error.info, "docref" if version == 2 else "*": help_url}}


def number_of(id: str) -> int:
    """A number that stands for one of our ids where MediaWiki has numbers: always the same, and safe in JavaScript."""
    return int.from_bytes(hashlib.sha256(id.encode()).digest()[:8], "big") >> 12


def timestamp(moment: datetime) -> str:
    """A time as MediaWiki writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
