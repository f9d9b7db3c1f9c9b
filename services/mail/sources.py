"""The services that are called for a mail."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.forum import ForumApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi


@dataclass(frozen=True)
class Sources:
    """People knows who writes, the forum takes what they write, and notify sends them no mail that comes back."""

    people: PeopleApi
    forum: ForumApi
    notify: NotifyApi
