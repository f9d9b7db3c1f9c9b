"""Reports and the public log of decisions as JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from bus.rpc.context import coming_from
from contracts.common import CLEAN_TEXT, Command, Page
from contracts.deletion import GivenReason
from contracts.moderation import PublicDecision, ReportReceipt
from core.audience import Viewer
from gateway.api.router import Area
from gateway.api.schemas import ListQuery
from gateway.moderation.targets import target_at
from gateway.request_context import services
from gateway.signin.devices import origin_of

area = Area("moderation")


class ReportBody(Command):
    """What to report: `of` is the path of its page. The reason `other` needs words."""

    of: Annotated[str, StringConstraints(max_length=2000)]
    reason: GivenReason
    words: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), CLEAN_TEXT] = ""


@area.post("/reports", status=201, open_to_all=True)
def create_report(viewer: Viewer, body: ReportBody) -> ReportReceipt:
    """Report what one sees to its moderators, also without an account."""
    command = target_at(services(), viewer, body.of).report(body.reason, body.words)
    with coming_from(origin_of("")):
        return services().people.report(viewer, command)


@area.get("/decisions")
def list_decisions(viewer: Viewer, query: ListQuery) -> Page[PublicDecision]:
    """What moderators decided, newest first; nobody is named."""
    return services().people.public_decisions(viewer, query.cursor, query.limit)
