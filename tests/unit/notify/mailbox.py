"""Lets notify send its mails into a folder, and stands in for the services that it asks when it does."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from bus.mail.delivery import Mailer
from bus.outbox.store import OutboxStore, Outcome
from bus.outbox.tasks import Outage
from contracts.blog import ArticleView, BlogApi
from contracts.common import Page
from contracts.errors import NotFound
from contracts.events import EventsApi, EventView
from contracts.forum import ForumApi, ForumCategory, PostState, PostView, TopicState, TopicView
from contracts.mail import Letter, MailRecipient
from contracts.people import GroupLine, PeopleApi, PersonCard
from core.audience import Viewer, group_audience, may_see
from core.settings import Settings
from gateway.mail.letters import LetterWriter
from gateway.mail.texts import MailWriter
from services.notify.actions import mail_turns, mailing
from services.notify.mail_texts import Sources
from services.notify.tasks import SendMail
from tests.unit.notify.harness import NotifyHarness


class Mailbox:
    """The mails of a harness. `refusing` is what the next mails are answered with; `languages` are those of people."""

    def __init__(self, harness: NotifyHarness, home: Path) -> None:
        self.harness = harness
        self.settings = Settings.from_environment(
            {"SPACE_HOME": str(home), "SPACE_BASE_URL": "https://space.example"}
        )
        self.folder = home / "mail"
        self.languages: dict[str, str] = {}
        self.without_address: set[str] = set()
        self.asked: list[str] = []
        self.refusing: Exception | None = None
        self.dies = False
        self.mailer = _Mailer(self)
        self._posts: dict[str, PostView] = {}
        self._topics: dict[str, TopicState] = {}
        self.audiences: dict[str, str] = {}
        self.articles: dict[str, ArticleView] = {}
        self.events: dict[str, EventView] = {}

    # What the other services know

    def note(self, topic: TopicState, *posts: PostState) -> None:
        """Let the forum have a topic with its first post, and these replies."""
        self._topics[topic.id] = topic
        version = topic.versions[0]
        first = PostView(
            id=topic.first_post_id or "", topic_id=topic.id, number=1, author_id=topic.author_id,
            language=version.language, body=version.body, excerpt=version.body, created_at=topic.created_at,
        )  # fmt: skip
        self._posts[first.id] = first
        for post in posts:
            self._posts[post.id] = PostView(
                id=post.id, topic_id=post.topic_id, number=post.number, author_id=post.author_id,
                language=post.language, body=post.body, excerpt=post.body, created_at=post.created_at,
            )  # fmt: skip
        for id in (first.id, *(post.id for post in posts)):
            self.audiences[id] = topic.audience

    def forget(self, post_id: str) -> None:
        """Let the forum have a post no more."""
        del self._posts[post_id]

    def mail_recipient(self, person_id: str) -> MailRecipient | None:
        name = next((name for name, id in self.harness.ids.items() if id == person_id), None)
        self.asked.append(name or person_id)
        if name is None or name in self.without_address:
            return None
        viewer = self.harness.viewer(name).model_copy(update={"scopes": frozenset({"read"})})
        return MailRecipient(
            email=f"{name}@mail.example", language=self.languages.get(name, "en"), viewer=viewer
        )

    def cards(self, viewer: Viewer, ids: list[str]) -> list[PersonCard]:
        names = {id: name for name, id in self.harness.ids.items()}
        return [PersonCard(id=id, name=names[id], display_name=names[id]) for id in ids if id in names]

    def post(self, viewer: Viewer, post_id: str) -> PostView:
        if post_id not in self._posts or not may_see(viewer, self.audiences[post_id]):
            raise NotFound
        return self._posts[post_id]

    def topic(self, viewer: Viewer, topic_id: str, language: str | None) -> TopicView:
        topic = self._topics[topic_id]
        chosen = next(
            (each for code in viewer.languages for each in topic.versions if each.language == code),
            topic.versions[0],
        )
        return TopicView(
            **{
                **topic.model_dump(), "language": chosen.language, "title": chosen.title,
                "languages": [each.language for each in topic.versions], "posts": 1,
                "last_post_at": topic.created_at, "last_author_id": topic.author_id, "revision": 1,
                "versions": topic.versions,
            }
        )  # fmt: skip

    def posts(self, viewer: Viewer, topic_id: str, after: str | None, limit: int) -> Page[PostView]:
        mine = [each for each in self._posts.values() if each.topic_id == topic_id]
        mine = [
            each
            for each in mine
            if may_see(viewer, self.audiences[each.id]) and each.number > int(after or 0)
        ]
        return Page(items=sorted(mine, key=lambda each: each.number)[:limit], next=None)

    def categories(self, viewer: Viewer) -> list[ForumCategory]:
        return [ForumCategory(slug="general", name="In general", about="", language="en")]

    def groups_by_id(self, viewer: Viewer, ids: list[str]) -> list[GroupLine]:
        return [
            GroupLine(
                id=id, slug="g", name="The group", about="", language="en", kind="open", members=1, my_state="member",
                audience=group_audience(id),
            )
            for id in ids
        ]  # fmt: skip

    def article(self, viewer: Viewer, id: str, language: str | None) -> ArticleView:
        if id not in self.articles or not may_see(viewer, self.articles[id].audience):
            raise NotFound
        return self.articles[id]

    def event(self, viewer: Viewer, id: str, occurrence: str | None, language: str | None) -> EventView:
        if id not in self.events or not may_see(viewer, self.events[id].audience):
            raise NotFound
        if occurrence not in (None, self.events[id].occurrence):
            raise NotFound
        return self.events[id]

    # What notify sends

    def sent(self) -> list[EmailMessage]:
        """Make and send the mails that are due, and return them."""
        before = self._files()
        database = self.harness.database
        with database.writing() as session:
            mail_turns.enqueue_due(session)
        store = OutboxStore(database)
        for claimed in store.claim(SendMail.kind, 1000):
            self.carry_out(SendMail.model_validate(claimed.data), claimed.key)
            store.record([Outcome(claimed.key)])
        return [self._read(name) for name in sorted(self._files() - before, key=self._written)]

    def carry_out(self, task: SendMail, key: str) -> None:
        """One attempt to carry out a task."""
        sources = Sources(
            people=cast(PeopleApi, self),
            forum=cast(ForumApi, self),
            blog=cast(BlogApi, self),
            events=cast(EventsApi, self),
        )
        mailing.send(self.harness.database, self.mailer, sources, self.settings, task, key)

    def waiting(self) -> list[SendMail]:
        """The tasks of what is due, which are not carried out."""
        with self.harness.database.writing() as session:
            mail_turns.enqueue_due(session)
        found = OutboxStore(self.harness.database).claim(SendMail.kind, 1000)
        return [SendMail.model_validate(each.data) for each in found]

    def _files(self) -> set[str]:
        return {path.name for path in self.folder.glob("*.eml")} if self.folder.exists() else set()

    def _written(self, name: str) -> tuple[Any, ...]:
        message = self._read(name)
        return (str(message["To"]), message["Date"].datetime, name)

    def _read(self, name: str) -> EmailMessage:
        return message_from_bytes((self.folder / name).read_bytes(), policy=policy.default)


class _Mailer(Mailer):
    """Writes into the folder, unless it is to refuse, or to die after it has."""

    def __init__(self, box: Mailbox) -> None:
        super().__init__(box.settings, MailWriter(box.settings), LetterWriter(box.settings))
        self._box = box
        self.letters: list[Letter] = []

    def send_letter(self, letter: Letter, *more: Any, **named: Any) -> None:
        if self._box.refusing is not None:
            raise self._box.refusing
        super().send_letter(letter, *more, **named)
        self.letters.append(letter)
        if self._box.dies:
            raise Outage("the process ends here")


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail, `plain` or `html`."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())
