"""Objects of the local Google Cloud, written and read by Google's client and by obstore."""

from __future__ import annotations

import json

import obstore
import pytest
from gcp_stage import CONTENT, DEPLOYER, ENCORD, OBJECT, Gcp, exceptions, grant
from obstore.exceptions import GenericError, PermissionDeniedError
from obstore.store import GCSStore

pytest_plugins = ["gcp_fixtures"]

QUARTER = 256 * 1024  # bytes: a resumable upload comes in multiples of it
AWKWARD = ("folder/", "a", "a/b", "a//b", "/lead", "e/./f", "../up", "x+y z.txt", "ü ö/β.png", "100%/q?r#s")


def store(gcp: Gcp, bucket, who: str = DEPLOYER) -> GCSStore:
    return GCSStore(bucket.name, service_account_path=str(gcp.keys[who].path))


def url_of(bucket) -> str:
    return f"https://storage.googleapis.com/storage/v1/b/{bucket.name}/o"


def test_what_was_written_is_what_is_read(bucket):
    blob = bucket.blob("a b.png")
    blob.metadata = {"kind": "probe"}
    blob.cache_control = "no-cache"
    blob.upload_from_string(CONTENT, content_type="image/png")
    seen = bucket.get_blob("a b.png")
    assert (seen.size, seen.content_type, seen.metadata) == (len(CONTENT), "image/png", {"kind": "probe"})
    assert seen.cache_control == "no-cache"
    # The client verifies both checksums against the content while it reads.
    assert seen.download_as_bytes(checksum="md5") == seen.download_as_bytes(checksum="crc32c") == CONTENT
    assert seen.download_as_bytes(start=2, end=4) == CONTENT[2:5]


def test_every_name_that_google_allows_is_kept_as_it_is(bucket):
    for name in AWKWARD:
        bucket.blob(name).upload_from_string(name.encode())
    assert {blob.name for blob in bucket.list_blobs()} == {*AWKWARD, OBJECT}
    for name in AWKWARD:
        assert bucket.blob(name).download_as_bytes() == name.encode()


@pytest.mark.parametrize("name", [".", "..", "a\nb", "ü" * 600])
def test_a_name_that_cannot_be_is_refused(gcp, bucket, name):
    url = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket.name}/o"
    answer = gcp.session(DEPLOYER).post(url, params={"uploadType": "media", "name": name}, data=b"x", timeout=10)
    assert answer.status_code == 400


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(bucket):
    blob = bucket.blob("broken")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(exceptions.BadRequest, match="doesn't match"):
        blob.upload_from_string(b"x", checksum=None)
    assert not bucket.blob("broken").exists()


@pytest.mark.parametrize("kind", ["media", "multipart", "resumable"])
def test_only_a_new_object_is_made_with_generation_zero(gcp, bucket, kind):
    def upload() -> int:
        if kind == "media":
            url = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket.name}/o"
            query = {"uploadType": "media", "name": "once", "ifGenerationMatch": "0"}
            return gcp.session(DEPLOYER).post(url, params=query, data=b"x", timeout=10).status_code
        blob = bucket.blob("once", chunk_size=QUARTER if kind == "resumable" else None)
        try:
            blob.upload_from_string(b"x" * (QUARTER + 1), if_generation_match=0)
        except exceptions.PreconditionFailed:
            return 412
        return 200

    assert [upload(), upload()] == [200, 412]


def test_a_precondition_is_checked_when_reading_and_deleting(bucket):
    blob = bucket.get_blob(OBJECT)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.delete(if_generation_match=blob.generation + 1)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.reload(if_metageneration_match=2)
    assert blob.download_as_bytes(if_generation_match=blob.generation) == CONTENT
    blob.delete(if_generation_match=blob.generation)
    assert not blob.exists()


def test_a_replaced_generation_is_gone(bucket):
    blob = bucket.get_blob(OBJECT)
    old = blob.generation
    blob.upload_from_string(b"another")
    assert blob.generation > old
    with pytest.raises(exceptions.NotFound):
        bucket.blob(OBJECT, generation=old).download_as_bytes()


def test_a_large_upload_comes_in_parts(bucket):
    content = bytes(range(256)) * 4096
    blob = bucket.blob("large.bin", chunk_size=QUARTER)
    blob.upload_from_string(content, content_type="video/mp4")
    assert blob.download_as_bytes() == content
    assert bucket.get_blob("large.bin").content_type == "video/mp4"


def test_a_broken_upload_says_how_far_it_is_and_goes_on(gcp, bucket):
    session, nobody = gcp.session(DEPLOYER), gcp.session()
    url = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable"
    place = session.post(url, json={"name": "parts"}, timeout=10).headers["Location"]
    # Whoever knows the address of the session may go on with it.
    assert nobody.put(place, data=b"", headers={"Content-Range": "bytes */6"}, timeout=10).status_code == 308
    first = nobody.put(place, data=b"abc", headers={"Content-Range": "bytes 0-2/6"}, timeout=10)
    assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-2")
    gap = nobody.put(place, data=b"f", headers={"Content-Range": "bytes 5-5/6"}, timeout=10)
    assert gap.status_code == 400
    assert not bucket.blob("parts").exists()
    last = nobody.put(place, data=b"def", headers={"Content-Range": "bytes 3-5/6"}, timeout=10)
    assert (last.status_code, last.json()["size"]) == (200, "6")
    assert bucket.blob("parts").download_as_bytes() == b"abcdef"
    assert nobody.put(place, data=b"abcdef", timeout=10).status_code == 404


def test_an_upload_that_is_given_up_leaves_nothing(gcp, bucket):
    session = gcp.session(DEPLOYER)
    url = f"https://storage.googleapis.com/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable"
    place = session.post(url, json={"name": "parts"}, timeout=10).headers["Location"]
    assert session.delete(place, timeout=10).status_code == 499
    assert session.put(place, data=b"abc", timeout=10).status_code == 404
    assert not list((gcp.folder / "uploads").iterdir())


def test_an_upload_does_not_begin_without_permission(gcp, bucket):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    blob = gcp.client(ENCORD).bucket(bucket.name).blob("parts", chunk_size=QUARTER)
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.create"):
        blob.upload_from_string(b"x" * (QUARTER + 1))


def test_a_listing_comes_in_pages_in_the_order_of_names(bucket):
    names = sorted(["b", "B", "a-b", "a/b", "a b", "é", "z"], key=str.encode)
    for name in names:
        bucket.blob(f"list/{name}").upload_from_string(b"")
    pages = [[blob.name for blob in page] for page in bucket.list_blobs(prefix="list/", page_size=3).pages]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [name for page in pages for name in page] == [f"list/{name}" for name in names]


def test_a_delimiter_gathers_names_under_prefixes_over_pages(bucket):
    for name in ("d/1", "d/2", "d/", "e/x/1", "f", "g/1"):
        bucket.blob(f"top/{name}").upload_from_string(b"")
    listing = bucket.list_blobs(prefix="top/", delimiter="/", page_size=2)
    assert [blob.name for page in listing.pages for blob in page] == ["top/f"]
    assert listing.prefixes == {"top/d/", "top/e/", "top/g/"}
    assert [b.name for b in bucket.list_blobs(prefix="top/d/", delimiter="/")] == ["top/d/", "top/d/1", "top/d/2"]
    trailing = bucket.list_blobs(prefix="top/", delimiter="/", include_trailing_delimiter=True)
    assert [blob.name for blob in trailing] == ["top/d/", "top/f"]


def test_a_listing_may_begin_and_end_at_a_name(bucket):
    for name in "abcd":
        bucket.blob(f"span/{name}").upload_from_string(b"")
    listed = bucket.list_blobs(prefix="span/", start_offset="span/b", end_offset="span/d")
    assert [blob.name for blob in listed] == ["span/b", "span/c"]


def test_a_page_token_that_was_not_given_is_refused(gcp, bucket):
    assert gcp.session(DEPLOYER).get(f"{url_of(bucket)}?pageToken=%25", timeout=10).status_code == 400


def test_what_is_known_of_an_object_can_be_changed(bucket):
    blob = bucket.get_blob(OBJECT)
    blob.metadata = {"a": "1", "b": "2"}
    blob.content_type = "image/png"
    blob.patch()
    blob.metadata = {"a": None}
    blob.patch()
    seen = bucket.get_blob(OBJECT)
    assert (seen.metadata, seen.content_type, seen.metageneration) == ({"b": "2"}, "image/png", 3)


def test_a_copy_needs_reading_here_and_writing_there(gcp, bucket):
    copied = bucket.copy_blob(bucket.blob(OBJECT), bucket, "copy.jpg")
    assert copied.download_as_bytes() == CONTENT
    assert copied.content_type == "image/jpeg"
    again = bucket.blob("again.jpg")
    assert again.rewrite(bucket.blob(OBJECT)) == (None, len(CONTENT), len(CONTENT))
    grant(bucket, ENCORD, "roles/storage.objectCreator")
    theirs = gcp.client(ENCORD).bucket(bucket.name)
    with pytest.raises(exceptions.Forbidden, match=r"storage.objects.get"):
        theirs.copy_blob(theirs.blob(OBJECT), theirs, "stolen.jpg")


def test_obstore_writes_lists_reads_and_deletes(gcp, bucket):
    theirs = store(gcp, bucket)
    obstore.put(theirs, "deep/a b.txt", b"hello", attributes={"Content-Type": "text/plain"})
    assert bucket.get_blob("deep/a b.txt").content_type == "text/plain"
    assert obstore.get(theirs, "deep/a b.txt").bytes() == b"hello"
    assert obstore.get_range(theirs, "deep/a b.txt", start=1, end=3) == b"el"
    assert obstore.head(theirs, "deep/a b.txt")["size"] == 5
    assert obstore.list_with_delimiter(theirs)["common_prefixes"] == ["deep", "images"]
    obstore.copy(theirs, "deep/a b.txt", "deep/copy.txt")
    obstore.delete(theirs, ["deep/a b.txt", "deep/copy.txt"])
    assert [found["path"] for chunk in obstore.list(theirs) for found in chunk] == [OBJECT]


def test_obstore_writes_a_large_object_in_parts(gcp, bucket):
    content = bytes(range(256)) * 45_000
    obstore.put(store(gcp, bucket), "large", content, chunk_size=5 * 1024 * 1024)
    assert bucket.blob("large").download_as_bytes() == content
    assert not list((gcp.folder / "uploads").iterdir())


def test_obstore_lists_over_pages(gcp, bucket):
    theirs = store(gcp, bucket)
    for number in range(1001):
        obstore.put(theirs, f"many/{number:04}", b"")
    found = [one["path"] for chunk in obstore.list(theirs, "many") for one in chunk]
    assert found == [f"many/{number:04}" for number in range(1001)]
    obstore.delete(theirs, found)


def test_obstore_makes_only_what_is_not_there(gcp, bucket):
    theirs = store(gcp, bucket)
    obstore.put(theirs, "once", b"1", mode="create")
    with pytest.raises(Exception, match="already exists"):
        obstore.put(theirs, "once", b"2", mode="create")


def test_obstore_is_refused_without_permission(gcp, bucket):
    with pytest.raises((PermissionDeniedError, GenericError), match=r"storage.objects.list|403"):
        list(obstore.list(store(gcp, bucket, ENCORD)))


def test_an_answer_of_the_json_api_names_the_object(gcp, bucket):
    shown = gcp.session(DEPLOYER).get(f"{url_of(bucket)}/images%2F1%20%2832%29.jpg", timeout=10).json()
    assert shown["mediaLink"].startswith(f"https://storage.googleapis.com/download/storage/v1/b/{bucket.name}/o/")
    assert json.dumps(shown).count("127.0.0.1") == 0


def test_under_a_retention_policy_or_a_hold_nothing_is_replaced_or_deleted_and_new_objects_are_let_in(bucket):
    bucket.retention_period = 3600
    bucket.patch()
    bucket.blob("new").upload_from_string(CONTENT)
    for change in (bucket.blob("new").delete, lambda: bucket.blob("new").upload_from_string(b"other")):
        with pytest.raises(exceptions.Forbidden, match="retention policy"):
            change()
    bucket.retention_period = None
    bucket.default_event_based_hold = True
    bucket.patch()
    bucket.blob("new").upload_from_string(CONTENT)
    with pytest.raises(exceptions.Forbidden, match="Event-Based hold"):
        bucket.blob("new").delete()
    held = bucket.get_blob("new")
    assert held.event_based_hold
    held.event_based_hold = False
    held.patch()
    held.delete()


def test_where_the_requester_pays_who_names_no_project_is_let_in_to_their_own_alone(gcp, bucket):
    grant(bucket, ENCORD, "roles/storage.objectViewer")
    bucket.requester_pays = True
    bucket.patch()  # by an owner of the project, who may have it pay
    with gcp.client(ENCORD) as client:
        with pytest.raises(exceptions.BadRequest, match="requester pays"):
            client.bucket(bucket.name).blob(OBJECT).download_as_bytes()
        with pytest.raises(exceptions.Forbidden, match="serviceusage"):
            client.bucket(bucket.name, user_project=bucket.client.project).blob(OBJECT).download_as_bytes()
    assert bucket.blob(OBJECT).download_as_bytes() == CONTENT
