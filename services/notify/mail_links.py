"""The links in mails by which their readers end mail without signing in.

What a link says is encrypted, since ids of people are told to nobody, and can't be made or changed without the key
(`core.siv`, which makes the same link of the same content, so that each attempt to send a mail is alike). A link
holds for ever: a mail may be read after years.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Self, cast, get_args

from contracts.errors import NotFound
from contracts.notify import FollowKind, Reason
from core.settings import Settings
from core.siv import SivCipher

_PURPOSE = "mail-links"
_LONGEST = 1000


@dataclass(frozen=True)
class LinkContent:
    """Whose mail a link is in, and why it came: `subject` is that of the notification (`topic/…`), or the digest,
    `followed_kind` and `followed_id` what led to it, `""` where nothing did."""

    person_id: str
    reason: str
    subject: str = ""
    followed_kind: str = ""
    followed_id: str = ""

    @property
    def why(self) -> Reason:
        """The reason, as the contract has it."""
        return cast(Reason, self.reason)

    @property
    def followed(self) -> FollowKind | None:
        """The kind of what led to it."""
        return cast(FollowKind, self.followed_kind) if self.followed_kind else None


class MailLinks:
    """Makes links with the key of the first of `keys`, and opens those of any of them."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._cipher = SivCipher(keys)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """That of a process with these settings."""
        return cls(settings.keys_for(_PURPOSE))

    def token(self, content: LinkContent) -> str:
        """What stands in the link."""
        return self._cipher.token(json.dumps(astuple(content)).encode())

    def open(self, token: str) -> LinkContent:
        """What a link says. Raises `NotFound("mail-link-unknown")` for one that is not of this site."""
        opened = self._cipher.open(token) if len(token) <= _LONGEST else None
        if opened is not None:
            content = LinkContent(*json.loads(opened))
            if content.reason in get_args(Reason):
                return content
        raise NotFound("mail-link-unknown")
