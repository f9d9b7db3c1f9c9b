"""How large a picture may be, and its bytes as they travel."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

MOST_BYTES = 8_000_000
MOST_PIXELS = 40_000_000
LIMITS = {"megabytes": MOST_BYTES // 1_000_000, "megapixels": MOST_PIXELS // 1_000_000}
"""What the message of `picture-size` says."""

# Some more than `MOST_BYTES` make in base64: what lies between is measured exactly once it is decoded.
_LONGEST = 12_000_000


def _measured(value: Any) -> Any:
    # People know megabytes; that some text has too many characters would tell them nothing.
    if isinstance(value, str) and len(value) > _LONGEST:
        raise PydanticCustomError("picture-size", "the picture is too large", LIMITS)
    return value


EncodedPicture = Annotated[str, StringConstraints(max_length=_LONGEST), BeforeValidator(_measured)]
"""A picture's file in base64. Fault: `picture-size`."""
