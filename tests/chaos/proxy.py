"""A TCP link that can be cut: bytes stop, connections stay, as with a cable that is pulled."""

from __future__ import annotations

import socket
import threading
from typing import Any


class Link:
    """Passes connections on to `target` of this machine until `cut`, and again after `mend`."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._open = threading.Event()
        self._open.set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Let nothing through from now on, new connections included; nobody is told."""
        self._open.clear()

    def mend(self) -> None:
        """Let through what waited, and everything after it."""
        self._open.set()

    def break_off(self) -> None:
        """Reset every connection."""
        for one in self._sockets:
            one.close()
        self._sockets.clear()

    def close(self) -> None:
        self._open.set()
        self._listener.close()
        self.break_off()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        self._open.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            near.close()
            return
        self._sockets += [near, far]
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    def _pump(self, source: Any, sink: Any) -> None:
        try:
            while data := source.recv(65536):
                self._open.wait()
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
