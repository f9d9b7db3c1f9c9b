"""Lists of a small community: each holds all that a reader may see of its kinds, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from core.audience import STRANGER
from tests.leaks.words import found_in
from tests.leaks.world import Item, Reader, World

API = "/api/v1"


@dataclass(frozen=True)
class Listing:
    """An address that lists items of these kinds, in these states if any are named. `to_anybody`: whoever asks,
    it lists what strangers may see."""

    address: str
    kinds: tuple[str, ...]
    to_anybody: bool = False
    states: tuple[str, ...] = ()


ALL = ("topic", "article", "event")
FOUND = {"topic": ("",), "article": ("published",), "event": ("confirmed", "cancelled")}
"""The states of finished items; groups are found in any."""
STANDING = ("open", "closed", "hidden")
LISTINGS = (
    Listing("/talk?sort=new", ("topic",)),
    Listing("/talk/c/help", ("topic",)),
    Listing("/news", ("article",)),
    Listing("/news?category=stories", ("article",)),
    Listing("/events", ("event",)),
    Listing("/groups", ("group",), states=STANDING),
    Listing("/groups/archived", ("group",), states=("archived",)),
    Listing("/search?q=Title", ALL),
    Listing("/search?q=Circle", ("group",)),
    Listing("/tags", ALL),
    Listing(f"{API}/topics", ("topic",)),
    Listing(f"{API}/articles", ("article",)),
    Listing(f"{API}/events", ("event",)),
    Listing(f"{API}/groups", ("group",), states=STANDING),
    Listing(f"{API}/groups?archived=true", ("group",), states=("archived",)),
    Listing(f"{API}/search?q=Title&limit=100", ALL),
    Listing(f"{API}/tags?limit=100", ALL),
    *(Listing(f"/feeds/{name}.{ending}", kinds, True)
      for name, kinds in (("talk", ("topic",)), ("news", ("article",)), ("events", ("event",)))
      for ending in ("rss", "atom", "json")),
    Listing("/feeds/events.ics", ("event",), True),
)  # fmt: skip


def _listed(item: Item, listing: Listing) -> bool:
    """Whether a list has an item, for who may see it."""
    states = listing.states or FOUND.get(item.kind)
    return states is None or item.state in states


def wrong_lists(world: World, reader: Reader) -> list[str]:
    """What each list lacks for a reader or has too much."""
    faults = []
    for listing in LISTINGS:
        viewer = STRANGER if listing.to_anybody else reader.viewer
        here = found_in(reader.client.get(listing.address).text)
        for item in world.items:
            if item.kind in listing.kinds and item.state != "deleted":
                wanted = _listed(item, listing) and item.secrets[0].rule(viewer)
                if wanted != any(secret.word in here for secret in item.secrets):
                    says = "lacks" if wanted else "has"
                    faults.append(
                        f"{reader.name}: {listing.address} {says} the {item.state} {item.kind}"
                        f" for {item.audience} ({item.secrets[0].word})"
                    )
    return faults
