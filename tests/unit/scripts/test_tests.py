"""How tests are written here: by fakes of our own ports, through public names, with helpers in harnesses."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
OURS = frozenset(
    {"bench", "bus", "contracts", "core", "deploy", "gateway", "scripts", "services", "space", "wiki"}
)
PLAYS_SCENARIOS = "tests/chaos/__main__.py"
"""The long form of the chaos tests, which plays the scenarios of the short one."""


def imported(tree: ast.Module) -> Iterator[tuple[ast.stmt, str, str]]:
    """Each import: its statement, the module, and the name that it binds."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node, f"{node.module}.{alias.name}", alias.asname or alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield node, alias.name, alias.asname or alias.name.partition(".")[0]


def faults(path: str, source: str) -> list[str]:
    """What a test file does that it should not, by line."""
    tree = ast.parse(source)
    ours = {name for _, module, name in imported(tree) if module.partition(".")[0] in OURS}
    found = []
    for node, module, _ in imported(tree):
        parts = module.split(".")
        if (
            parts[0] == "tests"
            and any(part.startswith("test_") for part in parts)
            and path != PLAYS_SCENARIOS
        ):
            found.append((node.lineno, f"imports from the test file {module}"))
        private = [part for part in parts if part.startswith("_") and not part.startswith("__")]
        if parts[0] in OURS and private:
            found.append((node.lineno, f"imports {module}, which is private"))
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and root_of(each) in ours and is_private(each.attr):
            found.append((each.lineno, f"uses {ast.unparse(each)}, which is private"))
        if isinstance(each, ast.Call) and ast.unparse(each.func).endswith("monkeypatch.setattr"):
            first = each.args[0]
            named = str(first.value) if isinstance(first, ast.Constant) else root_of(first)
            if named in ours or named.partition(".")[0] in OURS:
                found.append((each.lineno, f"patches {ast.unparse(first)}: give it a fake instead"))
    return [f"{path}:{line}: {what}" for line, what in sorted(found)]


def root_of(node: ast.expr) -> str:
    """The name with which a chain of attributes begins, `""` if it is something else."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


@pytest.mark.slow
def test_no_test_patches_our_code_or_uses_what_is_private() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert [
        fault
        for file in files
        for fault in faults(str(file.relative_to(ROOT)), file.read_text(encoding="utf-8"))
    ] == []


@pytest.mark.parametrize(
    "source",
    [
        "from gateway import app\nmonkeypatch.setattr(app, 'create_app', None)",
        "from gateway.app import create_app\nmonkeypatch.setattr(create_app.x, 'y', None)",
        "monkeypatch.setattr('services.blog.rules.MOST_TAGS', 1)",
        "from services.people import passwords\npasswords._HASHER",
        "from services.people.passwords import _HASHER",
        "from tests.unit.blog.test_blog_rules import faults",
        "from tests.bus import test_calls",
    ],
)
def test_each_of_them_is_found(source: str) -> None:
    assert faults("tests/x.py", source)


@pytest.mark.parametrize(
    "source",
    [
        "from argon2 import PasswordHasher\nmonkeypatch.setattr(PasswordHasher, 'verify', None)",
        "monkeypatch.setenv('SPACE_HOME', 'x')",
        "from space import __main__",
        "from tests.unit.blog.harness import draft",
    ],
)
def test_nothing_else_is(source: str) -> None:
    assert faults("tests/x.py", source) == []
