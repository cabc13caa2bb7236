"""How large the next batch is, and when the next request may go out: learned from how the platform takes them.

Pure arithmetic; times are given, in seconds.
"""

from __future__ import annotations

from msgspec import Struct

FIRST, SMALLEST, LARGEST = 250, 10, 5000  # items
MOST_BYTES = 8 * 1024 * 1024  # of one request
AIM = 3.0  # seconds that a batch should take, from being sent to being registered
BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)  # seconds before the next try, by the number of failed ones


class Pace(Struct, frozen=True):
    """size: items of the next batch. fixed: it stays as it is. not_before: no request goes out earlier."""

    size: int = FIRST
    fixed: bool = False
    not_before: float = 0.0

    def taken(self, items: int, seconds: float) -> Pace:
        """After a batch of `items` took `seconds`: nearer to the size that takes as long as it should.

        Twice as large at most, half as small at least, and larger only by what a full batch has taught.
        """
        fitting = items * AIM / max(seconds, 0.001)
        if fitting > self.size and items < self.size:
            return self
        return self._sized(min(2 * self.size, max(self.size // 2, int(fitting))))

    def pushed_back(self, now: float, wait: float) -> Pace:
        """After the platform wanted less: nothing for `wait` seconds, and then half as much."""
        slower = self._sized(self.size // 2)
        return Pace(slower.size, self.fixed, max(self.not_before, now + wait))

    def limited(self, size: int) -> Pace:
        """After a batch of more than `size` was too large."""
        return self._sized(min(self.size, size))

    def _sized(self, size: int) -> Pace:
        return self if self.fixed else Pace(min(LARGEST, max(SMALLEST, size)), False, self.not_before)


def delay(failures: int) -> float:
    """How long to wait after so many failures in a row, in seconds."""
    return BACKOFF[min(failures, len(BACKOFF)) - 1] if failures else 0.0
