"""What a request costs, in units, and how many units a client has: the one table of limits of the gateway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.limiter import Budget

Kind = Literal["read", "work", "write"]


@dataclass(frozen=True)
class Cost:
    """`units` of the budget for one kind of request. `work` is what takes long; `write` is what changes something."""

    kind: Kind
    units: float


READ = Cost("read", 1)
WRITE = Cost("write", 10)

# A pass through many rows or texts.
_WORK = Cost("work", 5)
# A hash of a password takes 30 ms of a core.
_PASSWORD = Cost("work", 20)

# By endpoint. What is not named here is a READ or, if its method may change something, a WRITE.
COSTS: dict[str, Cost] = {
    # Scripts and pages ask for these again and again, and they take next to nothing.
    "news.media": Cost("read", 0.2),
    "crawlers.favicon": Cost("read", 0.2),
    "installed.manifest": Cost("read", 0.2),
    "installed.service_worker": Cost("read", 0.2),
    "installed.offline": Cost("read", 0.2),
    "api.count_unread": Cost("read", 0.5),
    # Search, and what is found by it.
    "search.search": _WORK,
    "search.suggest": Cost("work", 2),
    "search.similar": _WORK,
    "api.search": _WORK,
    "api_php.api": _WORK,
    "feeds.search_feed": Cost("work", 10),
    "events.places": Cost("work", 2),
    "api.list_places": Cost("work", 2),
    # Comparisons of texts, and long lists.
    "news.history": _WORK,
    "talk_writing.history": _WORK,
    "event_history.history": _WORK,
    "topic_history.history": _WORK,
    "api.list_article_revisions": _WORK,
    "api.list_post_revisions": _WORK,
    "api.list_event_revisions": _WORK,
    "api.list_topic_revisions": _WORK,
    "feeds.all_feed": Cost("work", 3),
    "feeds.events_calendar": _WORK,
    "feeds.tag_feed": Cost("work", 3),
    "crawlers.sitemap_index": _WORK,
    "crawlers.sitemap_month": _WORK,
    "map.world": Cost("work", 3),
    # It finds its place in each producer's log. What it sends later has limits of its own: `gateway.live.options`.
    "streams.stream": _WORK,
    # Passwords.
    "signin.do_sign_in": _PASSWORD,
    "signin.do_sign_up": _PASSWORD,
    "signin.do_code": _PASSWORD,
    "recovery.do_ask": _PASSWORD,
    # The wiki is asked, or an account made.
    "wiki_sign_in.callback": _PASSWORD,
    "wiki_sign_in.choose_name": _PASSWORD,
    "wiki_sign_in.link": _PASSWORD,
    "wiki_sign_in.set_password": _PASSWORD,
    "passkeys.begin": _PASSWORD,
    "passkeys.change": _PASSWORD,
    "recovery.do_choose": _PASSWORD,
    "api.create_token": _PASSWORD,
    "contact.send": _PASSWORD,
    "own_account.change": _PASSWORD,
    # Everything that a person wrote, in pages.
    "own_data.export": Cost("work", 20),
    # A picture is decoded and written in several sizes.
    "api.upload_picture": Cost("write", 40),
    # What is read, followed or chosen is small; the texts that are being typed are stored every few seconds.
    "api.read_notifications": Cost("write", 2),
    "notifications.mark_read": Cost("write", 2),
    "display.choose": Cost("write", 2),
    "signin.sign_out": Cost("write", 1),
}

# One person, wherever they are signed in.
OF_A_PERSON: dict[Kind, Budget] = {
    "read": Budget(600, 20),
    "work": Budget(200, 10),
    "write": Budget(600, 10),
}
# All strangers behind one address, such as a school or a mobile network: people who are signed in count by themselves.
OF_A_PEER: dict[Kind, Budget] = {
    "read": Budget(2_000, 60),
    "work": Budget(600, 30),
    "write": Budget(600, 10),
}

# Seconds of CPU, as measured: what the units above, which are guesses, don't foresee. A page takes some 0.03.
CPU_OF_A_PERSON = Budget(5, 0.25)
CPU_OF_A_PEER = Budget(10, 0.5)
CPU_OF_BUSY = Budget(0.3, 0.03)
"""Who has spent as much is a busy client, and the others are served first. It comes back slowly: many who share a core
take little each."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def cost_of(endpoint: str | None, method: str) -> Cost:
    """What a request costs; `endpoint` is None for an address that does not exist."""
    found = COSTS.get(endpoint or "")
    if found is not None and method != "OPTIONS":
        return found
    return READ if method in _SAFE else WRITE
