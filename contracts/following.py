"""What can be followed, and why somebody is notified: terms of `contracts.notify` and `contracts.mail`."""

from typing import Literal

FollowKind = Literal["topic", "tag", "category", "group", "person", "event", "article", "search"]
Level = Literal["muted", "normal", "tracking", "watching"]
Reason = Literal["follow", "mention", "reply", "quote", "review", "membership", "attendance", "search"]
