"""Background processes: started with a log, awaited until they answer, stopped by process id."""

from __future__ import annotations

import atexit
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
from msgspec import Struct

from integrations.errors import UnreachableError

START_SECONDS = 30.0
STOP_SECONDS = 10.0
PORTS = range(20_000, 32_000)
_given: set[int] = set()
# The children of this process, which have to be waited for by it; `stop` also ends other processes' children.
_children: dict[int, subprocess.Popen[bytes]] = {}


@atexit.register
def _reap() -> None:
    """Take note of those that were ended by somebody else."""
    for child in _children.values():
        child.poll()


class Process(Struct, frozen=True):
    """A process that was started: its id, and when it began, because ids are used again."""

    name: str
    pid: int
    started: float
    log: str

    def find(self) -> psutil.Process | None:
        """The living process, or None if it has ended."""
        try:
            process = psutil.Process(self.pid)
            alive = abs(process.create_time() - self.started) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return None
        return process if alive else None


def free_port() -> int:
    """A loopback port that nobody listens on now, and that this process has not given away before.

    Below the ports that systems take for outgoing connections (from 32768 on Linux), so that none
    of those sits on it by the time the server begins.
    """
    while True:
        port = random.choice(PORTS)  # noqa: S311 - not for secrets
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _given:
            _given.add(port)
            return port


def start(
    name: str,
    command: Sequence[str],
    log: Path,
    port: int,
    environment: Mapping[str, str] | None = None,
    ready: Callable[[], bool] = lambda: True,
) -> Process:
    """Start a server in a session of its own, and wait until it listens on `port` and is ready.

    Raises UnreachableError, with the last lines of its log, if it ends or does not get ready in time.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C in the terminal is for the command, not for its servers
        )
    _children[child.pid] = child
    process = Process(name, child.pid, psutil.Process(child.pid).create_time(), str(log))
    try:
        _await(process, child, port, ready)
    except BaseException:  # whatever it is, Ctrl-C too: nothing is left behind that nobody knows of
        stop(process)
        raise
    return process


def _await(process: Process, child: subprocess.Popen[bytes], port: int, ready: Callable[[], bool]) -> None:
    """Wait until it listens and is ready. Raises UnreachableError if it ends, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not (_answers(port) and _listens(process, port) and ready()):
        if child.poll() is not None or time.monotonic() > deadline:
            last = Path(process.log).read_text(errors="replace").strip().splitlines()[-3:]
            said = " / ".join(last) or "it said nothing"
            raise UnreachableError(f"{process.name} did not start: {said} (log: {process.log})")
        time.sleep(0.03)


def stop(process: Process) -> None:
    """End the process and its children; one that does not end when asked is killed."""
    found = process.find()
    if found is not None:
        family = [*found.children(recursive=True), found]
        found.terminate()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
        for survivor in alive:
            survivor.kill()
        psutil.wait_procs(alive, timeout=STOP_SECONDS)
    if child := _children.pop(process.pid, None):
        child.wait(STOP_SECONDS)


def _answers(port: int) -> bool:
    """Whether anybody listens there: asked first, because it costs nothing."""
    with socket.socket() as visitor:
        return visitor.connect_ex(("127.0.0.1", port)) == 0


def _listens(process: Process, port: int) -> bool:
    """Whether it is this process that listens there, or a child of it; somebody else's server is none of ours."""
    found = process.find()
    if found is None:
        return False
    try:
        sockets = [one for member in (found, *found.children(recursive=True)) for one in member.net_connections("tcp")]
    except psutil.NoSuchProcess:
        return False
    return any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in sockets)
