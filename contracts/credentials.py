"""Names and secrets, as commands of people take them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PlainSerializer, SecretStr, StringConstraints

PersonName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=40)]
"""Letters and digits of any script, `_`, `-`, `.`; unique without regard to case (NFKC, casefolded)."""

# `SecretStr` hides a value from logs and tracebacks; over the bus it is sent as it is.
_Reveal = PlainSerializer(lambda secret: secret.get_secret_value(), return_type=str, when_used="json")
Secret = Annotated[SecretStr, Field(max_length=200), _Reveal]
Password = Annotated[SecretStr, Field(min_length=8, max_length=200), _Reveal]

__all__ = ["Password", "PersonName", "Secret"]
