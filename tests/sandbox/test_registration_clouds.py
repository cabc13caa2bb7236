"""Registration files on all four clouds: every example that Encord gives, objects asked for, buckets built from."""

from __future__ import annotations

import itertools
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from otc_stage import obs

from integrations import google_cloud
from integrations.checks import azure_sessions
from integrations.errors import ExitCode
from integrations.registration.findings import Severity
from integrations.registration.load import load_items
from integrations.registration.locations import first_url
from integrations.registration.object_url import MrapSpelling, mrap_url, parse_object_url
from integrations.registration.repair import repair
from integrations.registration.url_rules import UrlOptions
from integrations.registration.validate import Options
from integrations_sandbox import people
from integrations_sandbox.media import write_samples
from integrations_sandbox.stages import CHECKER, DEPLOYER, stage_of

pytest_plugins = ["stage"]

EXAMPLES = Path(__file__).parents[1] / "unit/registration/examples"
# Which examples an integration registers; those for web-app uploads as CSV name no cloud.
OF = {
    "media": ["aws-[!a]*.json", "aws-audio.json", "csv-*.csv"], "global": ["aws-access-point*.json"],
    "studio": ["gcp-*.json"], "clinic": ["azure-*.json"], "telekom": ["otc-*.json"],
}  # fmt: skip
# Units: two sounds, three series, two groups, two sequences, four images, two volumes, two PDFs, two texts, six videos,
# six of several kinds; of CSV twice three series, two groups, two sequences, four images, five of several kinds, and
# twice four videos.
UNITS = {"media": 31 + 27, "global": 4, "studio": 31, "clinic": 31, "telekom": 31}
# Those whose URLs are whole, and within a sequence all of one cloud.
WHOLE = {f"{cloud}-dicom.json" for cloud in ("aws", "azure", "gcp", "otc")}
WHOLE |= {f"{cloud}-several-kinds.json" for cloud in ("aws", "azure", "otc")}
BUCKETS = (
    "https://encord-integration.s3.eu-west-2.amazonaws.com/", "https://storage.cloud.google.com/encord-image-bucket/",
    "https://myaccount.blob.core.windows.net/encordcontainer/", "https://encord-bucket.obs.eu-de.otc.t-systems.com/",
    "https://arn:aws:s3::123123123:accesspoint/frf28frarf9.mrap.s3-accesspoint.amazonaws.com/",
)  # fmt: skip
NO_URL = r'"(?:<[^"]*|file/path/[^"]*|cloud-path-[^"]*|https://my-bucket/[^"]*|Multi-Region-[^"]*)"'
ENDINGS = {"audio": "wav", "pdfs": "pdf", "text": "txt", "videos": "mp4", "point": "mp4"}
# The values that the sample video was made with, and others that a person has to choose.
WORDS = {
    "frames-per-second": "8.0", "duration-in-seconds": "2.0", "frame-width": "160", "frame-height": "120",
    "file-size-in-bytes": "SIZE", "MIME-file-type-extension": "video/mp4", '"frame" or "seconds"': '"frame"',
    '"<samples-per-second>"': "1", "<my-embedding>": "my-embedding", "<frame-number-1>": "0", "<frame-number-2>": "5",
    "<frame-number-3>": "9",
}  # fmt: skip


@pytest.fixture(scope="module")
def stage(stages):
    """The sandbox with all clouds. Nothing here changes how it is configured."""
    return stages(None)


@pytest.fixture
def integration(stage, name):
    """One of its integrations, if its cloud can be had on this machine."""
    found = stage.sandbox.environment.settings.integrations.get(name)
    return found or pytest.skip(f"the sandbox has no {name} on this machine")


def _url(stage, integration, key, spelling=MrapSpelling.ARN_HOST):
    if integration.name != "global":
        return first_url(integration, key)
    point = json.loads(stage.sandbox.layout.outputs.read_text())["global"]["multiRegionAccessPoint"]
    return mrap_url(point["arn"], key, spelling)


def _put(stage, integration, objects):
    with people.working_as(stage.sandbox.variables(DEPLOYER)):
        stage_of(integration).put_objects(integration, objects, everywhere=True)


def _run(stage, name, *words, **variables):
    """Run a command as one who may read there: on Azure managing is no right to the data."""
    return stage.run_here("registration", *words, profile=CHECKER if name == "clinic" else DEPLOYER, **variables)


def _asked(stage, name, *words):
    """What validation with the cloud's own word comes to: ids and lines of the errors."""
    ran = _run(
        stage, name, "validate", *words, "--env", "sandbox", "--integration", name, "--objects", "--format", "json"
    )
    errors = [(one["id"], one["line"]) for one in ran.json["findings"] if one["severity"] == "error"]
    assert ran.code == (ExitCode.FINDINGS if errors else ExitCode.CLEAN), ran.err
    return errors


def _submitted(stage, name, folder, *files):
    words = ("--folder", folder, "--create-folder", "--integration", name, "--yes", "--format", "json")
    return stage.run_here("registration", "submit", *files, *words)


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    """Bodies by ending; slices one after the other."""
    folder = tmp_path_factory.mktemp("samples")
    keys = [sample.key for sample in write_samples(folder)]
    by_ending = {ending: next(key for key in keys if key.endswith(f".{ending}")) for ending in ("mp4", "nii", "nii.gz")}
    by_ending |= {
        key.rpartition(".")[2]: key for key in keys if key.rpartition(".")[2] not in ("mp4", "nii", "gz", "dcm")
    }
    slices = itertools.cycle(sorted(key for key in keys if key.endswith(".dcm")))

    def body(key):
        ending = "nii.gz" if key.endswith(".nii.gz") else key.rpartition(".")[2]
        return (folder / (next(slices) if ending == "dcm" else by_ending[ending])).read_bytes()

    return body


def _of(name):
    return sorted(path for pattern in OF[name] for path in EXAMPLES.glob(pattern))


def _mended(path, target, options=None):
    """Errors that are left once the file is repaired into `target`."""
    with target.open("wb") as stream:
        done = repair(path, stream, options or Options(UrlOptions(plus="space")))
    return {one.id for one in done.left if one.severity is Severity.ERROR}


def _filled(path, url, size):
    """The example with a person's own objects and values in place of its placeholders, and nothing else mended but a
    heading that is about the wrong kind. url: of an object by its key. size: of a video, in bytes."""
    text = path.read_text()
    for bucket in BUCKETS:
        text = text.replace(bucket, url(""))
    numbers = itertools.count(1)

    def own(old):
        known = re.search(r"\.(nii\.gz|nii|dcm|jpg|mp4)\b", old)
        ending = known[1] if known else next((end for word, end in ENDINGS.items() if word in path.stem), "jpg")
        return url(f"{path.stem}/{next(numbers)}.{ending}")

    text = re.sub(rf'("objectUrl(?:_\d+)?": ){NO_URL}', lambda match: f'{match[1]}"{own(match[0])}"', text)
    text = re.sub(r"^(?:path/to|full/storage)/[^,\n]*", lambda match: own(match[0]), text, flags=re.MULTILINE)
    for word, value in WORDS.items():
        text = text.replace(word, value.replace("SIZE", str(size)))
    text = re.sub("<frame-number-or-seconds>", lambda _: str(next(numbers)), text)
    text = re.sub(r"Image title(,Create video\n\S+\.mp4)", r"Video title\1", text)
    return re.sub(r"<((?:title|file)[ -]\d)>", r"\1", text)


@pytest.mark.parametrize("name", OF)
def test_templates_are_refused_and_registered_once_they_are_filled_in(stage, samples, name, integration, tmp_path):
    """What a person would put there takes the placeholders' places; commas and repeated keys are left to `repair`."""
    refused, files, keys = [], [], []
    for path in _of(name):
        left = _mended(path, tmp_path / path.name)
        refused += [str(path)] if left else []
        assert bool(left) == (path.name not in WHOLE), path.name
        filled, mended = tmp_path / f"filled-{path.name}", tmp_path / f"mended-{path.name}"
        filled.write_text(_filled(path, lambda key: _url(stage, integration, key), len(samples("x.mp4"))))
        assert _mended(filled, mended) == set(), path.name
        files.append(str(mended))
        keys += [parse_object_url(url).key for url in load_items(mended).urls]
    _put(stage, integration, [(key, samples(key)) for key in keys])
    assert _asked(stage, name, *files) == []
    assert _submitted(stage, name, f"Examples/{name}", *refused).code == ExitCode.FINDINGS
    ran = _submitted(stage, name, f"Examples/{name}", *files)
    assert ran.code == ExitCode.CLEAN, ran.err + ran.out
    assert (ran.json["tally"]["registered"], ran.json["tally"]["failed"]) == (UNITS[name], 0)


def test_every_example_is_among_them():
    shown = [path for name in OF for path in _of(name)]
    assert sorted(shown) == sorted(path for path in EXAMPLES.iterdir() if path.suffix != ".txt")


# -- asking for objects -----------------------------------------------------------------------------

KEY = "asked/a b+ü.txt"


def _signed(stage, integration):
    """A URL of KEY that is signed for a minute."""
    if integration.cloud == "azure":
        with people.working_as(stage.sandbox.variables(CHECKER)):
            return azure_sessions.Sessions(integration).signed_url(integration.containers[0], KEY)
    if integration.cloud == "gcp":
        with people.working_as(stage.sandbox.variables(DEPLOYER)):
            client = google_cloud.client(google_cloud.own_credentials(), integration.project)
            blob = client.bucket(integration.buckets[0].name).blob(KEY)
            return blob.generate_signed_url(version="v4", expiration=timedelta(minutes=1))
    s3 = obs(stage) if integration.cloud == "otc" else stage.client("s3")
    asked = {"Bucket": integration.buckets[0].name, "Key": KEY}
    return s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=60)


def _file(path, section, urls):
    """A file with these URLs from line 2 on, one a line."""
    path.write_text(f'{{"{section}": [\n' + ",\n".join(json.dumps({"objectUrl": url}) for url in urls) + "\n]}")
    return str(path)


@pytest.mark.parametrize("name", [name for name in OF if name != "global"])
def test_a_cloud_is_asked_for_objects_by_bucket_and_by_signed_url(stage, name, integration, tmp_path):
    _put(stage, integration, [(KEY, b"text")])
    signed = _signed(stage, integration)
    other = signed.replace(".txt", "2.txt")
    urls = [first_url(integration, KEY), first_url(integration, "asked/none.txt"), signed, other]
    assert _asked(stage, name, _file(tmp_path / "f.json", "text", urls)) == [("REG316", 3), ("REG317", 5)]


@pytest.mark.parametrize("name", ["global"])
def test_an_access_point_is_asked_however_it_is_spelled(stage, name, integration, tmp_path):
    _put(stage, integration, [(KEY, b"text")])
    for spelling in MrapSpelling:
        urls = [_url(stage, integration, key, spelling) for key in (KEY, "asked/none.txt")]
        path = _file(tmp_path / "f.json", "text", urls)
        assert _asked(stage, name, path, "--mrap-spelling", spelling.value) == [("REG316", 3)]
    ran = stage.run_here("registration", "validate", path, "--mrap-spelling", "endpoint", "--objects", profile=CHECKER)
    assert ran.code == ExitCode.FINDINGS
    assert "refused" in ran.out


# -- building ---------------------------------------------------------------------------------------

LISTED = {
    "a.png": "imageMetadata", "b.mp4": "videoMetadata", "c.wav": "audioMetadata", "d.pdf": "pdfMetadata", "e.txt": "textMetadata",
}  # fmt: skip
SOURCES = {
    "media": ["s3://acme-media-eu/built/"], "studio": ["gs://acme-studio/built/"], "clinic": ["az://acmeclinic/clinic/built/"],
    "telekom": ["obs://acme-telekom/built/"],
}  # fmt: skip


@pytest.mark.parametrize("name", OF)
def test_a_bucket_becomes_a_file_with_true_media_metadata_that_registers(stage, samples, name, integration, tmp_path):
    bodies = {f"built/{key}": samples(key) for key in LISTED}
    _put(stage, integration, [*bodies.items(), ("built/data.bin", b"1")])
    (tmp_path / "rules.yaml").write_text("probe: true\n")
    words = SOURCES.get(name) or _inventory(stage, integration, bodies, tmp_path / "inventory.csv")
    ran = _run(
        stage,
        name,
        "build",
        *words,
        str(tmp_path / "out"),
        "--rules",
        str(tmp_path / "rules.yaml"),
        "--integration",
        name,
    )
    assert ran.code == ExitCode.CLEAN, ran.err
    assert "left out: 1 (extension .bin)" in ran.err
    (path,) = ran.out.splitlines()
    found = {field: item[field] for items in load_items(path).sections.values() for item in items for field in item}
    assert {field: found[field]["file_size"] for field in LISTED.values() if field in found} == {
        field: len(bodies[f"built/{key}"]) for key, field in LISTED.items()
    }
    video, sound = found["videoMetadata"], found["audioMetadata"]
    assert (video["fps"], video["duration"], video["width"], video["height"]) == (8.0, 2.0, 160, 120)
    assert (sound["duration"], sound["sample_rate"], sound["bit_depth"], sound["num_channels"]) == (0.5, 8000, 16, 1)
    assert (found["imageMetadata"]["width"], found["pdfMetadata"]["num_pages"]) == (160, 2)
    assert _asked(stage, name, path, "--strict-client-only") == []
    ran = _submitted(stage, name, f"Built/{name}", path)
    assert (ran.code, ran.json["tally"]["registered"]) == (ExitCode.CLEAN, len(LISTED)), ran.out


def _inventory(stage, integration, bodies, path):
    """Words that build from an inventory: a point is not listed."""
    keys = [*bodies, "built/data.bin"]
    path.write_text("key,size\n" + "".join(f"{key},1\n" for key in keys))
    arn = json.loads(stage.sandbox.layout.outputs.read_text())["global"]["multiRegionAccessPoint"]["arn"]
    return [f"{arn}/built/", "--inventory", str(path)]


@pytest.mark.parametrize("name", ["telekom"])
def test_without_its_integration_a_bucket_is_read_with_other_credentials_and_refused(
    stage, name, integration, tmp_path
):
    words = ("build", *SOURCES[name], str(tmp_path / "out"), "--region", "eu-de")
    keys = {"AWS_ACCESS_KEY_ID": "AKIANOBODY", "AWS_SECRET_ACCESS_KEY": "secret"}
    ran = _run(stage, name, *words, **keys)
    assert ran.code == ExitCode.NOT_AUTHORISED, ran.err
    ran = _run(stage, name, *words, "--integration", "media")
    assert ran.code == ExitCode.USAGE
    assert "no bucket of the integration media" in ran.err


@pytest.mark.parametrize("name", ["media"])
def test_a_damaged_object_is_named_and_its_item_written_without(stage, samples, name, integration, tmp_path):
    _put(stage, integration, [("damaged/a.png", samples("a.png")), ("damaged/b.mp4", samples("b.mp4")[:-500])])
    (tmp_path / "rules.yaml").write_text("probe: [videos, images]\n")
    words = ("build", "s3://acme-media-eu/damaged/", str(tmp_path / "out"), "--rules", str(tmp_path / "rules.yaml"))
    ran = _run(stage, name, *words, "--integration", name)
    assert ran.code == ExitCode.FINDINGS, ran.err
    assert "no media metadata: damaged/b.mp4: " in ran.err
    assert "1 of 2 objects went without media metadata" in ran.err
    sections = load_items(ran.out.strip()).sections
    assert ["imageMetadata" in sections["images"][0], "videoMetadata" in sections["videos"][0]] == [True, False]
