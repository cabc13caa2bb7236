"""The command `integrations registration`: what goes where, in which form, with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from integrations.commands.app import run
from integrations.errors import ExitCode

HOST = "https://bucket-1.s3.eu-west-2.amazonaws.com"
GOOD = json.dumps({"images": [{"objectUrl": f"{HOST}/a.png"}]})
MENDABLE = '{"images": [\n{"objectUrl": "' + HOST + '/a b.png"},]}'
WARNED = json.dumps({"images": [{"objectUrl": f"{HOST}/a+b.png"}]})


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for name, text in {"good": GOOD, "mendable": MENDABLE, "warned": WARNED}.items():
        (tmp_path / f"{name}.json").write_text(text)
    return tmp_path


def test_exit_codes_of_validate(files: Path):
    def validate(*arguments: str) -> int:
        return run(["registration", "validate", *arguments])

    assert validate(str(files / "good.json")) == ExitCode.CLEAN
    assert validate(str(files / "mendable.json")) == ExitCode.FINDINGS
    assert validate(str(files / "warned.json")) == ExitCode.CLEAN
    assert validate(str(files / "warned.json"), "--fail-on", "warning") == ExitCode.FINDINGS
    assert validate(str(files / "none.json")) == ExitCode.INCOMPLETE
    assert validate(str(files / "good.json"), "--integration", "x") == ExitCode.USAGE
    assert validate(str(files / "good.json"), "--format", "x") == ExitCode.USAGE


def test_text_names_file_line_and_column_and_the_fix(files: Path, capsys: pytest.CaptureFixture[str]):
    run(["registration", "validate", str(files / "mendable.json")])
    shown = capsys.readouterr().out
    assert f"{files / 'mendable.json'}:2:15: error REG301" in shown
    assert "(repair does it)" in shown
    assert "2 errors" in shown


@pytest.mark.parametrize("form", ["json", "jsonl", "sarif", "junit", "github"])
def test_machines_get_the_form_they_read(files: Path, form: str, capsys: pytest.CaptureFixture[str]):
    path = files / "mendable.json"
    assert run(["registration", "validate", str(path), "--format", form]) == ExitCode.FINDINGS
    text = capsys.readouterr().out
    match form:
        case "json":
            document = json.loads(text)
            assert document["schema_version"] == 1
            keys = {"id", "severity", "file", "line", "column", "path", "message", "fix", "repairable"}
            assert all(keys <= one.keys() for one in document["findings"])
            assert document["findings"][0]["severity"] == "error"
        case "jsonl":
            assert [json.loads(line)["id"] for line in text.splitlines()] == ["REG301", "REG104"]
        case "sarif":
            result = json.loads(text)["runs"][0]["results"][0]
            assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 2, "startColumn": 15}
            assert result["ruleId"] in {rule["id"] for rule in json.loads(text)["runs"][0]["tool"]["driver"]["rules"]}
        case "junit":
            suite = ElementTree.fromstring(text)[0]
            assert suite.attrib["failures"] == "2"
        case "github":
            assert text.startswith(f"::error file={path},line=2,col=15,title=REG301 ")


def test_github_shows_ten_and_says_how_many_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "f.json").write_text(json.dumps({"images": [{"objectUrl": f"x/{n}.png"} for n in range(15)]}))
    run(["registration", "validate", str(tmp_path / "f.json"), "--format", "github"])
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("::error") for line in lines) == 10
    assert lines[-1] == "::notice::5 more findings of level error are not shown here"


def test_repair_writes_the_mended_copy_and_lists_changes_on_the_other_stream(
    files: Path, capfdbinary: pytest.CaptureFixture[bytes]
):
    assert run(["registration", "repair", str(files / "mendable.json")]) == ExitCode.CLEAN
    shown = capfdbinary.readouterr()
    assert json.loads(shown.out) == {"images": [{"objectUrl": f"{HOST}/a%20b.png"}]}
    assert b"REG104" in shown.err
    assert b"2 mended, 0 left" in shown.err
    assert (
        run(["registration", "repair", str(files / "warned.json"), "--plus", "space", "-o", str(files / "out.json")])
        == 0
    )
    assert json.loads((files / "out.json").read_text())["images"][0]["objectUrl"] == f"{HOST}/a%20b.png"


def test_convert_writes_nothing_if_something_would_be_lost(files: Path):
    (files / "rich.json").write_text(
        json.dumps({"images": [{"objectUrl": f"{HOST}/a.png", "clientMetadata": {"a": 1}}]})
    )
    command = ["registration", "convert", str(files / "rich.json"), "--to", "csv", "-o", str(files / "out.csv")]
    assert run(command) == ExitCode.USAGE
    assert not (files / "out.csv").exists()
    assert run([*command, "--allow-loss"]) == ExitCode.CLEAN
    assert (files / "out.csv").read_text().splitlines() == ["ObjectURL,Image title", f"{HOST}/a.png,"]


def test_standard_input_is_a_file_too(files: Path):
    command = [sys.executable, "-m", "integrations", "registration", "validate", "-", "--format", "jsonl"]
    result = subprocess.run(command, input=MENDABLE, capture_output=True, text=True, check=False)
    assert result.returncode == ExitCode.FINDINGS
    assert [json.loads(line)["line"] for line in result.stdout.splitlines()] == [2, 2]


def repaired(files: Path, output: Path | str) -> int:
    return run(["registration", "repair", str(files / "mendable.json"), "-o", str(output)])


def test_a_file_is_replaced_and_stays_as_private_as_it_was(files: Path):
    target = files / "out.json"
    target.write_text("old")
    target.chmod(0o600)
    assert repaired(files, target) == ExitCode.CLEAN
    assert "a%20b.png" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_one_and_its_target_is_written(files: Path):
    (files / "link.json").symlink_to(files / "target.json")
    assert repaired(files, files / "link.json") == ExitCode.CLEAN
    assert (files / "link.json").is_symlink()
    assert "a%20b.png" in (files / "target.json").read_text()


def test_a_pipe_stays_one_and_is_written(files: Path):
    pipe = files / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert repaired(files, pipe) == ExitCode.CLEAN
        assert pipe.is_fifo()
        assert b"a%20b.png" in os.read(reader, 1 << 16)
    finally:
        os.close(reader)


@pytest.mark.parametrize("word", ["validate", "repair"])
def test_a_pipe_is_a_file_too(word: str):
    reader, writer = os.pipe()
    try:
        os.write(writer, MENDABLE.encode())
        os.close(writer)
        assert run(["registration", word, f"/dev/fd/{reader}"]) == {"validate": 1, "repair": 0}[word]
    finally:
        os.close(reader)


def test_a_hyphen_is_stdout(files: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]):
    monkeypatch.chdir(files)
    assert repaired(files, "-") == ExitCode.CLEAN
    assert b"a%20b.png" in capfdbinary.readouterr().out
    assert not (files / "-").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["repair", "good.json", "-o", "."],
        ["repair", "good.json", "-o", "none/out.json"],
        ["split", "good.json", "good.json"],
        ["split", "good.json", "good.json/below"],
        ["build", "s3://b/", "good.json", "--region", "eu-west-2"],
        ["build", "s3://b/", "out", "--region", "eu-west-2", "--name", "a/b"],
        ["build", "s3://b/", "out", "--region", "eu-west-2", "--name", "../a"],
    ],
)
def test_what_cannot_be_written_is_one_sentence(
    files: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(files)
    assert run(["registration", *words]) == ExitCode.USAGE
    shown = capsys.readouterr()
    assert (shown.out, shown.err.count("\n")) == ("", 1)
    assert {one.name for one in files.iterdir()} == {"good.json", "mendable.json", "warned.json"}


@pytest.mark.parametrize("word", ["validate", "repair"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_stdout_is_one_sentence(files: Path, word: str, unbuffered: str):
    with Path("/dev/full").open("wb") as full:  # only written to: nothing here can rename anything over it
        command = [sys.executable, "-m", "integrations", "registration", word, str(files / "good.json")]
        variables = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=variables, check=False)
    assert ended.returncode == ExitCode.INCOMPLETE
    assert ended.stderr.splitlines()[-1] == "error: the result cannot be written: No space left on device"


def test_validating_imports_nothing_heavy():
    program = (
        "import sys\nimport integrations.registration.validate, integrations.commands.registration\n"
        "heavy = {'numpy', 'duckdb', 'obstore', 'pyarrow', 'encord', 'boto3', 'yaml', 'asyncio', 'pulumi', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
