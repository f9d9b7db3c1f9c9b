"""A small HTTP load: a few kept-alive connections that ask for one path again and again."""

from __future__ import annotations

import http.client
import threading
import time
from dataclasses import dataclass, field

CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What came of it: requests, requests a second, and milliseconds for half of the answers and for 99 of 100."""

    requests: int
    per_second: float
    median_ms: float
    p99_ms: float


@dataclass
class Times:
    """The seconds that each of some requests took."""

    seconds: list[float] = field(default_factory=list)

    def of_hundred(self, number: int) -> float:
        """The milliseconds within which so many of a hundred were answered."""
        ordered = sorted(self.seconds) or [0.0]
        return ordered[min(len(ordered) * number // 100, len(ordered) - 1)] * 1000


def measure(port: int, path: str, seconds: float = 5.0, headers: dict[str, str] | None = None) -> Load:
    """Ask `path` of 127.0.0.1 for about `seconds`. Raises `RuntimeError` on any answer but 200."""
    times: list[float] = []
    errors: list[str] = []
    end = time.perf_counter() + seconds

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while time.perf_counter() < end and not errors:
            started = time.perf_counter()
            connection.request("GET", path, headers=headers or {})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                errors.append(f"{path} answers {response.status}")
            times.append(time.perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise RuntimeError(errors[0])
    times.sort()
    return Load(
        requests=len(times),
        per_second=len(times) / (time.perf_counter() - started),
        median_ms=times[len(times) // 2] * 1000,
        p99_ms=times[int(len(times) * 0.99)] * 1000,
    )


def body_of(port: int, path: str) -> bytes:
    """The bytes that `path` answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    content = connection.getresponse().read()
    connection.close()
    return content
