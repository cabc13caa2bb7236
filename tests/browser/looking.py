"""What a browser shows, as tests ask for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
MILLISECONDS = 20_000


def launch(playwright: Any, executable: str, options: tuple[str, ...] = ()) -> Any:
    """A headless browser with a profile of its own, which Playwright makes and removes."""
    chosen = [option for option in options if not option.startswith("--user-data-dir")]
    return playwright.chromium.launch(executable_path=executable, args=[*FLAGS, *chosen])


@dataclass
class Window:
    """An open page, and everything that the browser complained of in it."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def open(cls, browser: Any, address: str, theme: str, size: dict[str, int], script: str) -> Window:
        """script: what to run in the page before anything of its own."""
        page = browser.new_context(viewport=size, color_scheme=theme).new_page()
        page.set_default_timeout(MILLISECONDS)
        window = cls(page)
        page.on("console", lambda said: said.type in ("error", "warning") and window.complaints.append(said.text))
        page.on("pageerror", lambda error: window.complaints.append(str(error)))
        page.add_init_script(script)
        page.goto(address)
        return window

    def violations(self, axe: str) -> list[str]:
        """What axe-core (its source) finds wrong, as `rule: element`. Evaluated by the driver, so the page's CSP holds."""
        self.page.evaluate(axe)
        found = self.page.evaluate("axe.run()")["violations"]
        return [f"{one['id']}: {node['target'][0]}" for one in found for node in one["nodes"]]
