"""The sample media in the buckets, and registered in a folder of their own for each integration."""

from __future__ import annotations

import functools
import json

import pytest

from integrations.environment.model import AwsIntegration
from integrations.errors import ExitCode
from integrations.registration.locations import first_url
from integrations.registration.object_url import mrap_arn, mrap_url
from integrations_sandbox import people
from integrations_sandbox.media import write_samples
from integrations_sandbox.stages import DEPLOYER, stage_of

ITEMS = {
    "images": [{"objectUrl": "images/Image1.png", "title": "picture"}],
    "videos": [{"objectUrl": "videos/Cooking.mp4", "title": "video"}],
    "audio": [{"objectUrl": "audio/chime.wav", "title": "sound"}],
    "pdfs": [{"objectUrl": "documents/report.pdf", "title": "report"}],
    "text": [{"objectUrl": "documents/notes.txt", "title": "notes"}],
    "image_groups": [
        {"title": "group", "createVideo": False, "objectUrl_0": "frames/frame1.jpg", "objectUrl_1": "frames/frame2.jpg"},
        {"title": "sequence", "createVideo": True, "objectUrl_0": "frames/frame1.jpg", "objectUrl_1": "frames/frame2.jpg"},
    ],
}  # fmt: skip
NAMES = ("picture", "video", "sound", "report", "notes", "group", "sequence")


@pytest.fixture(scope="session")
def filled(stages):
    """The sandbox of a cloud, with the samples of each integration registered in a folder of its own."""

    @functools.cache
    def of(cloud):
        stage = stages(cloud)
        for integration in stage.sandbox.environment.integrations:
            _fill(stage, integration)
        return stage

    return of


def _fill(stage, integration):
    samples = stage.root / "samples"
    media = [(sample.key, (samples / sample.key).read_bytes()) for sample in write_samples(samples)]
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        stage_of(integration).put_objects(integration, media, everywhere=True)
    file = stage.root / f"{integration.name}.json"
    file.write_text(json.dumps(_with_urls(ITEMS, _base(stage, integration))))
    words = ("--folder", f"Console/{integration.name}", "--integration", integration.name, "--create-folder", "--yes")
    done = stage.run("registration", "submit", str(file), *words)
    assert done.code == ExitCode.CLEAN, done.out + done.err


def _base(stage, integration):
    """Where the integration's objects are: behind its access point, if it has one."""
    if isinstance(integration, AwsIntegration) and integration.multi_region_access_point:
        outputs = json.loads(stage.sandbox.layout.outputs.read_text())
        alias = outputs[integration.name]["multiRegionAccessPoint"]["alias"]
        return mrap_url(mrap_arn(integration.account, alias), "")
    return first_url(integration, "")


def _with_urls(value, base):
    """The items with whole URLs in place of keys."""
    if isinstance(value, list):
        return [_with_urls(one, base) for one in value]
    if isinstance(value, dict):
        return {k: base + v if k.startswith("objectUrl") else _with_urls(v, base) for k, v in value.items()}
    return value
