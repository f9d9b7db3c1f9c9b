"""The size limits of uploaded pictures, the type of an upload, and what is shown with a picture."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.common import View

MOST_BYTES = 15_000_000
MOST_PIXELS = 40_000_000
LIMITS = {"megabytes": MOST_BYTES // 1_000_000, "megapixels": MOST_PIXELS // 1_000_000}
"""What the message of `picture-size` says. A camera's JPEG, HEIC and AVIF may have more pixels."""

# Somewhat more than `MOST_BYTES` take in base64; the exact size is checked after decoding.
_LONGEST = 21_000_000


def _measured(value: Any) -> Any:
    # pydantic's own message would give the limit in characters of base64, which is of no use to people.
    if isinstance(value, str) and len(value) > _LONGEST:
        raise PydanticCustomError("picture-size", "the picture is too large", LIMITS)
    return value


EncodedPicture = Annotated[str, StringConstraints(max_length=_LONGEST), BeforeValidator(_measured)]
"""A picture's file in base64. Fault: `picture-size`."""


class PictureView(View):
    """A picture with what its licence requires to be shown. Sizes are in pixels; `picture_bytes` returns the file."""

    id: str
    alt: str
    author: str
    licence: str
    source: str
    width: int
    height: int
    media_type: str
    uploaded_by: str
