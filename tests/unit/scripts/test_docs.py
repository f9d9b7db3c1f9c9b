"""What the docs name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "tests").glob("*.md"),
        *ROOT.glob("contracts/published/*.md"),
    ]
)
_PATH = re.compile(
    r"`((?:bench|bus|contracts|core|deploy|docs|gateway|scripts|services|space|tests|wiki)/[\w./*-]*)`"
)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def names(pattern: re.Pattern[str], page: Path) -> list[str]:
    return pattern.findall(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path) -> None:
    missing = [name for name in names(_PATH, page) if not list(ROOT.glob(name.rstrip("/")))]
    assert missing == []
    assert [name for name in names(_LINK, page) if not (page.parent / name).exists()] == []
