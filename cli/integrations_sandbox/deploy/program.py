"""Runs a Pulumi program, as Pulumi's language host for Python does: in a context, a loop and a folder of its own."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import runpy
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pulumi.runtime import Settings, configure, run_in_stack, set_all_config
from pulumi.runtime.settings import ROOT

from integrations_sandbox.deploy.monitor import Monitor

PARALLEL = 16


def run_folder(main: Path, monitor: Monitor) -> None:
    """Run the program in the folder `main`. Raises what the program raises."""
    with contextlib.chdir(main), _imports_of(main):
        run_callable(lambda: runpy.run_path(str(main), run_name="__main__"), monitor, main)


def run_callable(program: Callable[[], object], monitor: Monitor, root: Path = Path()) -> None:
    """Run `program` as if it were a Pulumi program's main module. Raises what it raises."""
    contextvars.copy_context().run(_run, program, monitor, root)


def _run(program: Callable[[], object], monitor: Monitor, root: Path) -> None:
    given = monitor.run.plan
    ROOT.set(None)
    set_all_config(given.project.config, sorted(given.project.secret_keys))
    settings = Settings(
        project=given.project.name,
        stack=given.stack,
        organization="organization",
        root_directory=str(root),
        monitor=monitor,
        engine=monitor,
        parallel=PARALLEL,
        dry_run=given.dry_run,
    )
    configure(settings)

    def main() -> None:
        program()

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        # What is left undone after a failure reports the same failure again.
        loop.set_exception_handler(lambda _loop, _context: None)
        loop.set_default_executor(ThreadPoolExecutor(PARALLEL, thread_name_prefix="deploy"))
        runner.run(run_in_stack(main))


@contextlib.contextmanager
def _imports_of(main: Path) -> Iterator[None]:
    """Forget the program's own modules afterwards: the next run may be of another program."""
    path, known = list(sys.path), set(sys.modules)
    try:
        yield
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - known:
            file = Path(getattr(sys.modules[name], "__file__", None) or "/")
            if file.is_relative_to(main) and "site-packages" not in file.parts:
                del sys.modules[name]
