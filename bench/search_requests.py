"""Searches over the API of a running Space: each another one, and with repeats as people make them.

A repeat is a query that was asked before, by a law of Zipf: the most frequent one a few times in a hundred.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click

from bench.__main__ import running_space
from bench.cpu import burn, cpu_seconds
from bench.search_quality import judged_set
from bench.system import BenchSystem
from bench.write import TEXT
from bench.wrk import measure
from core.database import Database
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document

_BATCH = 500
_LIMITS = range(20, 4, -1)
_ASKED = 20_000


def requests(folder: Path, documents: Sequence[Document], seconds: float) -> None:
    """Start a Space whose embedded index has these documents, ask it, and print the figures."""
    system = BenchSystem({"SPACE_HOME": str(folder)})
    system.prepare(2, 1, TEXT)
    database = Database(f"sqlite:///{folder}/search.sqlite")
    for first in range(0, len(documents), _BATCH):
        with database.writing() as session:
            EmbeddedEngine(session).index(documents[first : first + _BATCH])
    database.close()
    with running_space(folder, given={"SPACE_HOME": str(folder)}) as (port, process):
        member = {"Authorization": f"Bearer {system.tokens[0]}"}
        for what, paths in (("each another", _different()), ("with repeats", _repeated())):
            for who, headers in (("a stranger", {}), ("a member", member)):
                cpu = cpu_seconds(process.pid)
                load = measure(port, "/", seconds, headers, paths)
                cpu = (cpu_seconds(process.pid) - cpu) / load.requests * 1000
                click.echo(
                    f"searches over the API, {what}, {who}: {load.per_second:.0f} in a second, half within"
                    f" {load.median_ms:.1f} ms by 16 connections, {cpu:.2f} ms of a core each"
                    f" (the fixed piece {burn():.0f} ms)"
                )


def _different() -> list[str]:
    """No two alike for longer than a measurement: a page of another size is another search."""
    found = [_path(each.q, limit) for limit in _LIMITS for each in judged_set()[2]]
    random.Random(1).shuffle(found)
    return found


def _repeated() -> list[str]:
    queries = [each.q for each in judged_set()[2]]
    chance = random.Random(12)
    chance.shuffle(queries)
    weights = [1 / place for place in range(1, len(queries) + 1)]
    return [_path(q, 20) for q in chance.choices(queries, weights, k=_ASKED)]


def _path(q: str, limit: int) -> str:
    return f"/api/v1/search?q={quote(q)}&limit={limit}"
