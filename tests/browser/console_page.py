"""The console as tests use it: a session, a folder, and which of its items appear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from looking import MILLISECONDS, Window

from integrations_sandbox.console import visit

# For every card "appears" or "lost"; nothing as long as one is still on its way. What appears must be the medium
# itself: pixels, frames, sound, or text that the script could read.
SETTLED = """() => {
  const state = (card) => {
    if (card.querySelector(".lost")) return "lost";
    const image = card.querySelector("img");
    if (image) return image.complete && image.naturalWidth > 0 ? "appears" : "";
    const moving = card.querySelector("video, audio");
    if (moving) return moving.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ? "appears" : "";
    return card.querySelector("[data-loaded]")?.textContent ? "appears" : "";
  };
  const cards = [...document.querySelectorAll("#grid > li")];
  const states = Object.fromEntries(cards.map((card) => [card.querySelector("h3").textContent, state(card)]));
  return cards.length > 0 && Object.values(states).every(Boolean) ? states : null;
}"""
# A picture that came without leave would taint the canvas, and its pixels could not be read.
PIXEL = """(image) => {
  const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight).getContext("2d");
  canvas.drawImage(image, 0, 0);
  return [...canvas.getImageData(image.naturalWidth / 2, 1, 1, 1).data];
}"""
Open = Callable[..., Window]


def open_console(open_window: Open, stage: Any, **how: Any) -> Window:
    """The console at Encord's origin, in a browser as `integrations sandbox console` starts it."""
    seen = visit(stage.sandbox)
    return open_window(seen.address, seen.options, **how)


def show_folder(window: Window, path: str) -> None:
    """Choose a folder."""
    window.page.get_by_title(path, exact=True).click()
    window.page.get_by_role("heading", name=path, exact=True).wait_for()


def appearance(window: Window) -> dict[str, str]:
    """Which of the items of the folder that is shown appear: waits until each of them has, or is lost."""
    states: dict[str, str] = window.page.wait_for_function(SETTLED, timeout=MILLISECONDS).json_value()
    return states


def reasons(window: Window, count: int) -> str:
    """Why `count` objects do not appear, in the page's words."""
    title = "1 object does not appear" if count == 1 else f"{count} objects do not appear"
    window.page.get_by_role("heading", name=title).wait_for()
    words: str = window.page.locator("#unseen ul").inner_text()
    return words
