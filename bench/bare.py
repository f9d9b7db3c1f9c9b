"""What Flask can do at best: it answers given bytes, on the same server. `python -m bench.bare PORT FILE`."""

import eventlet

eventlet.monkey_patch()

import logging  # noqa: E402
import socket  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

import eventlet.wsgi  # noqa: E402
from flask import Flask, Response  # noqa: E402


def main() -> None:
    """Serve the file's bytes at `/` until ended."""
    port, content = int(sys.argv[1]), Path(sys.argv[2]).read_bytes()
    app = Flask("bare")

    @app.get("/")
    def answer() -> Response:
        return Response(content, mimetype="text/html")

    listener = eventlet.listen(("127.0.0.1", port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    eventlet.wsgi.server(listener, app, log_output=False, log=logging.getLogger("bare"))


if __name__ == "__main__":
    main()
