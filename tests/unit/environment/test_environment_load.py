"""An environment file becomes a typed environment, or one sentence with file, line and column."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from integrations.environment.load import environment_names, load_environment, parse_environment, settings_from
from integrations.errors import ConfigurationError, NothingMatchedError

PROJECT = Path(__file__).parents[3]


def position(smallest, old, new, read):
    """The error after `old` became `new`, without the file's name."""
    changed = smallest.replace(old, new)
    assert changed != smallest
    with pytest.raises(ConfigurationError) as error:
        read(changed)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix("Pulumi.dev.yaml:")


def test_the_smallest_environment_has_the_documented_defaults(smallest, read):
    environment = read(smallest)
    (images,) = environment.integrations
    assert (environment.name, environment.path) == ("dev", "Pulumi.dev.yaml")
    assert (images.name, images.cloud, images.image_sequences, images.prefixes) == ("images", "aws", False, ())
    assert images.awaiting_encord
    assert environment.settings.encord.domain == "https://api.encord.com"
    assert not environment.settings.disposable


def test_keys_of_others_are_none_of_ours(smallest, read):
    assert read(smallest + "  aws:region: eu-west-2\n") == read(smallest)


@pytest.mark.parametrize("name", ["dev", "prod", "sandbox"])
def test_the_examples_load(name):
    assert load_environment(name, PROJECT).integrations


def test_every_environment_file_of_the_project_loads():
    assert {"dev", "prod", "sandbox"} <= set(environment_names(PROJECT))
    for name in environment_names(PROJECT):
        assert load_environment(name, PROJECT).name == name


def test_an_unknown_environment_is_told_with_those_there_are(tmp_path):
    (tmp_path / "Pulumi.prod.yaml").touch()
    with pytest.raises(NothingMatchedError, match=r"no environment 'dev'.*\(there is: prod\)"):
        load_environment("dev", tmp_path)


def test_a_file_that_is_no_text_cannot_be_read(tmp_path):
    (tmp_path / "Pulumi.dev.yaml").write_bytes(b"\xff\xfe\x00config")
    with pytest.raises(ConfigurationError, match=r"Pulumi.dev.yaml cannot be read"):
        load_environment("dev", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: {a: [1}", "1:15: this is not YAML"),
        ("config: 1", "1:1: there is no `config:` map"),
        ("", "1:1: there is no `config:` map"),
        ("- a", "1:1: there is no `config:` map"),
        ("config: {}", "1:9: `integrations` is a map"),
        ("a: 1\nb: {c: 1, c: 2}", "2:11: the key 'c' stands here for the second time"),
    ],
)
def test_what_is_no_environment_is_told_with_its_place(text, said):
    with pytest.raises(ConfigurationError) as error:
        parse_environment("dev", text, "Pulumi.dev.yaml")
    assert str(error.value).startswith(f"Pulumi.dev.yaml:{said}")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('account: "123456789012"', "account: 123456789012", "6:16: Expected `str`, got `int`"),
        ('"123456789012"', '"12345"', "6:16: this is not an AWS account id (12 digits, in quotes)"),
        ("region: eu-west-2", "region: London", "9:39: this is not an AWS region"),
        ("name: acme-images", "name: Acme_Images", "9:18: this is not a bucket name"),
        ("ownership: create", "ownership: mine", "9:61: Invalid enum value 'mine'"),
        ("ownership: create", "ownership: create, color: red", "9:76: there is no field `color`"),
        (", ownership: create", "", "9:11: missing field `ownership`"),
        ("      role: encord-images\n", "", "5:7: missing field `role`"),
        ("cloud: aws", "cloud: moon", "5:14: Invalid value 'moon'"),
        ("cloud: aws", "cloud: aws\n      name: other", "6:13: an integration's name is its key: remove `name`"),
        ("    images:", "    Images!:", "5:7: an integration's name is 1 to 40 of a-z, 0-9 and -"),
        ("[https://app.encord.com]", "[]", "2:36: Expected `array` of length >= 1"),
        ("[https://app.encord.com]", '["https://*.encord.com"]', "name each origin, a wildcard lets any site"),
        ("[https://app.encord.com]", "[https://app.encord.com/]", "no path and no slash at the end"),
        ("[https://app.encord.com]", "[http://app.encord.com]", "it must be https"),
    ],
)
def test_a_wrong_value_is_told_with_its_line_and_column(smallest, read, old, new, said):
    assert said in position(smallest, old, new, read)


@pytest.mark.parametrize(
    ("name", "may"), [("sandbox", True), ("sandbox-ci", True), ("prod", False), ("sandboxes", False)]
)
def test_only_a_sandbox_is_disposable(smallest, name, may):
    text = smallest + "  encord-integrations:disposable: true\n"
    if may:
        assert parse_environment(name, text, "f").settings.disposable
    else:
        with pytest.raises(ConfigurationError, match="cannot be disposable"):
            parse_environment(name, text, "f")


def test_pulumis_own_configuration_is_read_by_the_same_model(smallest, read):
    values = {
        "corsOrigins": ["https://app.encord.com"],
        "integrations": {
            "images": {
                "cloud": "aws",
                "account": "123456789012",
                "role": "encord-images",
                "buckets": [{"name": "acme-images", "region": "eu-west-2", "ownership": "create"}],
            }
        },
    }
    assert settings_from("dev", values) == read(smallest).settings


THREADS = """
import sys, threading
from integrations.environment.load import parse_environment

sys.setswitchinterval(1e-6)
text, together = sys.stdin.read(), threading.Barrier(4)


def read():
    together.wait()
    parse_environment("dev", text, "Pulumi.dev.yaml")


threads = [threading.Thread(target=read) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


def test_several_threads_may_read_it_for_the_first_time_at_once(smallest):
    # In processes of their own, because msgspec used to crash them; about every third without the lock.
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", THREADS], input=smallest, text=True, check=False)
        assert done.returncode == 0
