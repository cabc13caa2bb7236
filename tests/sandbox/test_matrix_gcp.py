"""Every way in the table to break an integration on Google Cloud, done for real: the checks that should fail do, no others."""

from __future__ import annotations

import pytest
from matrix import Case, hold
from matrix_gcp import TABLE
from stage import open_stage


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A sandbox with Google Cloud alone."""
    yield from open_stage(tmp_path_factory.mktemp("matrix"), cloud="gcp")


@pytest.mark.parametrize("case", TABLE.cases, ids=lambda case: case.what)
def test_what_is_broken_fails_by_its_own_name_and_is_mended(stage, case: Case):
    hold(case, TABLE, stage)
