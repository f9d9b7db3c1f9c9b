"""Stand-ins for the services: each answers what a test told it, and nothing else."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from contracts.blog import ArticleLine, ArticleView, BlogApi
from contracts.common import Page, TextVersion
from contracts.events import EventsApi
from contracts.forum import ForumApi, TopicLine, TopicPage
from contracts.mail_in import MailInApi
from contracts.notify import NotifyApi
from contracts.people import Account, PeopleApi, PersonCard, SignedIn
from contracts.pictures import PictureView
from contracts.proposals import ProposalLine
from contracts.search import SearchApi
from contracts.site import SiteState
from core.audience import Viewer
from core.settings import Settings
from gateway.services import Services

MOMENT = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
AMINA = "0000000000000001"
BORIS = "0000000000000002"
ARTICLE = "000000000000000a"
TOPIC = "000000000000000b"
TOKEN = "secret-of-amina"

MEMBER = Viewer(person_id=AMINA, name="Amina", roles=frozenset({"member"}), languages=("en",))
EDITOR = MEMBER.model_copy(update={"roles": frozenset({"member", "editor"})})


class Fake:
    """One service. `answers[method]` is a value, an exception to raise, or a function of the call's arguments.

    Calls are checked against the contract's signature and kept in `calls`; a method without an answer is an error.
    """

    def __init__(self, api: type, **answers: Any) -> None:
        self.api = api
        self.answers: dict[str, Any] = answers
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.api, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            bound = inspect.signature(method).bind(self, *args, **kwargs)
            self.calls.append((name, tuple(bound.arguments.values())[1:]))
            if name not in self.answers:
                raise AssertionError(f"{self.api.__name__}.{name} was not expected")
            answer = self.answers[name]
            if isinstance(answer, BaseException):
                raise answer
            return answer(*args, **kwargs) if callable(answer) else answer

        return call

    def called(self, name: str) -> list[tuple[Any, ...]]:
        """The arguments of each call of one method, the viewer first."""
        return [args for method, args in self.calls if method == name]


CARDS = [
    PersonCard(id=one, name=name, display_name=name) for one, name in ((AMINA, "Amina"), (BORIS, "Boris"))
]


class FakeServices:
    """A fake of each, empty but friendly: lists are empty, Amina's session is known."""

    def __init__(self) -> None:
        self.people = Fake(
            PeopleApi,
            viewer_of_session=lambda viewer, token: MEMBER if token == TOKEN else None,
            cards=lambda viewer, ids: [card for card in CARDS if card.id in ids],
            site=SiteState(),
            sessions=[],
            blocked_ids=[],
        )
        self.blog = Fake(
            BlogApi,
            articles=Page[ArticleLine](items=[]),
            categories=[],
            proposals=Page[ProposalLine](items=[]),
        )
        self.forum = Fake(ForumApi, topics=Page[TopicLine](items=[]), categories=[], topic_of_article=None)
        self.forum.answers["topic_page"] = self._topic_page
        self.events = Fake(EventsApi, events=Page[Any](items=[]))
        self.notify = Fake(NotifyApi, unread=0, follow_state=None)
        self.search = Fake(SearchApi, index_version=1)
        self.mail = Fake(MailInApi)

    @property
    def services(self) -> Services:
        return Services(
            people=cast(PeopleApi, self.people),
            blog=cast(BlogApi, self.blog),
            forum=cast(ForumApi, self.forum),
            events=cast(EventsApi, self.events),
            notify=cast(NotifyApi, self.notify),
            search=cast(SearchApi, self.search),
            mail=cast(MailInApi, self.mail),
        )

    def _topic_page(
        self, viewer: Viewer, topic_id: str, language: str | None, after: str | None, limit: int
    ) -> TopicPage:
        """What `topic` and `posts` answer, together."""
        forum = cast(ForumApi, self.forum)
        topic = forum.topic(viewer, topic_id, language)
        return TopicPage(topic=topic, posts=forum.posts(viewer, topic_id, after, limit))

    def be(self, viewer: Viewer) -> None:
        """Let Amina's session be that of `viewer`."""
        self.people.answers["viewer_of_session"] = lambda _, token: viewer if token == TOKEN else None


def settings(home: Path, **changes: Any) -> Settings:
    """Settings of a fakes that is nowhere."""
    values: dict[str, Any] = {
        "home": home,
        "base_url": "http://space.test",
        "secret_key": "a test's key",
        "databases": {},
        # All tests come from one address, as fast as they can.
        "rate_limits": False,
        "vendor": Path(__file__).resolve().parents[3] / "node_modules",
    }
    return Settings(**{**values, **changes})


def signed_in() -> SignedIn:
    return SignedIn(token=TOKEN, viewer=MEMBER, expires_at=datetime.now(UTC) + timedelta(days=30))


def account(**changes: Any) -> Account:
    values = {"id": AMINA, "name": "Amina", "display_name": "Amina", "joined_at": MOMENT, "languages": ["en"]}
    return Account(**{**values, **changes})


def picture(**changes: Any) -> PictureView:
    values: dict[str, Any] = {
        "id": "000000000000000f", "alt": "A bird", "author": "Rosa Núñez", "licence": "CC BY-SA 4.0",
        "source": "https://commons.example/Bird.jpg", "width": 1200, "height": 800, "media_type": "image/jpeg",
        "uploaded_by": AMINA,
    }  # fmt: skip
    return PictureView(**{**values, **changes})


def line(**changes: Any) -> ArticleLine:
    return ArticleLine(**_article(**changes))


def article(**changes: Any) -> ArticleView:
    values = _article(**changes)
    version = TextVersion(language=values["language"], title=values["title"], body="The *whole* story.")
    more = {
        "body": "The *whole* story.", "original_language": values["language"], "revision": 3,
        "contributor_ids": [BORIS], "versions": [version], "review": [],
    }  # fmt: skip
    return ArticleView(**{**values, **more, **changes})


def _article(**changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": ARTICLE, "slug": "birds-of-the-valley", "status": "published", "audience": "public", "author_id": AMINA,
        "category": "stories", "tags": ["birds"], "language": "en", "title": "Birds of the valley",
        "summary": "Forty-two of them.", "languages": ["en"], "created_at": MOMENT,
        "changed_at": MOMENT, "published_at": MOMENT,
    }  # fmt: skip
    return {**values, **changes}
