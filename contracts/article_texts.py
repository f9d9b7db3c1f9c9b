"""The parts of an article that people write, and the board's remarks."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from contracts.common import CLEAN_LINE, CLEAN_TEXT, MARKDOWN

Summary = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), CLEAN_TEXT, MARKDOWN]
Remark = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), CLEAN_TEXT]
DraftTitle = Annotated[str, StringConstraints(max_length=200), CLEAN_LINE]
DraftBody = Annotated[str, StringConstraints(max_length=50_000), CLEAN_TEXT, MARKDOWN]
