"""A real browser for the tests of this folder: Debian's chromium, or another one of its kind, driven by Playwright.

On a machine without one every test is skipped by name, with the line that installs it.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from looking import AXE, Window, launch

from integrations_sandbox.console import find_browser

# `stage`, a whole sandbox of the tests' own, is kept beside the tests of the sandbox.
sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox"))


@pytest.fixture
def open_window() -> Iterator[Callable[..., Window]]:
    """Open an address in a browser with these options, theme and width; the window keeps what the browser complains of.

    Playwright is started for each test: while it runs, nothing else in this thread can run an event loop of its own,
    and a deployment into the sandbox does. So ask for `open_window` after everything that deploys.
    """
    executable = find_browser()
    if executable is None:
        pytest.skip("there is no Chromium here: apt-get install --no-install-recommends chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:

        def open_one(
            address: str,
            options: tuple[str, ...] = (),
            *,
            theme: str = "light",
            width: int = 1280,
            height: int = 2400,
            script: str = "",
        ) -> Window:
            browser = launch(playwright, executable, options)
            closing.callback(browser.close)
            return Window.open(browser, address, theme, {"width": width, "height": height}, script)

        with contextlib.ExitStack() as closing:
            yield open_one


@pytest.fixture(scope="session")
def axe() -> Callable[[Window], list[str]]:
    """What axe-core finds wrong in a window, as `rule: element`."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed here: npm ci")
    return lambda window: window.violations(AXE.read_text(encoding="utf-8"))
