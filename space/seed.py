"""Seeds a new system with the categories for articles and topics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from core import clock
from core.audience import Viewer
from core.database import Database
from core.settings import Settings
from services.blog import actions as blog
from services.blog import queries as blog_queries
from services.forum import actions as forum
from services.forum import queries as forum_queries
from space.wiring import open_database

FILE = Path(__file__).parent / "categories.yaml"

SEED_AUTHOR = Viewer(person_id="0" * 16, name="space", roles=frozenset({"administrator"}))
"""The author of the first categories: a viewer without an account."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CategoryWords(_Strict):
    """A category's name and description in one language."""

    name: str
    about: str


class FirstCategory(CategoryWords):
    """A category, with its original text in `language`. `official` is for the forum only."""

    slug: str
    language: str
    versions: dict[str, CategoryWords]
    official: bool = False

    def texts(self) -> dict[str, tuple[str, str]]:
        """Name and description by language, the original first."""
        others = {language: (words.name, words.about) for language, words in self.versions.items()}
        return {self.language: (self.name, self.about), **others}


def read_yaml(file: Path) -> Any:
    """What a file holds. Python's own parser would take seconds for the demo."""
    return yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)


@cache
def first_categories() -> dict[str, list[FirstCategory]]:
    """The categories of `categories.yaml`, by service: `blog` and `forum`."""
    found = read_yaml(FILE)
    return {
        service: [FirstCategory.model_validate(item) for item in items] for service, items in found.items()
    }


def seed(settings: Settings) -> None:
    """Write the first categories of the blog and of the forum, if it has none."""
    with closing(open_database(settings, "blog")) as database:
        if not _any(database, blog_queries.categories):
            write_blog_categories(database, clock.now())
    with closing(open_database(settings, "forum")) as database:
        if not _any(database, forum_queries.categories):
            write_forum_categories(database, clock.now())


def _any(database: Database, categories: Callable[[Session, Viewer], Sequence[object]]) -> bool:
    with database.reading() as session:
        return bool(categories(session, SEED_AUTHOR))


def write_blog_categories(database: Database, moment: datetime) -> None:
    """Write the blog's first categories at the time `moment`."""
    with database.writing() as session, clock.at(moment):
        for one in first_categories()["blog"]:
            blog.set_category(session, SEED_AUTHOR, one.slug, one.language, one.texts())


def write_forum_categories(database: Database, moment: datetime) -> None:
    """Write the forum's first categories at the time `moment`."""
    with database.writing() as session, clock.at(moment):
        for one in first_categories()["forum"]:
            forum.set_category(session, SEED_AUTHOR, one.slug, one.language, one.texts(), one.official)
