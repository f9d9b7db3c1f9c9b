"""What the server can do at best: it answers given bytes. `python -m bench.bare PORT FILE [flask]`.

With `flask` through a Flask view, else by the smallest WSGI application; to `If-None-Match` it answers 304.
"""

from bus.green import patch_standard_library

patch_standard_library()

import sys  # noqa: E402
from collections.abc import Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import tpool  # noqa: E402
from flask import Flask, Response  # noqa: E402

from bus.ops.connections import ConnectionLimits  # noqa: E402
from bus.ops.wsgi import WsgiServer, open_listener  # noqa: E402


def through_flask(content: bytes) -> Any:
    """A Flask application with one view."""
    app = Flask("bare")

    @app.get("/")
    def answer() -> Response:
        return Response(content, mimetype="text/html")

    return app


def smallest(content: bytes) -> Any:
    """A WSGI application that knows nothing but these bytes."""
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(content)))]

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if "HTTP_IF_NONE_MATCH" in environ:
            start_response("304 Not Modified", [("ETag", '"bare"')])
            return []
        start_response("200 OK", [*headers, ("ETag", '"bare"')])
        return [content]

    return answer


def main() -> None:
    """Serve the file's bytes until its input ends or it is ended."""
    port, content = int(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    make = through_flask if sys.argv[3:] == ["flask"] else smallest
    server = WsgiServer(open_listener("127.0.0.1", port, 500), make(content), ConnectionLimits())
    tpool.execute(sys.stdin.read)
    server.stop()


if __name__ == "__main__":
    main()
