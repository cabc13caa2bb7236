"""The local Google Cloud forgets nothing, however it ends."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import requests
from gcp_stage import CI, CONTENT, CORS, DEPLOYER, ENCORD, Gcp, enter, exceptions, grant

from integrations.errors import UnreachableError
from integrations_sandbox.clouds import certificates, processes
from integrations_sandbox.clouds import gcp as local_gcp
from integrations_sandbox.clouds.edge import Routes
from integrations_sandbox.clouds.network import settings, start_edge


@pytest.fixture
def started():
    """Processes of the test's own, stopped at its end."""
    alive: list[processes.Process] = []
    yield alive
    for process in reversed(alive):
        processes.stop(process)


def test_everything_is_there_again_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started):
    bundle = certificates.authority(tmp_path / "tls")
    port, edge_port = processes.free_port(), processes.free_port()
    first = local_gcp.start(tmp_path / "gcp", tmp_path / "tls", port)
    started.append(first)
    started.append(start_edge(tmp_path / "edge", Routes(edge_port, local_gcp.routes(port), str(bundle))))
    enter(monkeypatch, settings(edge_port, bundle))
    gcp = Gcp(tmp_path / "gcp", port, {key.email: key for key in local_gcp.seed(tmp_path / "gcp")}, "")
    deployer = gcp.client(DEPLOYER)
    bucket = deployer.bucket("acme-lasting")
    bucket.cors = CORS
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    deployer.create_bucket(bucket, location="europe-west2")
    bucket.blob("kept").upload_from_string(CONTENT)
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    url = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable"
    session = gcp.session(DEPLOYER)
    place = session.post(url, json={"name": "parts"}, timeout=10).headers["Location"]
    requests.put(place, data=b"abc", headers={"Content-Range": "bytes 0-2/6"}, timeout=10)

    os.kill(first.pid, signal.SIGKILL)
    processes.stop(first)
    with pytest.raises(requests.exceptions.ProxyError):
        session.get(url, timeout=10)
    started.append(local_gcp.start(tmp_path / "gcp", tmp_path / "tls", port))

    assert deployer.get_bucket("acme-lasting").cors == CORS
    theirs = gcp.client(ENCORD).bucket("acme-lasting")
    assert theirs.blob("kept").download_as_bytes() == CONTENT
    with pytest.raises(exceptions.Forbidden):
        gcp.client(CI).bucket("acme-lasting").blob("kept").download_as_bytes()
    done = requests.put(place, data=b"def", headers={"Content-Range": "bytes 3-5/6"}, timeout=10)
    assert (done.status_code, done.json()["size"]) == (200, "6")
    # A token that was given out before goes on to be good, and the keys are the same.
    assert session.get(f"https://storage.googleapis.com/storage/v1/b/{bucket.name}", timeout=10).status_code == 200
    keys = {path: path.read_text() for path in (tmp_path / "gcp/keys").iterdir()}
    local_gcp.seed(tmp_path / "gcp")
    assert {path: path.read_text() for path in keys} == keys


def test_seeding_says_that_nobody_is_there(tmp_path, monkeypatch, started):
    bundle = certificates.authority(tmp_path / "tls")
    edge_port = processes.free_port()
    routes = Routes(edge_port, local_gcp.routes(processes.free_port()), str(bundle))
    started.append(start_edge(tmp_path / "edge", routes))
    enter(monkeypatch, settings(edge_port, bundle))
    with pytest.raises(UnreachableError, match="the local Google Cloud did not take projects/acme-media"):
        local_gcp.seed(tmp_path / "gcp")
