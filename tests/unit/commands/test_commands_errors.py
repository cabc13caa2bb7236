"""Whatever goes wrong: one sentence, the right exit code, no traceback, and no secret on the screen."""

from __future__ import annotations

import base64
import importlib
import inspect
import re
import struct
from pathlib import Path

import pytest
import typer
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from integrations.errors import (
    ConfigurationError,
    ExitCode,
    NotAuthorisedError,
    NothingMatchedError,
    StillRunningError,
    UnreachableError,
)

ROOT = Path(__file__).parents[3]


def is_one_sentence(ended):
    assert "Traceback" not in ended.said
    assert ended.out == ""
    return ended.err.startswith("error: ") and ended.err.count("\n") == 1


# Exit codes


@pytest.fixture
def failing(monkeypatch):
    """Makes `env list` raise."""

    def put(error: BaseException) -> None:
        module = importlib.import_module("integrations.commands.env")
        broken = typer.Typer(rich_markup_mode=None, add_completion=False)

        @broken.callback()
        def group() -> None:
            raise error

        @broken.command("list")
        def listing() -> None: ...

        monkeypatch.setattr(module, "app", broken)

    return put


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("x"), 2),
        (NotAuthorisedError("x"), 3),
        (UnreachableError("x"), 4),
        (NothingMatchedError("x"), 6),
        (StillRunningError("x"), 9),
    ],
)
def test_every_error_of_ours_has_its_exit_code(command, failing, error, code):
    failing(error)
    ended = command("env", "list")
    assert ended.code == code
    assert is_one_sentence(ended)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_stopped_by_the_operator(command, failing, error):
    failing(error)
    ended = command("env", "list")
    assert (ended.code, ended.err) == (ExitCode.CANCELLED, "cancelled\n")


def test_a_bug_is_said_to_be_one_with_its_place(command, failing):
    failing(ZeroDivisionError("division by zero"))
    ended = command("env", "list")
    assert ended.code == ExitCode.BUG
    assert "This is a bug" in ended.err and "ZeroDivisionError: division by zero" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["env", "nonsense"], ["--nonsense"], ["check", "--format", "nonsense"], ["env", "show"]],
    ids=" ".join,
)
def test_wrong_words_are_a_usage_error(command, arguments):
    ended = command(*arguments)
    assert ended.code == ExitCode.USAGE
    assert is_one_sentence(ended)


def test_the_exit_codes_are_those_of_the_readme():
    text = (ROOT / "README.md").read_text().partition("## Exit codes")[2]
    table = {int(code): meaning for code, meaning in re.findall(r"^\| (\d+) \| (.+) \|$", text, re.MULTILINE)}
    source = inspect.getsource(ExitCode)
    stated = {int(code): meaning for code, meaning in re.findall(r"= (\d+)  # (.+)$", source, re.MULTILINE)}
    assert table == stated
    assert set(stated) == {code.value for code in ExitCode}


# The environment file


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config: [", "Pulumi.dev.yaml:1:"),
        ("config: {}", "`integrations` is a map"),
        ("config:\n  encord-integrations:integrations: {}\n", "missing field `corsOrigins`"),
        ("\x00", "Pulumi.dev.yaml"),
    ],
)
@pytest.mark.parametrize(
    "arguments", [["env", "show", "dev"], ["check", "--env", "dev"], ["access", "show"], ["handshake", "dev"]]
)
def test_a_bad_environment_file(command, project, text, said, arguments):
    (project / "Pulumi.dev.yaml").write_text(text)
    ended = command(*arguments)
    assert ended.code == ExitCode.USAGE
    assert is_one_sentence(ended)
    assert said in ended.err


@pytest.mark.parametrize("arguments", [["env", "show", "moon"], ["check", "--env", "moon"], ["handshake", "moon"]])
def test_an_environment_that_is_not_there(command, arguments):
    ended = command(*arguments)
    assert ended.code == ExitCode.NOTHING_MATCHED
    assert is_one_sentence(ended)
    assert "(there is: dev)" in ended.err


def test_a_check_that_is_not_there(command):
    wrong = command("check", "--env", "dev", "--select", "XYZ")
    assert (wrong.code, is_one_sentence(wrong)) == (ExitCode.USAGE, True)
    assert command("explain", "BKT999").code == ExitCode.NOTHING_MATCHED
    assert command("explain", "bkt101").out.startswith("# BKT101 — ")


def test_an_integration_that_is_not_there(command):
    ended = command("check", "--env", "dev", "--integration", "videos")
    assert (ended.code, is_one_sentence(ended)) == (ExitCode.NOTHING_MATCHED, True)
    assert command("access", "show", "videos").code == ExitCode.NOTHING_MATCHED


def test_a_result_that_cannot_be_written(command, project):
    ended = command("env", "show", "dev", "--output", str(project / "none" / "x.txt"))
    assert (ended.code, is_one_sentence(ended)) == (ExitCode.USAGE, True)
    assert not (project / "none").exists()


# The external ID


def test_environments_are_listed_and_shown_with_the_external_id_masked(command):
    assert command("env", "list").out == "dev\n"
    for form in ("text", "json"):
        ended = command("env", "show", "dev", "--format", form)
        assert (ended.code, ended.err) == (0, "")
        assert "***" in ended.out and "id-of-the-dialog" not in ended.said


def test_the_handshake_shows_no_external_id(command):
    ended = command("handshake", "dev")
    assert ended.code == 0
    assert "arn:aws:iam::123456789012:role/encord-images" in ended.out
    assert "id-of-the-dialog" not in ended.said


# The key


def text_of(key, form=PrivateFormat.OpenSSH):
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


def with_passphrase(key):
    """An OpenSSH file as `ssh-keygen -N` writes it (openssh-portable, PROTOCOL.key); its private half is noise."""

    def string(value: bytes) -> bytes:
        return struct.pack(">I", len(value)) + value

    public = string(b"ssh-ed25519") + string(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
    kdf = string(string(b"salt" * 4) + struct.pack(">I", 16))
    head = b"openssh-key-v1\0" + string(b"aes256-ctr") + string(b"bcrypt") + kdf + struct.pack(">I", 1)
    body = base64.encodebytes(head + string(public) + string(bytes(range(144)))).decode()
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{body}-----END OPENSSH PRIVATE KEY-----\n"


def keys():
    ed25519, rsa = Ed25519PrivateKey.generate(), rsa_key(65537, 2048)
    yield "rsa", text_of(rsa), "is not an Ed25519 key"
    yield "rsa in PEM", text_of(rsa, PrivateFormat.TraditionalOpenSSL), "is not a usable private key"
    yield "ecdsa", text_of(generate_private_key(SECP256R1())), "is not an Ed25519 key"
    yield "passphrase", with_passphrase(ed25519), "without a passphrase"
    yield "truncated", text_of(ed25519)[:-60], "is not a usable private key"
    yield "pkcs8", text_of(ed25519, PrivateFormat.PKCS8), "is not a usable private key"
    yield "public half", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0secretsecretsecretsecret you@there", "is not a usable"
    yield "garbage", "correct horse battery staple", "is not a usable private key"


KEYS = list(keys())


def shows_nothing_of(text, said):
    """No line of the key, and no piece of one."""
    pieces = (line[at : at + 12] for line in text.splitlines() for at in range(0, max(1, len(line) - 12), 4))
    return not any(piece in said for piece in pieces)


@pytest.mark.parametrize(("kind", "text", "said"), KEYS, ids=[kind for kind, _, _ in KEYS])
@pytest.mark.parametrize("source", ["ENCORD_SSH_KEY", "ENCORD_SSH_KEY_FILE"])
def test_a_key_of_the_wrong_kind_is_refused_and_never_shown(
    command, project, monkeypatch, caplog, kind, text, said, source
):
    (project / "id").write_text(text)
    monkeypatch.setenv(source, text if source == "ENCORD_SSH_KEY" else str(project / "id"))
    ended = command("folder", "list", "--env", "dev")
    assert ended.code == ExitCode.USAGE
    assert said in ended.err and source in ended.err
    assert "Traceback" not in ended.said
    assert shows_nothing_of(text, ended.said + caplog.text)


def test_the_measure_would_see_a_piece_of_a_key():
    text = KEYS[0][1]
    assert not shows_nothing_of(text, f"error: {text}")
    assert not shows_nothing_of(text, f"error: {text.splitlines()[3][4:30]}")


def test_a_missing_key_is_not_authorised(command):
    ended = command("folder", "list", "--env", "dev")
    assert ended.code == ExitCode.NOT_AUTHORISED
    assert "set ENCORD_SSH_KEY_FILE" in ended.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_key_file_that_cannot_be_read(command, project, monkeypatch, content):
    if content:
        (project / "id").write_bytes(content)
    monkeypatch.setenv("ENCORD_SSH_KEY_FILE", str(project / "id"))
    ended = command("folder", "list", "--env", "dev")
    assert ended.code == ExitCode.USAGE
    assert "Traceback" not in ended.said


def test_a_server_that_does_not_answer(process, project, monkeypatch):
    (project / "id").write_text(text_of(Ed25519PrivateKey.generate()))
    monkeypatch.setenv("ENCORD_SSH_KEY_FILE", str(project / "id"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    ended = process(
        "import sys; from integrations.commands.app import run; sys.exit(run(['folder', 'list', '-e', 'dev']))"
    )
    assert ended.code == ExitCode.INCOMPLETE, ended.err
    assert "error: http://127.0.0.1:9 " in ended.err
    assert "Traceback" not in ended.said
