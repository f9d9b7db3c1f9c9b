"""`make bench search`: how well both engines answer the judged queries, what searching and indexing cost, and how soon
what was written is found.

The costs are seconds of a core of this process, so that other load on the machine changes them less; beside them is how
long it took. The demo at scale is the judged set, copied with other words in between until there are `--items` of them.
Elasticsearch is measured where `SPACE_TEST_SEARCH_URL` names one.
"""

from __future__ import annotations

import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import click

import services.search
from bench.cpu import burn
from bench.search_freshness import measure
from bench.search_quality import Searcher, fill, judge, judged_set, languages
from bench.search_requests import requests
from contracts.errors import Unavailable
from contracts.search import SearchQuery
from core.database import Database
from core.search_server import SearchServer
from services.search.embedded import EmbeddedEngine
from services.search.engine import Document, Key, Reader, Text
from services.search.folding import fold

_BATCH = 500
WRITES = 50
"""Replies a second while the time until found is measured."""


@click.command()
@click.option("--items", default=10_000, help="How many items the index has for the costs.")
@click.option("--missed", is_flag=True, help="List the queries whose answer is not among the first three.")
@click.option(
    "--seconds", default=20.0, help="How long replies are written for the time until found; 0 for not at all."
)
@click.option("--only", type=click.Choice(["embedded", "elasticsearch"]), help="One of the engines.")
def main(items: int, missed: bool, seconds: float, only: str | None) -> None:
    """Fill indexes, ask them, and print the figures."""
    click.echo(
        f"cores {os.cpu_count()}, load {os.getloadavg()[0]:.1f}; a fixed piece of Python takes {burn():.0f} ms"
    )
    server = os.environ.get("SPACE_TEST_SEARCH_URL")
    with tempfile.TemporaryDirectory() as folder:
        if only != "elasticsearch":
            click.echo("\nembedded")
            _embedded(Path(folder), items, missed)
            if seconds:
                requests(Path(folder) / "requests", list(_many(items)), seconds / 4)
            _freshness(Path(folder) / "embedded", {}, seconds)
        if only != "embedded" and server:
            click.echo("\nElasticsearch")
            _elasticsearch(server, items, missed)
            prefix = f"bench-{secrets.token_hex(4)}"
            _freshness(Path(folder) / "elasticsearch", {"SPACE_SEARCH_URL": f"{server}/{prefix}"}, seconds)


def _embedded(folder: Path, items: int, missed: bool) -> None:
    with _index(folder / "judged.sqlite").writing() as session:
        engine = EmbeddedEngine(session)
        fill(engine)
        _quality(engine, missed)
    database, documents = _index(folder / "scale.sqlite"), list(_many(items))

    def index(batch: Sequence[Document]) -> None:
        with database.writing() as session:
            EmbeddedEngine(session).index(batch)

    def search(query: SearchQuery, reader: Reader) -> None:
        with database.reading() as session:
            EmbeddedEngine(session).search(query, reader)

    _indexing(documents, index)
    size = (folder / "scale.sqlite").stat().st_size / _bytes(documents)
    click.echo(f"on disk {size:.1f} times the text")
    commits = []
    for document in documents[:100]:
        started = time.perf_counter()
        index([replace(document, at=document.at + timedelta(seconds=1))])
        commits.append((time.perf_counter() - started) * 1000)
    click.echo(f"commit of one item: median {statistics.median(commits):.1f} ms")
    _searching(search)


def _elasticsearch(url: str, items: int, missed: bool) -> None:
    from services.search.elasticsearch.connection import Connection
    from services.search.elasticsearch.engine import ElasticsearchEngine, drop

    connection = Connection(SearchServer.parse(f"{url}/bench-{secrets.token_hex(4)}"))
    names: dict[str, list[str]] = {}
    for author, name in judged_set()[1]:
        names.setdefault(fold(name, ""), []).append(author)

    def authors(wanted: Sequence[str]) -> dict[str, list[str]]:
        return {name: found for name in wanted if (found := names.get(fold(name, "")))}

    def fresh() -> ElasticsearchEngine:
        engine = ElasticsearchEngine(connection, secrets.token_hex(8), authors)
        engine.create()
        return engine

    try:
        judged, scale, documents = fresh(), fresh(), list(_many(items))
        judged.write({each.key: (1, each) for each in judged_set()[0]}, wait=True)
        _quality(judged, missed)
        _indexing(documents, lambda batch: _none(scale.write({each.key: (1, each) for each in batch})))
        scale.refresh()
        _searching(lambda query, reader: _none(scale.search(query, reader)))
    finally:
        drop(connection)
        connection.close()


def _none(_result: object) -> None:
    """For what returns something that a figure does not need."""


def _quality(engine: Searcher, missed: bool) -> None:
    quality = judge(engine)
    click.echo(f"{len(quality.answers)} queries: success@3 {quality.success:.3f}, nDCG@10 {quality.ndcg:.3f}")
    click.echo("  ".join(f"{each} {quality.of(each).success:.2f}" for each in languages()))
    for answer in quality.missed if missed else ():
        click.echo(
            f"{answer.judged.language}: {answer.judged.q} -> {', '.join(answer.found[:3]) or 'nothing'}"
        )


def _indexing(documents: Sequence[Document], index: Callable[[Sequence[Document]], None]) -> None:
    started, cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(documents), _BATCH):
        index(documents[first : first + _BATCH])
    took, cpu = time.perf_counter() - started, time.process_time() - cpu
    number = len(documents)
    click.echo(
        f"{number} items: {number / cpu:.0f} indexed in a second of a core, {number / took:.0f} in a second"
    )


def _searching(search: Callable[[SearchQuery, Reader], None]) -> None:
    costs, times, unanswered = [], [], 0
    for judged in judged_set()[2]:
        reader = Reader(("public", "members"), (judged.language, "en"))
        started, cpu = time.perf_counter(), time.process_time()
        try:
            search(SearchQuery(q=judged.q, once=True), reader)
        except Unavailable:
            unanswered += 1
            continue
        costs.append((time.process_time() - cpu) * 1000)
        times.append((time.perf_counter() - started) * 1000)
    for what, found in (("of a core", sorted(costs)), ("until the answer", sorted(times))):
        click.echo(
            f"a search: median {statistics.median(found):.1f} ms, 95 % in {found[len(found) * 95 // 100]:.1f} ms {what}"
        )
    if unanswered:
        click.echo(f"{unanswered} searches were not answered in time")


def _freshness(folder: Path, environment: Mapping[str, str], seconds: float) -> None:
    if not seconds:
        return
    times, rate = measure(folder, environment, seconds, WRITES)
    click.echo(
        f"found after the answer to who wrote it, with {rate:.0f} other replies a second: half within"
        f" {times.of_hundred(50):.0f} ms, 99 of 100 within {times.of_hundred(99):.0f} ms ({len(times.seconds)} replies)"
    )


def _bytes(documents: Sequence[Document]) -> int:
    return sum(len(text.title) + len(text.body.encode()) for each in documents for text in each.texts)


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
            author_id=f"{number % 100:016}",
        )


def _index(file: Path) -> Database:
    database = Database(f"sqlite:///{file}")
    database.migrate(Path(services.search.__file__).parent / "migrations")
    return database


if __name__ == "__main__":
    main()
