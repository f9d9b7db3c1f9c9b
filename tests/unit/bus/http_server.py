"""A process of its own with an HTTP server for `test_http_server.py`: eventlet has to patch the library first.

Its argument is JSON with fields of `ConnectionLimits`. It prints its port, then serves until its input ends, and what
has been asked for until then. Its exit code is 0 if that was all served.
"""

from bus.green import patch_standard_library

patch_standard_library()

import itertools  # noqa: E402
import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import tpool  # noqa: E402
from eventlet.event import Event  # noqa: E402

from bus.ops.connections import ConnectionLimits  # noqa: E402
from bus.ops.http_protocol import EncodedHeaders  # noqa: E402
from bus.ops.process import raise_file_limit  # noqa: E402
from bus.ops.wsgi import WsgiServer, open_listener  # noqa: E402
from core.limiter import Budget  # noqa: E402
from core.peers import parse_networks  # noqa: E402

UNCHANGED = EncodedHeaders([("ETag", '"1"'), ("X-Name", "caf\xe9")])
SENT = EncodedHeaders([*UNCHANGED, ("Content-Length", "4")])

_numbers = itertools.count()
_started = Event()


def respond(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """`/wait` responds once there was a request for `/begin`; `/work` takes a millisecond, and responds with the number
    of requests for it before; `/encoded` has headers that are encoded once; anything else is echoed."""
    path = environ["PATH_INFO"]
    if path == "/encoded":
        unchanged = "HTTP_IF_NONE_MATCH" in environ
        start_response("304 Not Modified" if unchanged else "200 OK", UNCHANGED if unchanged else SENT)
        return [] if unchanged or environ["REQUEST_METHOD"] == "HEAD" else [b"kept"]
    if path not in ("/wait", "/begin", "/work"):
        return echo(environ, start_response)
    text = ""
    if path == "/wait":
        _started.wait()
    elif path == "/begin":
        _started.send()
    else:
        end = time.thread_time() + 0.001
        while time.thread_time() < end:
            pass
        text = f"<{next(_numbers)}>"
    start_response("200 OK", [("Content-Length", str(len(text)))])
    return [text.encode()]


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Respond with the method, the path and the body."""
    body = environ["wsgi.input"].read()
    text = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ.get('QUERY_STRING', '')} ".encode()
    start_response("200 OK", [("Content-Length", str(len(text) + len(body)))])
    return [text + body]


def main() -> None:
    raise_file_limit()
    given = json.loads(sys.argv[1])
    given["proxies"] = parse_networks(given.get("proxies", ""))
    if "new_of_a_peer" in given:
        given["new_of_a_peer"] = Budget(*given["new_of_a_peer"])
    listener = open_listener("127.0.0.1", 0, backlog=500)
    server = WsgiServer(listener, respond, ConnectionLimits(**given))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    tpool.execute(sys.stdin.read)
    sys.exit(0 if server.finish(30) else 1)


if __name__ == "__main__":
    main()
