"""Who may ask, and folders and items as the real SDK handles them."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from uuid import UUID, uuid4

import psutil
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from platform_stage import (
    NO_RETRIES,
    AuthenticationError,
    AuthorisationError,
    Bundle,
    EncordUserClient,
    InvalidArgumentsError,
    Person,
    Stage,
    orm,
    signed_get,
    url,
)

from integrations.errors import UnreachableError
from integrations_sandbox.platform import control
from integrations_sandbox.platform.settings import settings_path

pytest_plugins = ("platform_fixtures",)


@pytest.fixture(scope="session")
def stage(cloud_stage: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return cloud_stage


@pytest.fixture
def somebody(stage: Stage):
    """Makes users of the organisation."""

    def make(role: str = "user") -> EncordUserClient:
        person = Person(f"{uuid4().hex[:8]}@acme.example")
        stage.platform.admin.put_user(person.email, role, [person.public])
        return stage.platform.client(person)

    return make


@pytest.fixture(scope="module")
def items(stage: Stage, integration: str):
    """A folder with an image, a video and a group of two images."""
    folder = stage.folder()
    group = {"objectUrl_0": url("images/3%20(32).jpg"), "objectUrl_1": url("images/3%20(33).jpg")}
    stage.register(
        integration,
        {
            "images": [{"objectUrl": url("images/Image1.png"), "title": "picture", "clientMetadata": {"camera": 1}}],
            "videos": [{"objectUrl": url("videos/Cooking.mp4"), "title": "film"}],
            "image_groups": [{"title": "group", "createVideo": False, **group}],
        },
        folder,
    )
    return folder


# Who asks


def test_a_registered_key_is_known_in_both_generations(stage: Stage) -> None:
    assert isinstance(stage.client.get_cloud_integrations(), list)
    # No project there yet: but the question is answered, not the asker refused.
    with pytest.raises(InvalidArgumentsError, match="the sandbox does not have the call GET"):
        stage.client.get_dataset(uuid4())


def test_an_unknown_key_is_refused_in_both_generations(stage: Stage) -> None:
    stranger = stage.platform.client(Person("stranger@example.org"))
    with pytest.raises(AuthenticationError, match="no user has registered this public key"):
        stranger.get_cloud_integrations()
    with pytest.raises(AuthenticationError):
        stranger.get_dataset(uuid4())


def test_a_signature_of_another_key_is_refused(stage: Stage) -> None:
    liar = Ed25519PrivateKey.generate()
    answer = signed_get(stage, "/v2/public/cloud-integrations", sign_with=liar)
    assert (answer.status_code, answer.json()) == (401, {"message": "the signature does not match the request"})


def test_a_request_that_was_altered_after_signing_is_refused(stage: Stage) -> None:
    signed, sent = "/v2/public/storage/folders?pageSize=1", "/v2/public/storage/folders?pageSize=2"
    assert signed_get(stage, signed).status_code == 200
    assert signed_get(stage, signed, send=sent).status_code == 401


def test_an_old_signature_is_refused(stage: Stage) -> None:
    answer = signed_get(stage, "/v2/public/cloud-integrations", created=int(time.time()) - 3600)
    assert answer.status_code == 401
    assert "set the clock" in answer.json()["message"]


def test_a_bearer_token_speaks_for_who_got_it(stage: Stage) -> None:
    token = stage.client.get_bearer_token()
    client = EncordUserClient.create_with_bearer_token(
        token, domain=control.base_url(stage.platform.port), requests_settings=NO_RETRIES
    )
    assert client.create_storage_folder("by token")._orm_folder.owner == stage.user.email
    wrong = EncordUserClient.create_with_bearer_token(
        token + "x", domain=control.base_url(stage.platform.port), requests_settings=NO_RETRIES
    )
    with pytest.raises(AuthenticationError, match="the bearer token is not one of ours"):
        wrong.get_cloud_integrations()


def test_an_unsigned_request_is_refused(stage: Stage) -> None:
    base = control.base_url(stage.platform.port)
    assert requests.get(f"{base}/v2/public/cloud-integrations", timeout=5).status_code == 401
    legacy = requests.post(f"{base}/public", json={}, timeout=5).json()
    assert (legacy["status"], legacy["response"]) == (401, ["AUTHENTICATION_ERROR"])


# The admin door


def test_the_admin_door_wants_its_own_token_and_no_users_key(stage: Stage) -> None:
    base = control.base_url(stage.platform.port)
    assert requests.get(f"{base}/_sandbox/integrations", timeout=5).status_code == 401
    assert signed_get(stage, "/_sandbox/integrations").status_code == 401
    assert requests.get(f"{base}/_sandbox/health", timeout=5).json() == {"status": "ok"}


def test_the_admin_door_shows_no_secret(stage: Stage, integration: str) -> None:
    [shown] = [one for one in stage.platform.admin.list_integrations() if one["uuid"] == integration]
    assert (shown["external_id"], shown["secret_key"]) == ("***", "***")
    assert shown["role_arn"].startswith("arn:aws:iam::222222222222:role/")


def test_the_data_folder_is_for_its_owner_only(stage: Stage) -> None:
    data = stage.platform.data
    for path in (settings_path(data), data / "platform.sqlite3"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_public_key_that_is_none_is_refused(stage: Stage) -> None:
    with pytest.raises(UnreachableError, match="a public key is 64 hex digits"):
        stage.platform.admin.put_user("x@acme.example", "user", ["ssh-ed25519 AAAA"])


def test_the_platform_listens_on_loopback_only(stage: Stage) -> None:
    process = stage.platform.process.find()
    listening = [one.laddr for one in process.net_connections() if one.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", stage.platform.port)]
    command = [sys.executable, "-m", "integrations_sandbox.platform", "--port", "1", "--data", "x", "--host", "0.0.0.0"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (refused.returncode, "unrecognized arguments: --host" in refused.stderr) == (2, True)


def test_an_integration_that_is_deleted_is_gone(stage: Stage) -> None:
    doomed = stage.integrate("arn:aws:iam::222222222222:role/x", "doomed")
    stage.platform.admin.delete_integration(doomed)
    assert stage.client.get_cloud_integrations(filter_integration_titles=["doomed"]) == []


# Integrations


def test_integrations_are_listed_and_filtered(stage: Stage, integration: str) -> None:
    known = {one.id: one.title for one in stage.client.get_cloud_integrations()}
    assert known[integration] == "Acme media"
    by_title = stage.client.get_cloud_integrations(filter_integration_titles=["Acme media"])
    by_uuid = stage.client.get_cloud_integrations(filter_integration_uuids=[integration])
    assert [one.id for one in by_title] == [one.id for one in by_uuid] == [integration]
    assert stage.client.get_cloud_integrations(filter_integration_titles=["acme"]) == []


# Folders


def test_a_folder_keeps_what_it_was_made_with(stage: Stage) -> None:
    made = stage.client.create_storage_folder("media", description="of Acme", client_metadata={"team": 7})
    found = stage.client.get_storage_folder(made.uuid)
    assert (found.name, found.description, found.client_metadata) == ("media", "of Acme", {"team": 7})


def test_folders_nest_and_know_their_way_to_the_root(stage: Stage) -> None:
    top = stage.client.create_storage_folder("top")
    below = top.create_subfolder("middle").create_subfolder("bottom")
    assert [step.name for step in below.path_to_root] == ["bottom", "middle", "top"]
    assert [folder.name for folder in top.list_subfolders()] == ["middle"]
    assert [folder.name for folder in top.find_subfolders()] == ["bottom", "middle"]
    assert [folder.name for folder in top.find_subfolders(search="BOTT")] == ["bottom"]


def test_folders_are_listed_in_order_and_in_pages(somebody) -> None:
    client = somebody()
    for name in ("c", "A", "b", "D"):
        client.create_storage_folder(name)
    assert [folder.name for folder in client.list_storage_folders(page_size=1)] == ["A", "b", "c", "D"]
    assert [folder.name for folder in client.list_storage_folders(desc=True, page_size=3)] == ["D", "c", "b", "A"]
    by_time = client.list_storage_folders(order=orm.FoldersSortBy.CREATED_AT, page_size=3)
    assert [folder.name for folder in by_time] == ["c", "A", "b", "D"]
    with pytest.raises(InvalidArgumentsError, match="pageSize must be 1 to 1000"):
        client._api_client.get("storage/folders", orm.ListFoldersParams(page_size=1001), object)


def test_only_the_top_is_listed_and_everything_is_searched(somebody) -> None:
    client = somebody()
    client.create_storage_folder("top").create_subfolder("inner")
    assert [folder.name for folder in client.list_storage_folders()] == ["top"]
    assert [folder.name for folder in client.find_storage_folders(search="inner")] == ["inner"]


def test_a_folder_is_changed_alone_and_with_others(stage: Stage) -> None:
    one, two = stage.folder(), stage.folder()
    one.update(name="one", client_metadata={"a": 1})
    assert (one.name, one.client_metadata) == ("one", {"a": 1})
    with Bundle() as bundle:
        one.update(description="first", bundle=bundle)
        two.update(name="two", bundle=bundle)
    assert stage.client.get_storage_folder(one.uuid).description == "first"
    assert stage.client.get_storage_folder(two.uuid).name == "two"


def test_a_folder_moves_but_not_into_itself(stage: Stage) -> None:
    outer, moving = stage.folder(), stage.folder()
    moving.move_to_folder(outer)
    assert moving.parent_uuid == outer.uuid
    with pytest.raises(InvalidArgumentsError, match="cannot be moved into itself"):
        outer.move_to_folder(moving)
    moving.move_to_folder(None)
    assert moving.parent_uuid is None


def test_a_deleted_folder_is_gone_with_what_was_below(stage: Stage) -> None:
    top = stage.folder()
    below = top.create_subfolder("below")
    top.delete()
    for folder in (top, below):
        with pytest.raises(AuthorisationError, match="does not exist, or you have no access"):
            stage.client.get_storage_folder(folder.uuid)


def test_a_cloud_synced_folder_names_an_integration_that_exists(stage: Stage, integration: str) -> None:
    params = orm.CloudSyncedFolderParams(integration_uuid=UUID(integration), remote_url="s3://platform-eu/videos/")
    folder = stage.client.create_storage_folder("synced", cloud_synced_folder_params=params)
    assert (folder.is_cloud_synced, folder.remote_url) == (True, "s3://platform-eu/videos/")
    params.integration_uuid = uuid4()
    with pytest.raises(AuthorisationError):
        stage.client.create_storage_folder("synced", cloud_synced_folder_params=params)


def test_what_does_not_exist_is_refused_as_the_sdk_documents(stage: Stage) -> None:
    with pytest.raises(AuthorisationError):
        stage.client.get_storage_folder(uuid4())
    with pytest.raises(AuthorisationError):
        stage.client.get_storage_item(uuid4())


def test_a_name_is_needed(stage: Stage) -> None:
    with pytest.raises(InvalidArgumentsError, match="a folder needs a name"):
        stage.client.create_storage_folder("")


# Rights


def test_users_do_not_see_each_others_folders(stage: Stage, somebody) -> None:
    mine, other = stage.folder(), somebody()
    assert list(other.find_storage_folders()) == []
    with pytest.raises(AuthorisationError):
        other.get_storage_folder(mine.uuid)
    with pytest.raises(AuthorisationError):
        other.create_storage_folder("inside", parent_folder=mine.uuid)


def test_a_shared_folder_is_seen_and_changed_by_its_admins_only(stage: Stage, somebody) -> None:
    mine = stage.folder()
    below = mine.create_subfolder("below")
    for role, allowed in (("user", False), ("admin", True)):
        person = Person(f"{role}-{uuid4().hex[:6]}@acme.example")
        stage.platform.admin.put_user(person.email, "user", [person.public])
        stage.platform.admin.share_folder(str(mine.uuid), person.email, role)
        theirs = stage.platform.client(person)
        assert [folder.name for folder in theirs.list_storage_folders()] == [mine.name]
        seen = theirs.get_storage_folder(below.uuid)
        if allowed:
            seen.update(name="changed")
        else:
            with pytest.raises(AuthorisationError, match="you may look at the folder"):
                seen.update(name="changed")
    assert stage.client.get_storage_folder(below.uuid).name == "changed"


def test_an_admin_of_the_organisation_sees_others_folders_when_asking_for_them(stage: Stage, somebody) -> None:
    mine, chief = stage.folder(), somebody("admin")
    assert list(chief.find_storage_folders(search=mine.name)) == []
    [found] = chief.find_storage_folders(search=mine.name, org_access=True)
    assert found.uuid == chief.get_storage_folder(mine.uuid).uuid == mine.uuid


# Items


def test_items_are_listed_filtered_and_paged(items) -> None:
    names = ["3 (32).jpg", "3 (33).jpg", "film", "group", "picture"]
    assert [item.name for item in items.list_items(page_size=2)] == names
    assert [item.name for item in items.list_items(desc=True, page_size=2)] == names[::-1]
    images = items.list_items(item_types=[orm.StorageItemType.IMAGE], page_size=1)
    assert [item.name for item in images] == ["3 (32).jpg", "3 (33).jpg", "picture"]
    assert [item.name for item in items.list_items(search="FIL")] == ["film"]
    by_time = [item.name for item in items.list_items(order=orm.FoldersSortBy.CREATED_AT, page_size=2)]
    assert sorted(by_time) == names
    assert [item.name for item in items.list_items(is_in_dataset=True)] == []


def test_items_are_found_below_a_folder_and_everywhere(stage: Stage, items, integration: str) -> None:
    outer = stage.folder()
    stage.register(
        integration,
        {"images": [{"objectUrl": url("images/Image1.png"), "title": "deep"}]},
        outer.create_subfolder("in"),
    )
    assert [item.name for item in outer.list_items()] == []
    assert [item.name for item in outer.find_items(search="deep")] == ["deep"]
    with pytest.warns(DeprecationWarning, match="find_storage_items"):
        everywhere = list(stage.client.find_storage_items(search="deep"))
    assert [item.name for item in everywhere] == ["deep"]


def test_an_item_is_got_alone_and_in_bulk_in_the_order_asked_for(stage: Stage, items) -> None:
    by_name = {item.name: item for item in items.list_items()}
    wanted = [by_name["picture"].uuid, by_name["film"].uuid]
    assert [item.name for item in stage.client.get_storage_items(wanted)] == ["picture", "film"]
    picture = stage.client.get_storage_item(wanted[0], sign_url=True)
    assert (picture.client_metadata, picture.storage_location.value) == ({"camera": 1}, "s3")
    assert requests.get(picture.get_signed_url(), timeout=5).status_code == 200
    with pytest.raises(AuthorisationError):
        stage.client.get_storage_items([wanted[0], uuid4()])


def test_items_of_somebody_else_are_refused(items, somebody) -> None:
    [picture] = items.list_items(search="picture")
    with pytest.raises(AuthorisationError):
        somebody().get_storage_item(picture.uuid)


def test_an_item_is_changed(items) -> None:
    [film] = items.list_items(search="film")
    film.update(description="of cooking", client_metadata={"checked": True})
    film.refetch_data()
    assert (film._orm_item.description, film.client_metadata) == ("of cooking", {"checked": True})


def test_a_frame_knows_its_group(items) -> None:
    [frame] = items.list_items(search="3 (32)")
    summary = frame.get_summary()
    assert (summary.frame_in_groups, [group.name for group in summary.accessible_group_items]) == (1, ["group"])


def test_the_summary_counts(items) -> None:
    summary = items.get_summary()
    assert (summary.files, summary.images, summary.videos, summary.image_groups) == (5, 3, 1, 1)
    assert (summary.upload_jobs, summary.folders) == (1, 0)
    assert summary.total_size > 1000


def test_groups_move_and_go_with_their_frames(stage: Stage, integration: str) -> None:
    here, there = stage.folder(), stage.folder()
    frames = {"objectUrl_0": url("images/3%20(32).jpg"), "objectUrl_1": url("images/3%20(33).jpg")}
    stage.register(integration, {"image_groups": [{"title": "group", "createVideo": False, **frames}]}, here)
    [group] = here.list_items(item_types=[orm.StorageItemType.IMAGE_GROUP])
    [frame, _] = group.get_child_items()
    with pytest.raises(InvalidArgumentsError, match="is a frame of a group"):
        frame.delete()
    here.move_items_to_folder(there, [group])
    assert ([item.name for item in here.list_items()], here.get_summary().files) == ([], 0)
    assert len(list(there.list_items())) == 3
    there.delete_storage_items([group.uuid])
    assert list(there.list_items()) == []


def test_what_the_sandbox_does_not_have_is_said(stage: Stage) -> None:
    answer = signed_get(stage, "/v2/public/no-such-thing")
    assert (answer.status_code, answer.json()["message"]) == (
        404,
        "the sandbox does not have GET /v2/public/no-such-thing",
    )
