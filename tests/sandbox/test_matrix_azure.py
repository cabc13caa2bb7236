"""Every way in the table to break an integration on Azure, done for real: the checks that should fail do, and no others."""

from __future__ import annotations

import pytest
from matrix import Case, hold
from matrix_azure import SAS_FILE, TABLE
from stage import open_stage

from integrations_sandbox.clouds import azure as local_azure

pytestmark = pytest.mark.skipif(local_azure.available() is not None, reason=str(local_azure.available()))


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A sandbox with Azure alone; an account SAS, where a case has one, is in a file of the project."""
    root = tmp_path_factory.mktemp("matrix")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTEGRATIONS_AZURE_SAS_CLINIC_FILE", str(root / SAS_FILE))
        yield from open_stage(root, cloud="azure")


@pytest.mark.parametrize("case", TABLE.cases, ids=lambda case: case.what)
def test_what_is_broken_fails_by_its_own_name_and_is_mended(stage, case: Case):
    hold(case, TABLE, stage)
