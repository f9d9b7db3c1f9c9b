"""The files, identifiers and commands that the docs name exist."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from space.cli import main

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


_CODE = re.compile(r"`([^`\n]+)`")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
_COMMAND = re.compile(r"(?:`|^|\s)space ([a-z][a-z-]*)", re.MULTILINE)
_TARGET = re.compile(r"(?:`|^|\s)make ([a-z][a-z-]*)", re.MULTILINE)
_BLOCK = re.compile(r"```\w*\n(.*?)```", re.DOTALL)
_SOURCES = ("*.py", "*.js", "*.css", "*.html", "*.sh", "*.toml", "*.yml", "*.yaml", "*.json", "Makefile")
NOT_OURS = {"pg_snapshot_xmin", "OAuthConsumerRegistration", "proxy_next_upstream"}
"""Identifiers of other software that the docs name."""


@cache
def identifiers_of_the_code() -> set[str]:
    """Every identifier in the tracked sources and in their paths."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *_SOURCES], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found: set[str] = set()
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists() and not name.startswith("docs/"):
            found.update(_IDENTIFIER.findall(name), _IDENTIFIER.findall((ROOT / name).read_text("utf-8")))
    return found


def is_identifier(name: str) -> bool:
    """Whether a word can only be an identifier: in snake case, or with a capital inside."""
    return "_" in name.strip("_") or re.search("[a-z][A-Z]", name) is not None


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_identifier_that_a_page_names_is_in_the_code(page: Path) -> None:
    prose = _BLOCK.sub("", page.read_text(encoding="utf-8"))
    named = {
        name for code in _CODE.findall(prose) for name in _IDENTIFIER.findall(code) if is_identifier(name)
    }
    assert named - NOT_OURS <= identifiers_of_the_code()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    code = "\n".join([*_BLOCK.findall(text), *(f"`{each}" for each in _CODE.findall(_BLOCK.sub("", text)))])
    targets = set(
        re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert set(_TARGET.findall(code)) <= targets
    assert set(_COMMAND.findall(code)) <= main.commands.keys()
