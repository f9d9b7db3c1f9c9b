"""`make bench search`: how well the embedded engine answers the judged queries, and what searching and indexing cost.

The costs are seconds of a core, so that other load on the machine does not change them. The demo at scale is the judged
set, copied with other words in between until there are `--items` of them.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

import services.search
from bench.search_quality import fill, judge, judged_set, languages
from contracts.search import SearchQuery
from core.database import Database
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Key, Reader, Text

_BATCH = 500


@click.command()
@click.option("--items", default=10_000, help="How many items the index has for the costs.")
@click.option("--missed", is_flag=True, help="List the queries whose answer is not among the first three.")
def main(items: int, missed: bool) -> None:
    """Fill indexes, ask them, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        _quality(Path(folder) / "judged.sqlite", missed)
        _costs(Path(folder) / "scale.sqlite", items)


def _quality(file: Path, missed: bool) -> None:
    with _index(file).writing() as session:
        engine = EmbeddedEngine(session)
        fill(engine)
        quality = judge(engine)
    click.echo(f"{len(quality.answers)} queries: success@3 {quality.success:.3f}, nDCG@10 {quality.ndcg:.3f}")
    click.echo("  ".join(f"{each} {quality.of(each).success:.2f}" for each in languages()))
    for answer in quality.missed if missed else ():
        click.echo(
            f"{answer.judged.language}: {answer.judged.q} -> {', '.join(answer.found[:3]) or 'nothing'}"
        )


def _costs(file: Path, items: int) -> None:
    database = _index(file)
    documents = list(_many(items))
    started = time.process_time()
    for first in range(0, items, _BATCH):
        with database.writing() as session:
            EmbeddedEngine(session).index(documents[first : first + _BATCH])
    seconds = time.process_time() - started
    size = file.stat().st_size / sum(
        len(text.title) + len(text.body.encode()) for d in documents for text in d.texts
    )
    click.echo(
        f"{items} items: {items / seconds:.0f} indexed in a second of a core, {size:.1f} times their text on disk"
    )
    commits = []
    for document in documents[:100]:
        started = time.perf_counter()
        with database.writing() as session:
            EmbeddedEngine(session).index([replace(document, at=document.at + timedelta(seconds=1))])
        commits.append((time.perf_counter() - started) * 1000)
    click.echo(f"commit of one item: median {statistics.median(commits):.1f} ms")
    costs = []
    for judged in judged_set()[2]:
        reader = Reader(("public", "members"), (judged.language, "en"))
        started = time.process_time()
        with database.reading() as session:
            EmbeddedEngine(session).search(SearchQuery(q=judged.q, once=True), reader)
        costs.append((time.process_time() - started) * 1000)
    costs.sort()
    click.echo(
        f"a search: median {statistics.median(costs):.1f} ms, 95 % in {costs[len(costs) * 95 // 100]:.1f} ms of a core"
    )


def _many(items: int) -> Iterator[Document]:
    """Items with the sentences of the judged set in other combinations, in its languages."""
    documents = judged_set()[0]
    sentences: dict[str, list[str]] = {}
    for document in documents:
        (text,) = document.texts
        sentences.setdefault(text.language, []).extend([text.title, *text.body.split(". ")])
    chance = random.Random(12)
    for number in range(items):
        document = documents[number % len(documents)]
        (text,) = document.texts
        body = ". ".join(chance.choice(sentences[text.language]) for _ in range(4))
        yield replace(
            document,
            key=Key("topic", f"{number:016}"),
            path=f"/talk/t/{number:016}",
            texts=(Text(text.language, chance.choice(sentences[text.language])[:80], f"{body} {number:x}"),),
            at=document.at - timedelta(minutes=number),
            thread=f"{number:016}",
        )


def _index(file: Path) -> Database:
    database = Database(f"sqlite:///{file}")
    database.migrate(Path(services.search.__file__).parent / "migrations")
    return database


if __name__ == "__main__":
    main()
