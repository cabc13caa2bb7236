"""Every way in the table to break an integration on AWS, done for real: the checks that should fail do, and no others."""

from __future__ import annotations

import pytest
from matrix import Case, hold
from matrix_aws import TABLE

pytest_plugins = ["stage"]


@pytest.fixture(scope="module")
def stage(stages):
    """The sandbox with AWS alone; each case leaves it as it was."""
    yield stages("aws")
    stages("aws").restore()


@pytest.mark.parametrize("case", TABLE.cases, ids=lambda case: case.what)
def test_what_is_broken_fails_by_its_own_name_and_is_mended(stage, case: Case):
    hold(case, TABLE, stage)
