"""The HTTP server for the operator's tools: liveness, readiness and metrics. It shows no personal data."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from bus.ops.connections import ConnectionLimits
from bus.ops.health import BusCollector, Watched, problems
from bus.ops.metrics import REGISTRY
from bus.ops.wsgi import WsgiServer, open_listener
from bus.rpc.client import RpcClient
from core.settings import Settings, SettingsError

Start = Callable[[str, list[tuple[str, str]]], Any]


class OpsServer:
    """Serves `/healthz` (200: the process runs), `/readyz` (503 with the reasons if it can't work) and `/metrics`."""

    def __init__(self, settings: Settings, services: Sequence[Watched], client: RpcClient) -> None:
        self._services = services
        self._client = client
        self._listener = _listen(settings)
        self._collector = BusCollector(services, client)
        self.port: int = self._listener.getsockname()[1]

    def start(self) -> None:
        """Start serving in the background."""
        REGISTRY.register(self._collector)
        self._server = WsgiServer(
            self._listener, self.answer, ConnectionLimits(most=100, most_of_a_peer=100, idle_wait=0)
        )

    def stop(self) -> None:
        """Stop serving."""
        self._server.stop()
        REGISTRY.unregister(self._collector)

    def answer(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """The WSGI application."""
        status, kind, body = self._page(environ.get("PATH_INFO", ""))
        start(
            status,
            [("Content-Type", kind), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")],
        )
        return [body]

    def _page(self, path: str) -> tuple[str, str, bytes]:
        text = "text/plain; charset=utf-8"
        if path == "/healthz":
            return "200 OK", text, b"ok\n"
        if path == "/readyz":
            reasons = problems(self._services, self._client)
            status = "503 Service Unavailable" if reasons else "200 OK"
            return status, text, ("\n".join(reasons or ["ready"]) + "\n").encode()
        if path == "/metrics":
            return "200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
        return "404 Not Found", text, b"/healthz /readyz /metrics\n"


def _listen(settings: Settings) -> socket.socket:
    try:
        return open_listener(settings.ops_host, settings.ops_port, backlog=20)
    except OSError as error:
        where = f"{settings.ops_host}:{settings.ops_port}"
        raise SettingsError(
            f"Can't listen on {where} for operators: {error.strerror}. Each process needs a SPACE_OPS_PORT of its own."
        ) from error
