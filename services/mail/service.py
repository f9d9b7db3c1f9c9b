"""The entrypoints of the mail service: what comes in by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nameko.timer import timer

from bus.entrypoints import call, handles, reads, task_handler
from bus.service import PURGE_SECONDS, Service
from contracts.forum import ForumApi
from contracts.mail_in import HeldReply, MailInApi
from contracts.notify import NotifyApi
from contracts.people import PeopleApi, PersonVanished
from core.audience import Viewer
from services.mail import handlers, own_data, queries
from services.mail.actions import handling, holding
from services.mail.held_links import HeldLinks
from services.mail.sources import Sources
from services.mail.tasks import HandleMail, SendNotice


class MailService(Service):
    """Calls and tasks; `contracts.mail_in.MailInApi` documents the calls."""

    name = "mail"
    api = MailInApi

    export_of = reads(own_data.export_of)
    person_vanished = handles(PersonVanished, handlers.person_vanished)

    @call
    def held_reply(self, viewer: Viewer, token: str) -> HeldReply:
        held_id = self._links.open(token)
        return queries.view(self.read(queries.known, held_id))

    @call
    def post_held_reply(self, viewer: Viewer, token: str) -> HeldReply:
        return holding.post_held_reply(self.resources.database, self._sources, self._links, token)

    @task_handler(HandleMail)
    def handle_mail(self, task: HandleMail, key: str, attempt: int) -> None:
        resources = self.resources
        handling.handle(resources.database, resources.settings, self._sources, task)

    @task_handler(SendNotice)
    def send_notice(self, task: SendNotice, key: str, attempt: int) -> None:
        resources = self.resources
        holding.send_notice(
            resources.database, resources.mailer, self._sources, self._links, task.held_id, key
        )

    @timer(interval=PURGE_SECONDS)  # type: ignore[untyped-decorator]
    def purge(self) -> None:
        self.write(holding.purge)

    @property
    def _links(self) -> HeldLinks:
        return HeldLinks.of(self.resources.settings)

    @property
    def _sources(self) -> Sources:
        proxy = self.resources.proxy
        return Sources(
            people=proxy(PeopleApi, "people"),
            forum=proxy(ForumApi, "forum"),
            notify=proxy(NotifyApi, "notify"),
        )


if TYPE_CHECKING:
    _: type[MailInApi] = MailService
