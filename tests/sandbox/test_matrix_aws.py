"""Every way in the table to break an integration on AWS, done for real: the checks that should fail do, and no others."""

from __future__ import annotations

import pytest
from matrix import Case, hold
from matrix_aws import TABLE
from stage import open_stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A sandbox with AWS alone."""
    yield from open_stage(tmp_path_factory.mktemp("matrix"), cloud="aws")


@pytest.mark.parametrize("case", TABLE.cases, ids=lambda case: case.what)
def test_what_is_broken_fails_by_its_own_name_and_is_mended(stage, case: Case):
    hold(case, TABLE, stage)
