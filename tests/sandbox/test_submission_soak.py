"""The soak: killed again and again, with faults on and a platform that comes and goes; and then everything is there once.

INTEGRATIONS_SOAK=items:kills:restarts makes it longer; `python -m benchmarks submission-soak` does so.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from platform_stage import EU, EXTERNAL_ID, PREFIX, REGIONS, may_list, may_read, may_write, url
from platform_stage import Stage as CloudStage
from submission_stage import ENVIRONMENT, TITLE, Stage, items, submit_words, wait_for, write

from integrations_sandbox.clouds import aws as local_aws
from integrations_sandbox.faults import Fault
from integrations_sandbox.platform.clouds.aws import AwsIntegration

pytest_plugins = ("platform_fixtures",)


@pytest.fixture(scope="session")
def stage(cloud_stage: CloudStage) -> CloudStage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return cloud_stage


ITEMS, KILLS, RESTARTS = map(int, os.environ.get("INTEGRATIONS_SOAK", "6000:6:1").split(":"))
FOLDER = "Soak/Night"
START = {"method": "POST", "path": "/data-upload-jobs"}
FAULTS = (
    Fault("latency", seconds=0.15, chance=0.5, **START),
    Fault("rate_limit", seconds=1, chance=0.03, **START),
    Fault("error", status=503, chance=0.03, **START),
    Fault("reset_before", chance=0.03, **START),
    Fault("reset_after", chance=0.05, **START),
    Fault("truncate", chance=0.03, **START),
    Fault("failed_job", chance=0.02),
    Fault("error", status=502, chance=0.03, method="GET"),
)


@pytest.fixture
def soaked(stage: CloudStage, tmp_path: Path) -> Iterator[Stage]:
    """A platform that reads real objects in the local cloud, for the kinds that cannot be described."""
    own = Stage(tmp_path, browser_base={"aws": stage.aws.browser})
    key = stage.aws.keys[local_aws.ENCORD_USER]
    role = stage.role([may_read(), may_list(), may_write()])
    try:
        own.prepare(
            AwsIntegration(
                uuid=own.integration, title=TITLE, role_arn=role, external_id=EXTERNAL_ID, access_key=key.access_key,
                secret_key=key.secret_key, region=REGIONS[EU], write_prefix=PREFIX,
            )
        )  # fmt: skip
        yield own
    finally:
        own.stop()


def mixed(count: int) -> dict[str, list[dict[str, Any]]]:
    """Items of eight kinds; about one in a hundred is made of objects that are really read."""
    read = max(8, count // 100)
    frames = [url(f"images/{series}+({number}).jpg") for series, number in [("1", n) for n in range(32, 36)]]
    frames += [url("images/3+(32).jpg"), url("images/3+(33).jpg")]
    orders = itertools.islice(itertools.permutations(frames, 4), read)
    groups = [
        {"title": f"group {n}", "createVideo": n % 20 == 0, **{f"objectUrl_{i}": one for i, one in enumerate(order)}}
        for n, order in enumerate(orders)
    ]
    each = (count - len(groups)) // 5
    singles = {kind: items(kind, each) for kind in ("images", "videos", "audio", "pdfs", "text")}
    singles["images"] += items("images", count - len(groups) - 5 * each, each)
    return {**singles, "image_groups": groups}


def under_way(project: Path) -> bool:
    """Whether the journal was left in the middle of something."""
    path = project / ".integrations" / "journal.sqlite3"
    if not path.exists():
        return False
    db = sqlite3.connect(path)
    try:
        query = "select count(*) from batch where state in ('planned', 'sending', 'ambiguous', 'running')"
        return bool(db.execute(query).fetchone()[0])
    except sqlite3.OperationalError:  # the tables are not there yet
        return False
    finally:
        db.close()


@pytest.mark.timeout(max(180, ITEMS // 50))
def test_killed_at_random_moments_everything_is_registered_exactly_once(soaked, capsys):
    document = mixed(ITEMS)
    project = soaked.project()
    (project / "Pulumi.dev.yaml").write_text(ENVIRONMENT.replace("acme-media-eu", EU))
    text = {kind: json.loads(json.dumps(some).replace("acme-media-eu", EU)) for kind, some in document.items()}
    file = write(project / "soak.json", **text)
    expected = sum(map(len, document.values()))
    dice = random.Random(5)
    kills = restarts = in_the_work = 0
    began = time.monotonic()
    soaked.faults(*FAULTS)
    while kills < KILLS:
        process = soaked.begin(project, *submit_words(file, FOLDER), "--batch-size", str(max(50, ITEMS // 200)))
        if kills * RESTARTS >= restarts * KILLS and restarts < RESTARTS:
            time.sleep(dice.uniform(1.0, 2.0))
            restarts += 1
            soaked.kill()
            soaked.start()
            soaked.faults(*FAULTS)
        try:
            # At a random moment, and mostly in the middle of the work: how long it takes to begin depends on the machine.
            if kills % 4:
                wait_for(lambda: under_way(project) or process.poll() is not None, 300)  # noqa: B023 - called here
            process.communicate(timeout=dice.uniform(0.0, 1.5))
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            in_the_work += under_way(project)
        else:
            # 4: the platform was just away. 0: the work was done too early for all the kills, which is seen below.
            assert process.returncode in (0, 4)
            if process.returncode == 0:
                break
    runs = 0
    while (last := soaked.submit(project, file, FOLDER, timeout=600)).code != 0:
        runs += 1
        assert (last.code, runs < 5) == (4, True), last.out[-3000:] + last.err[-1000:]
    assert (kills, restarts) == (KILLS, RESTARTS)

    registered = soaked.urls_in(FOLDER)
    tally = last.json["tally"]
    lost, twice = expected - len(set(registered)), len(registered) - len(set(registered))
    with capsys.disabled():
        print(  # noqa: T201 - the figure is asked for
            f"\nsoak: {expected:,} items, {kills} kills ({in_the_work} with batches under way), {restarts} platform restarts,"
            f" {time.monotonic() - began:.0f} s;"
            f" registered {len(set(registered)):,}, lost {lost}, twice {twice}; journal {tally}"
        )
    assert in_the_work >= KILLS / 2
    assert (lost, twice) == (0, 0)
    assert tally == {"registered": expected, "failed": 0, "cancelled": 0, "waiting": 0, "unclear": 0, "unsent": 0}
