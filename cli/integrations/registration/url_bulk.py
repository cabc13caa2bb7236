"""Proves that many object URLs at once break no rule; it never says so of one that does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from integrations.registration.model import Kind
from integrations.registration.object_url import ObjectUrlError, UrlForm, parse_object_url
from integrations.registration.url_rules import UrlOptions, extension_problem, place_of, url_problems

# What may stand in a URL as it is; `+` and `#` may not, by the rules. The line feed joins URLs.
_ALLOWED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?[]@!$&'()*,;=%\n"
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_REMEMBERED = 50_000
_TRUST = 16  # how often in a row URLs may be unlike, before each is looked at
_FEW = 16


class UrlBulk:
    """Remembers which hosts, folders and endings were found right."""

    def __init__(self, options: UrlOptions) -> None:
        self._options = options
        self._by_folder = all(not one.prefixes or all(map(_is_folder, one.prefixes)) for one in options.locations)
        self._places: dict[str, tuple[str, str] | None] = {}
        self._endings: dict[tuple[str, str], bool] = {}
        self._guess = ""
        self._ending = ""
        self._trust = 0

    def prove(self, urls: Sequence[str], kind: Kind, *, one_line: bool, groups: Sequence[Sequence[str]] = ()) -> bool:
        """Whether all of them are right for the kind, and each group stays within one cloud.

        one_line: no URL can hold a line feed.
        """
        if not urls:
            return True
        joined = "\n".join(urls)
        if not joined.isascii() or not self._by_folder or not (one_line or joined.count("\n") == len(urls) - 1):
            return False
        raw = joined.encode()
        if raw.translate(None, _ALLOWED) or (b"%" in raw and _BAD_ESCAPE.search(raw)):
            return False
        if self._alike(urls, joined, kind):
            self._trust, self._ending = _TRUST, _ending(urls[0])
            return True
        if self._trust and len(urls) > _FEW:  # an odd one among many: better found, see `odd`
            self._trust -= 1
            return False
        return self._each(urls, kind) and (not groups or all(self._one_cloud(group) for group in groups))

    def odd(self, urls: Sequence[str]) -> int | None:
        """The first of these unproven URLs that is unlike those before; None if that cannot be told."""
        if not self._trust or not self._guess:
            return None
        joined = "\n".join(urls)
        left = joined.encode("utf-8", "replace").translate(None, _ALLOWED)
        if left and left[0] < 0x80:
            return joined.count("\n", 0, joined.index(chr(left[0])))
        start, end = self._guess, self._ending
        return next((at for at, url in enumerate(urls) if not (url.startswith(start) and url.endswith(end))), None)

    def _alike(self, urls: Sequence[str], joined: str, kind: Kind) -> bool:
        """Whether all URLs have the bucket and the ending of the first: one search for `<ending>\\n<bucket>`."""
        first = urls[0]
        if self._options.locations or not first.startswith(self._guess or "?"):
            self._guess = self._bucket_of(first)
        ending = _ending(first)
        between = f"{ending}\n{self._guess}"
        return (
            self._guess != ""
            and self._fits(ending, kind)
            and joined.endswith(ending)
            and joined.count(between) == len(urls) - 1
        )

    def _bucket_of(self, url: str) -> str:
        """The text that all right URLs of this one's bucket start with; empty if there is none."""
        if self._options.locations:  # prefixes matter, so the folder decides
            return ""
        try:
            parsed = parse_object_url(url, s3_endpoints=self._options.s3_endpoints)
        except ObjectUrlError:
            return ""
        start = f"https://{parsed.host}/"
        if parsed.form in (UrlForm.S3_PATH, UrlForm.GCS, UrlForm.AZURE, UrlForm.S3_COMPATIBLE, UrlForm.OTC):
            start += f"{url.removeprefix(start).partition('/')[0]}/" if parsed.bucket not in parsed.host else ""
        return start if url.startswith(start) and self._right(start + "x") else ""

    def _each(self, urls: Sequence[str], kind: Kind) -> bool:
        """Whether every URL is in a folder that is right, and has an ending that fits."""
        paths = [url.partition("?")[0] for url in urls]
        folders = {path.rpartition("/")[0] for path in paths}
        if not all(self._place(folder) for folder in folders):
            return False
        if any(path.endswith("/") for path in paths):
            return False
        return all(self._fits(ending, kind) for ending in set(map(_ending, paths)))

    def place(self, url: str) -> tuple[str, str] | None:
        """Cloud and host of a URL that has been proven."""
        return self._place(url.partition("?")[0].rpartition("/")[0])

    def _place(self, folder: str) -> tuple[str, str] | None:
        if folder not in self._places:
            if len(self._places) > _REMEMBERED:
                self._places.clear()
            url = f"{folder}/x"
            self._places[folder] = place_of(url, self._options) if self._right(url) else None
        return self._places[folder]

    def _one_cloud(self, group: Sequence[str]) -> bool:
        return len(set(map(self.place, group))) <= 1

    def _right(self, url: str) -> bool:
        return not url_problems(url, self._options)

    def _fits(self, ending: str, kind: Kind) -> bool:
        key = (ending, kind.section)
        if key not in self._endings:
            if len(self._endings) > _REMEMBERED:
                self._endings.clear()
            self._endings[key] = ending.lower() != ".gz" and extension_problem(f"x{ending}", kind) is None
        return self._endings[key]


def _ending(path: str) -> str:
    """The extension; the whole last part of a path without one, which fits everywhere."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    return name[dot:] if dot >= 0 else ""


def _is_folder(prefix: str) -> bool:
    return prefix == "" or prefix.endswith("/")
