"""Asks again what is not right yet: fresh grants take a while to spread, in AWS up to a minute."""

from __future__ import annotations

import time
from collections.abc import Callable, Container

from msgspec import structs

from integrations.checks.records import Result, Status
from integrations.checks.runner import Key, key_of

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 15.0
NOT_RIGHT = (Status.FAIL, Status.UNKNOWN)
FINDINGS = (*NOT_RIGHT, Status.WARNING)


def until_right(
    ask: Callable[[Container[Key] | None], list[Result]],
    seconds: float,
    say: Callable[[str], None],
    *,
    wait_for: Container[Status] = NOT_RIGHT,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Result]:
    """Ask, and ask again what is a finding, stayed unknown or was skipped because of it, until all is right or time is up.

    ask: asks these questions, or all; it makes them anew each time, because a session may be what is stale.
    say: told of each wait. wait_for: what is not right; a warning that nobody waits for is asked again with the rest,
    because what mends them may mend it too. Returns the last answer to each question, with the number of tries.
    """
    begin, pause, tries = clock(), FIRST_PAUSE, 1
    latest = {key_of(result): result for result in ask(None)}
    while any(result.status in wait_for for result in latest.values()):
        left = seconds - (clock() - begin)
        if left <= 0:
            break
        again = {key for key, result in latest.items() if result.status in FINDINGS or result.because}
        say(f"{len(again)} of {len(latest)} are not right yet: asking again in {min(pause, left):.0f} s")
        sleep(min(pause, left))
        pause, tries = min(pause * 2, LONGEST_PAUSE), tries + 1
        latest |= {key_of(result): structs.replace(result, tries=tries) for result in ask(again)}
    return list(latest.values())
