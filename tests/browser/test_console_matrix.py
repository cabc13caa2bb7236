"""A real browser agrees with the matrix: in each of its cases about CORS, media appear exactly when `check` said they would."""

from __future__ import annotations

from pathlib import Path

import matrix_aws
import matrix_azure
import matrix_gcp
import matrix_otc
import pytest
from console_page import appearance, open_console, show_folder
from matrix import Edit, found
from samples_at_encord import NAMES

from integrations.environment.load import load_environment

pytest_plugins = ["stage", "samples_at_encord"]

CLOUDS = {one.name: one.cloud for one in load_environment("sandbox", Path(__file__).parents[2]).integrations}
TABLES = (matrix_aws.TABLE, matrix_azure.TABLE, matrix_gcp.TABLE, matrix_otc.TABLE)


def is_about_cors(case):
    """Whether it is CORS alone that is broken, on the integration whose objects the console shows."""
    told = case.fails | case.warns
    return all(one.startswith("COR") for one in told) and not case.integration and not isinstance(case.mend, Edit)


CASES = [(table, case) for table in TABLES for case in table.cases if is_about_cors(case)]


@pytest.fixture(params=CASES, ids=lambda pair: f"{pair[0].cloud}: {pair[1].what}")
def broken(request, filled):
    """The sandbox with that case's fault in it, what `check` says of it, and the case; mended afterwards."""
    table, case = request.param
    stage = filled(CLOUDS[table.integration])
    try:
        case.breaks(stage)
        ran = stage.run_here("check", "--integration", table.integration, "--select", "COR", "--format", "json")
        yield stage, table.integration, found(ran.json["results"]), case
    finally:
        case.mend(stage) if callable(case.mend) else stage.up()


def test_what_check_says_of_cors_is_what_the_browser_shows(broken, open_window):
    stage, integration, said, case = broken
    assert (said["fail"], said["warning"]) == (case.fails, case.warns)
    window = open_console(open_window, stage)
    show_folder(window, f"Console/{integration}")
    state = "lost" if "COR203" in said["fail"] else "appears"
    assert appearance(window) == dict.fromkeys(NAMES, state)
