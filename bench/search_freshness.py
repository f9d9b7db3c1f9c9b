"""How soon a reply is found: from the answer to who wrote it until a search over the API finds it, while others write.

The whole way is measured: the event, its way to search, the index, and the search of a member, whose answers are not
kept. A search every few milliseconds asks for a word that only this reply has.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import click

from bench.__main__ import running_space
from bench.load import Times
from bench.system import BenchSystem
from bench.write import REPLIES_EACH, TEXT, Client

WRITERS, PEOPLE, TOPICS = 4, 160, 32
ASK_AGAIN_SECONDS = 0.005
LONGEST_SECONDS = 60.0


def measure(folder: Path, environment: Mapping[str, str], seconds: float, rate: float) -> tuple[Times, float]:
    """The times until found of replies that were written while `rate` others were each second; and the rate that was
    reached. Raises `ClickException` if one is not found within `LONGEST_SECONDS`."""
    given = {**environment, "SPACE_HOME": str(folder)}
    system = BenchSystem(given)
    system.prepare(PEOPLE, TOPICS, TEXT)
    with running_space(folder, given=given) as (port, _), _writing(port, system, rate) as written:
        started, times = time.perf_counter(), Times()
        with closing(Client(port)) as client:
            number = 0
            while time.perf_counter() - started < seconds:
                # The last people write nothing else, so the limit of replies a person is not reached.
                person = PEOPLE - 1 - number % (PEOPLE // 4)
                word = f"freshness{number}word"
                client.reply(system.tokens[person], system.topics[number % TOPICS], f"{TEXT}\n\n{word}")
                times.seconds.append(_until_found(port, system.tokens[person], word))
                number += 1
        return times, sum(written) / (time.perf_counter() - started)


def _until_found(port: int, token: str, word: str) -> float:
    started = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with closing(connection):
        while True:
            headers = {"Authorization": f"Bearer {token}"}
            connection.request("GET", f"/api/v1/search?q={word}&limit=1", headers=headers)
            response = connection.getresponse()
            answer = response.read()
            # While nothing has the word, the answer may be of similar words.
            if response.status == 200 and (found := json.loads(answer))["items"] and not found["relaxed"]:
                return time.perf_counter() - started
            if time.perf_counter() - started > LONGEST_SECONDS:
                raise click.ClickException(f"a reply was not found within {LONGEST_SECONDS:.0f} s")
            time.sleep(ASK_AGAIN_SECONDS)


@contextmanager
def _writing(port: int, system: BenchSystem, rate: float) -> Iterator[list[int]]:
    """Reply `rate` times a second during the block, or as often as it goes; counts the replies of each writer."""
    counts, stopped = [0] * WRITERS, threading.Event()

    def write(number: int) -> None:
        people = [person for person in range(number, PEOPLE * 3 // 4, WRITERS) for _ in range(REPLIES_EACH)]
        started = time.perf_counter()
        with closing(Client(port)) as client:
            for turn, person in enumerate(people):
                if stopped.wait(max(0.0, started + turn * WRITERS / rate - time.perf_counter())):
                    return
                text = f"{TEXT}\n\nNumber {number}.{turn}."
                client.reply(system.tokens[person], system.topics[person % TOPICS], text)
                counts[number] += 1

    threads = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield counts
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
