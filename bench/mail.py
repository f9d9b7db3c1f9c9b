"""`make bench mail`: mails a second about a topic that very many follow, composed by one process and handed over to a
mail server on this machine; how long others' mails wait meanwhile; and the digests of an hour.

The services that a mail asks are stand-ins in this process, so it is notify's own work that is measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy import insert

from bus.mail.delivery import Mailer
from bus.outbox.store import OutboxStore, Outcome
from contracts.blog import BlogApi
from contracts.common import Page
from contracts.events import EventsApi
from contracts.forum import ForumApi, PostView
from contracts.mail import MailRecipient
from contracts.people import PeopleApi, PersonCard
from core import clock, markup_cooked
from core.audience import Viewer
from core.database import Database
from core.ids import new_id
from core.settings import Settings
from gateway.mail.letters import LetterWriter
from gateway.mail.texts import MailWriter
from services.notify.actions import mail_turns, mailing
from services.notify.mail_texts import Sources
from services.notify.tables import MailWaiting, Notification
from services.notify.tasks import SendMail
from space.wiring import open_database
from tests.unit.harness import migrate

OTHERS = 100
"""Topics of which one mail each comes due while those of the crowd go out."""

CLAIMED = 50
BODY = "Some words about the **next meeting**, and where it is. " * 12 + "\n\n- bring shoes\n- and a map"


class StandIns:
    """What people and the forum say: everybody has an address, and there is one post."""

    def __init__(self) -> None:
        self._html = markup_cooked.cook(BODY, "en").html
        self._at = clock.now()

    def mail_recipient(self, person_id: str) -> MailRecipient:
        viewer = Viewer(person_id=person_id, name=person_id, languages=("en",), scopes=frozenset({"read"}))
        return MailRecipient(email=f"{person_id}@mail.example", language="en", viewer=viewer)

    def cards(self, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        return [PersonCard(id=id, name="Noa", display_name="Noa") for id in ids]

    def post(self, viewer: Viewer, post_id: str) -> PostView:
        return PostView(
            id=post_id, topic_id="t" * 16, number=2, author_id="a" * 16, language="en", body=BODY, html=self._html,
            created_at=self._at,
        )  # fmt: skip

    def posts(self, viewer: Viewer, topic_id: str, after: str | None, limit: int) -> Page[PostView]:
        return Page(items=[], next=None)


def fill(database: Database, thread: str, people: int, *, digest: bool = False, each: int = 1) -> None:
    """Let so many people have `each` unread notifications, and a mail about them that is due."""
    now = clock.now()
    subject = f"topic/{new_id()}"
    item, source = f"post/{new_id()}", new_id()
    for start in range(0, people, 5000):
        ids = [f"{n:016}" for n in range(start, min(start + 5000, people))]
        rows = [
            {
                "id": new_id(now), "person_id": id, "source_id": f"{source[:10]}{n:06}", "what": "forum.post.created",
                "reasons": ["follow"], "followed": [{"kind": "topic", "id": subject[6:]}], "actor_id": "a" * 16,
                "title": "Where we meet", "language": "en", "excerpt": "Some words.", "path": f"/talk/t/x/y#{item[5:]}",
                "subject": subject if not digest else f"topic/{n:016}", "item": item, "audience": "public",
                "is_read": False, "hidden": False, "mail": thread if digest else "once", "mailed_at": None, "at": now,
            }
            for id in ids
            for n in range(each)
        ]  # fmt: skip
        waiting = [
            {"person_id": id, "thread": thread if digest else subject, "due_at": now - timedelta(minutes=1)}
            for id in ids
        ]
        with database.writing() as session:
            session.execute(insert(Notification), rows)
            session.execute(insert(MailWaiting), waiting)


def send_all(database: Database, settings: Settings) -> list[str]:
    """Send what is due, as the service does; returns the topics or digests of the mails, in their order."""
    stand_in = cast(Any, StandIns())
    sources = Sources(
        people=cast(PeopleApi, stand_in), forum=cast(ForumApi, stand_in),
        blog=cast(BlogApi, stand_in), events=cast(EventsApi, stand_in),
    )  # fmt: skip
    mailer = Mailer(settings, MailWriter(settings), LetterWriter(settings))
    store, after = OutboxStore(database), ""
    sent: list[str] = []
    while True:
        with database.writing() as session:
            _, after = mail_turns.enqueue_due(session, after)
        claimed = store.claim(SendMail.kind, CLAIMED)
        if not claimed:
            return sent
        for each in claimed:
            task = SendMail.model_validate(each.data)
            mailing.send(database, mailer, sources, settings, task, each.key)
            sent.append(task.thread)
        store.record([Outcome(each.key) for each in claimed])


@contextmanager
def sink() -> Iterator[int]:
    """A process that takes mails by SMTP and keeps none: its port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


def _serve(told: Connection) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=10_000_000)
        told.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def megabytes() -> float:
    """The most memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def fresh(port: int) -> Iterator[tuple[Database, Settings]]:
    """An empty database of notify, and settings that send by the sink."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.from_environment(
            {"SPACE_HOME": str(Path(folder)), "SPACE_MAIL_URL": f"smtp://127.0.0.1:{port}", "SPACE_MAIL_RATE": "0",
             "SPACE_MAIL_FROM": "Space <space@space.example>"}
        )  # fmt: skip
        database = open_database(settings, "notify")
        migrate(database, "notify")
        try:
            yield database, settings
        finally:
            database.close()


@click.command()
@click.option("--followers", default=100_000, help="Who follow the topic, and get a mail at once.")
@click.option(
    "--digests", default=4_000, help="Daily mails that are due at one hour, of ten notifications each."
)
def main(followers: int, digests: int) -> None:
    """Print how many mails a second one process makes, and how long others wait."""
    with sink() as port:
        with fresh(port) as (database, settings):
            fill(database, "", followers // 10)
            _measure("a tenth first", database, settings)
            before = megabytes()
            fill(database, "", followers)
            for _ in range(OTHERS):
                fill(database, "", 1)
            sent = _measure("a topic and others", database, settings)
            crowd = max(set(sent), key=sent.count)
            last = max(place for place, thread in enumerate(sent) if thread != crowd)
            click.echo(f"of {len(sent)} mails the last of the {OTHERS} other topics was number {last + 1}")
            click.echo(f"memory: {before:.0f} MB before the crowd, {megabytes():.0f} MB after")
        with fresh(port) as (database, settings):
            fill(database, "daily", digests, digest=True, each=10)
            _measure("daily mails", database, settings)


def _measure(what: str, database: Database, settings: Settings) -> list[str]:
    started, busy = time.perf_counter(), time.process_time()
    sent = send_all(database, settings)
    seconds, cpu = time.perf_counter() - started, time.process_time() - busy
    click.echo(
        f"{what:<20}{len(sent):>8} mails{len(sent) / seconds:>8.0f} a second"
        f"{len(sent) / cpu:>8.0f} a second of its own processor time"
    )
    return sent


if __name__ == "__main__":
    main()
