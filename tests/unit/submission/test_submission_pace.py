"""Batches grow while they are quick, shrink when they are slow, and pause when the platform says so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from integrations.submission.pace import AIM, LARGEST, SMALLEST, Pace, delay


def test_a_quick_batch_makes_the_next_one_twice_as_large():
    assert Pace(100).taken(100, AIM / 10).size == 200


def test_a_slow_batch_makes_the_next_one_smaller_but_not_less_than_half():
    assert Pace(100).taken(100, AIM * 1.25).size == 80
    assert Pace(100).taken(100, AIM * 100).size == 50


def test_a_small_rest_that_was_quick_teaches_nothing():
    assert Pace(100).taken(30, 0.01).size == 100


def test_a_fixed_size_stays():
    pace = Pace(123, fixed=True)
    assert pace.taken(123, 0.01).size == pace.taken(123, 100).size == pace.pushed_back(0, 1).size == 123


def test_a_push_back_pauses_and_halves():
    pace = Pace(100).pushed_back(now=10, wait=5)
    assert (pace.size, pace.not_before) == (50, 15)
    assert pace.pushed_back(now=11, wait=1).not_before == 15  # the longer wait holds


@given(st.lists(st.tuples(st.integers(1, LARGEST), st.floats(0, 1000)), max_size=60))
def test_the_size_stays_within_its_limits(history):
    pace = Pace()
    for items, seconds in history:
        pace = pace.taken(items, seconds).pushed_back(0, 0) if seconds > 500 else pace.taken(items, seconds)
        assert SMALLEST <= pace.size <= LARGEST


def test_the_wait_grows_with_every_failure_up_to_a_limit():
    waits = [delay(failures) for failures in range(20)]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (0, 30)
