"""How people's names are compared."""

from __future__ import annotations

import unicodedata


def name_key(name: str) -> str:
    """The form in which two names are compared: NFKC, casefolded (Unicode, 3.13, compatibility caseless matching)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
