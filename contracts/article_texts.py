"""The parts of an article that people write, and the board's remarks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints

from contracts.common import CLEAN_LINE, CLEAN_TEXT, MARKDOWN, Command, Id, Key, LanguageCode, Tag

Summary = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), CLEAN_TEXT, MARKDOWN]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), CLEAN_TEXT]
DraftTitle = Annotated[str, StringConstraints(max_length=200), CLEAN_LINE]
DraftBody = Annotated[str, StringConstraints(max_length=50_000), CLEAN_TEXT, MARKDOWN]


class ArticleFields(Command):
    """What can be changed in an article: one language version (`language` None: the original), and the fields that all
    versions share. None leaves a field as it is, `""` as the picture takes it away."""

    language: LanguageCode | None = None
    title: DraftTitle | None = None
    summary: Summary | None = None
    body: DraftBody | None = None
    category: Key | None = None
    tags: list[Tag] | None = None
    picture_id: Id | Literal[""] | None = None
