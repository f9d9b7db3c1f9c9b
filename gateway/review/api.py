"""What waits for review as JSON, for its author."""

from __future__ import annotations

from typing import Literal

from contracts.common import Page
from contracts.held import ChangeHeld, HeldLine, HeldView
from core.audience import Viewer
from gateway.api.router import Area
from gateway.api.schemas import ListQuery
from gateway.review.pages import service_of

area = Area("review")

HeldArea = Literal["talk", "events"]


@area.get("/held/{area_name}")
def list_held(viewer: Viewer, area_name: HeldArea, query: ListQuery) -> Page[HeldLine]:
    """Your own items of an area that wait for a moderator, the newest first."""
    return service_of(area_name).held_items(viewer, query.cursor, query.limit)


@area.get("/held/{area_name}/{held_id}")
def get_held(viewer: Viewer, area_name: HeldArea, held_id: str) -> HeldView:
    """One item that waits, or waited: for its author and the moderators."""
    return service_of(area_name).held(viewer, held_id)


@area.patch("/held/{area_name}/{held_id}")
def change_held(viewer: Viewer, area_name: HeldArea, held_id: str, body: ChangeHeld) -> HeldView:
    """Change the text of an item of yours while it waits. 409 `held-over` once it waits no more."""
    return service_of(area_name).change_held(viewer, held_id, body)


@area.delete("/held/{area_name}/{held_id}")
def withdraw_held(viewer: Viewer, area_name: HeldArea, held_id: str) -> None:
    """Take an item of yours back while it waits."""
    service_of(area_name).withdraw_held(viewer, held_id)
