"""What people have of their own alone, as JSON: whom they avoid, and all their data as a file."""

from __future__ import annotations

from flask import Response

from contracts.blocks import BlockLevel, BlockPerson, BlockView
from contracts.common import Page
from core.audience import Viewer
from gateway.api.router import Area
from gateway.api.schemas import ListQuery
from gateway.people import own_data
from gateway.request_context import services

area = Area("people")


@area.get("/me/blocks")
def list_blocks(viewer: Viewer, query: ListQuery) -> Page[BlockView]:
    """Whom one has blocked, the newest first. They are not told."""
    return _list(viewer, query, "block")


@area.put("/me/blocks/{name}")
def block_person(viewer: Viewer, name: str) -> BlockView:
    """Block somebody. What they do notifies one of nothing, what they write is collapsed or left out, they can't invite
    one, and no longer follow one. It takes the place of muting them."""
    return services().people.block(viewer, name, BlockPerson(level="block"))


@area.delete("/me/blocks/{name}")
def unblock_person(viewer: Viewer, name: str) -> None:
    """No longer block somebody."""
    services().people.lift(viewer, name, "block")


@area.get("/me/mutes")
def list_mutes(viewer: Viewer, query: ListQuery) -> Page[BlockView]:
    """Whom one has muted, the newest first. They are not told."""
    return _list(viewer, query, "mute")


@area.put("/me/mutes/{name}")
def mute_person(viewer: Viewer, name: str) -> BlockView:
    """Mute somebody. What they do notifies one of nothing, and what they write is collapsed or left out. It takes the
    place of blocking them."""
    return services().people.block(viewer, name, BlockPerson(level="mute"))


@area.delete("/me/mutes/{name}")
def unmute_person(viewer: Viewer, name: str) -> None:
    """No longer mute somebody."""
    services().people.lift(viewer, name, "mute")


@area.post("/me/export", download=own_data.MEDIA_TYPE)
def export_me(viewer: Viewer) -> Response:
    """Download all that the site has of oneself, as a ZIP file of JSON files.

    docs/export.md says what is in it. A file without `export.json` is not whole. Three can be made one after the other,
    then one an hour; the account's address is told of each.
    """
    return own_data.download(services(), viewer)


def _list(viewer: Viewer, query: ListQuery, level: BlockLevel) -> Page[BlockView]:
    return services().people.blocks_of(viewer, level, query.cursor, query.limit)
