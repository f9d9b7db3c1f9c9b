"""The gateway with all services on the demo in `SPACE_HOME`, for any server of WSGI applications (`bench.servers`).

`python -m bench.served PORT` serves it by this project's own server, `create` makes it for others.
"""

import sys

if __name__ == "__main__":
    from bus.green import patch_standard_library

    patch_standard_library()

from typing import Any

from core.settings import Settings
from gateway.services import NullEventListener
from space import wiring
from space.local import LocalSystem


def create() -> Any:
    """The WSGI application."""
    settings = Settings.from_environment()
    return wiring.gateway(settings, LocalSystem(settings).client, NullEventListener())


def main() -> None:
    """Serve until SIGTERM, as `space run gateway` does."""
    from bus.ops.connections import ConnectionLimits
    from bus.ops.process import STOP_SECONDS, raise_file_limit, run_until_stopped
    from bus.ops.wsgi import WsgiServer, open_listener

    raise_file_limit()
    app = create()
    server = WsgiServer(open_listener("127.0.0.1", int(sys.argv[1]), 4096), app, ConnectionLimits())

    def stop() -> None:
        wiring.end_streams(app)
        server.finish(STOP_SECONDS)

    run_until_stopped([], lambda: None, stop)


if __name__ == "__main__":
    main()
