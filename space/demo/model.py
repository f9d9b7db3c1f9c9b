"""Reads and validates the demo's content in `space/demo/content`."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from core.audience import Role
from space.seed import read_yaml

FOLDER = Path(__file__).parent / "content"


class Content(BaseModel):
    """Base of the content's models. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_NOT_PROSE = re.compile(r"\s*([-*+>#|]|\d+[.)]\s|```)")
_NO_SPACES = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")


def unwrapped(text: str) -> str:
    """The text with each paragraph on one line: the files wrap lines, but line breaks in texts are shown."""
    lines: list[str] = []
    for line in text.strip().splitlines():
        before = lines[-1] if lines else ""
        if not line.strip() or not before.strip() or _NOT_PROSE.match(line) or before.startswith("#"):
            lines.append(line)
        elif _NO_SPACES.match(before[-1]) and _NO_SPACES.match(line.strip()):
            lines[-1] = before + line.strip()
        else:
            lines[-1] = f"{before} {line.strip()}"
    return "\n".join(lines)


Prose = Annotated[str, AfterValidator(unwrapped)]


class City(Content):
    """A place, given by the name of a city in the gazetteer."""

    city: str
    country: str
    venue: str = ""


class DemoPerson(Content):
    name: str
    display_name: str = ""
    languages: list[str]
    place: City | None = None
    about: Prose = ""
    roles: list[Role] = ["member"]


class Words(Content):
    """A name and a description in one language."""

    name: str
    about: Prose = ""


class DemoGroup(Words):
    slug: str
    kind: Literal["open", "closed", "hidden"]
    language: str
    versions: dict[str, Words] = {}
    moderators: list[str]
    members: list[str] = []
    requests: list[str] = []


class DemoPicture(Content):
    """`file` is a name in `content/pictures`."""

    file: str
    alt: str
    author: str
    licence: str
    source: str


class DemoText(Content):
    """One language version; `summary` for articles, `text` for the others."""

    title: str
    summary: str = ""
    body: str = ""
    text: Prose = ""
    translator: str | None = None


class DemoArticle(Content):
    slug: str
    language: str
    author: str
    category: str
    tags: list[str]
    published_days_ago: float | None = None
    state: Literal["published", "draft", "submitted", "returned", "scheduled", "declined"] = "published"
    days_ago: float | None = None
    scheduled_in_days: float | None = None
    reviewer: str = "editor"
    remark: str = ""
    reason: str = ""
    picture: DemoPicture | None = None
    contributors: list[str] = []
    group: str | None = None
    versions: dict[str, DemoText]


class DemoPost(Content):
    author: str
    language: str
    hours_after: float
    text: str
    quotes: int | None = None
    quote_text: str = ""
    edited_text: str | None = None


class DemoTopic(Content):
    key: str
    category: str | None = None
    tags: list[str]
    language: str
    author: str
    days_ago: float
    group: str | None = None
    pinned: bool = False
    title: str
    text: str
    versions: dict[str, DemoText] = {}
    posts: list[DemoPost]


class DemoEvent(Content):
    key: str
    language: str
    title: str
    text: Prose
    versions: dict[str, DemoText] = {}
    author: str
    in_days: int
    time: str
    minutes: int
    timezone: str
    place: City | None = None
    online_url: str | None = None
    recurrence: str | None = None
    tags: list[str]
    languages: list[str]
    going: list[str] = []
    maybe: list[str] = []
    seats: int | None = None
    group: str | None = None
    status: Literal["confirmed", "tentative", "cancelled"] = "confirmed"

    def start(self) -> datetime.time:
        """The local time at which it starts."""
        return datetime.time.fromisoformat(self.time)


class DemoComment(Content):
    author: str
    language: str
    hours_after: float
    text: str


class DemoComments(Content):
    """The comments on one article."""

    article: str
    comments: list[DemoComment]


class DemoFollow(Content):
    person: str
    kind: Literal["tag", "category", "topic", "person", "group"]
    id: str


@cache
def people() -> list[DemoPerson]:
    """The demo's people. The first four are the accounts that visitors can sign in with."""
    return [DemoPerson.model_validate(item) for item in _read("people.yaml")]


@cache
def groups() -> list[DemoGroup]:
    return [DemoGroup.model_validate(item) for item in _read("groups.yaml")]


@cache
def articles() -> list[DemoArticle]:
    return [DemoArticle.model_validate(item) for item in _read_all("articles")]


@cache
def topics() -> list[DemoTopic]:
    return [DemoTopic.model_validate(item) for item in _read_all("topics")]


@cache
def events() -> list[DemoEvent]:
    return [DemoEvent.model_validate(item) for item in _read("events.yaml")]


@cache
def comments() -> list[DemoComments]:
    return [DemoComments.model_validate(item) for item in _read("comments.yaml")]


@cache
def follows() -> list[DemoFollow]:
    return [DemoFollow.model_validate(item) for item in _read("follows.yaml")]


def _read(name: str) -> Any:
    return read_yaml(FOLDER / name)


def _read_all(folder: str) -> list[Any]:
    return [read_yaml(file) for file in sorted((FOLDER / folder).glob("*.yaml"))]
