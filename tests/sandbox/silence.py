"""A server that accepts and never answers, as a plugin: each test module that wants it says so."""

from __future__ import annotations

import socket
import threading

import pytest


class Silent:
    """Accepts connections and never answers."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._kept = []
        self._thread = threading.Thread(target=self._accept)
        self._thread.start()

    def _accept(self):
        while True:
            try:
                self._kept.append(self._listener.accept()[0])
            except OSError:
                return

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._kept:
            connection.close()


@pytest.fixture
def silent():
    silent = Silent()
    yield silent
    silent.close()
