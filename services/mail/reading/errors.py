"""Why a mail can't be read."""

from __future__ import annotations

from typing import Literal

Reason = Literal["too-large", "too-nested", "undecodable", "encrypted"]
"""`too-large`: more bytes, headers, parts or text than the limits allow. `too-nested`: parts within parts, or tags
within tags, too deep. `undecodable`: its text is in a charset that isn't read. `encrypted`: by S/MIME or PGP, or
wrapped in a signature that only S/MIME opens."""


class Unreadable(Exception):
    """A mail, or a part of it that would have to be read, can't be. `reason` is a code for messages."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason
