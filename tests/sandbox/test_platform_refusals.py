"""Every refusal of the cloud is a unit error that names the object and says what is known of the reason."""

from __future__ import annotations

import pytest
from platform_stage import EU, PREFIX, US, LongPollingStatus, Stage, may_list, may_read, may_write, url

pytest_plugins = ("platform_fixtures",)


@pytest.fixture(scope="session")
def stage(cloud_stage: Stage) -> Stage:
    """The plugin's, by a short name of this module's own: another plugin has a stage too."""
    return cloud_stage


IMAGE = url("images/Image1.png")
SEQUENCE = {"title": "s", "createVideo": True, "objectUrl_0": url("images/1%20(32).jpg")}


def error(result) -> str:
    """The one error of a registration of one unit."""
    [failed] = result.unit_errors
    assert (result.status, result.units_error_count, result.units_done_count) == (LongPollingStatus.ERROR, 1, 0)
    assert result.errors == [failed.error]
    return failed.error


def test_a_wrong_external_id(stage: Stage) -> None:
    role = stage.role([may_read()], external_id="another")
    result = stage.register(stage.integrate(role), {"images": [{"objectUrl": IMAGE}]})
    message = error(result)
    assert result.unit_errors[0].object_urls == [IMAGE]
    assert message.startswith(f"the role {role} could not be assumed (AccessDenied)")
    assert "arn:aws:iam::111111111111:user/encord" in message
    assert "another external ID" in message


def test_an_external_id_that_is_put_right_in_encord_helps_at_once(stage: Stage) -> None:
    role = stage.role([may_read()], external_id="right")
    integration = stage.integrate(role, external_id="wrong")
    error(stage.register(integration, {"images": [{"objectUrl": IMAGE}]}))
    stage.integrate(role, uuid=integration, external_id="right")
    assert stage.register(integration, {"images": [{"objectUrl": IMAGE}]}).status == LongPollingStatus.DONE
    stage.integrate(role, uuid=integration, external_id="wrong")
    assert "could not be assumed" in error(stage.register(integration, {"images": [{"objectUrl": IMAGE}]}))


def test_a_role_that_does_not_exist(stage: Stage) -> None:
    role = "arn:aws:iam::222222222222:role/nobody"
    message = error(stage.register(stage.integrate(role), {"images": [{"objectUrl": IMAGE}]}))
    assert message.startswith(f"the role {role} could not be assumed (AccessDenied): it does not exist")


def test_an_object_that_is_missing(stage: Stage, integration: str) -> None:
    missing = url("images/nowhere.png")
    message = error(stage.register(integration, {"images": [{"objectUrl": missing}]}))
    assert message == f"{missing}: there is no object 'images/nowhere.png' in {EU}"


def test_a_plus_that_is_neither_a_plus_nor_a_space(stage: Stage, integration: str) -> None:
    missing = url("images/no+where.png")
    message = error(stage.register(integration, {"images": [{"objectUrl": missing}]}))
    assert "'images/no+where.png'" in message
    assert "nor is it 'images/no where.png', with + read as a space" in message


def test_an_object_that_the_role_may_not_read(stage: Stage) -> None:
    role = stage.role([may_list(), may_read(US)])
    message = error(stage.register(stage.integrate(role), {"images": [{"objectUrl": IMAGE}]}))
    assert message.startswith(f"{IMAGE}: 403: {EU}/images/Image1.png is missing, or the role {role} may not read it")
    assert "s3:GetObject" in message


def test_without_list_permission_nobody_can_say_whether_an_object_is_missing(stage: Stage) -> None:
    role = stage.role([may_read(US)])
    message = error(stage.register(stage.integrate(role), {"images": [{"objectUrl": url("nowhere.png")}]}))
    assert "without list permission AWS does not say which" in message


def test_a_bucket_that_does_not_exist(stage: Stage, integration: str) -> None:
    there = "https://platform-nowhere.s3.eu-west-2.amazonaws.com/a.png"
    message = error(stage.register(integration, {"images": [{"objectUrl": there}]}))
    assert message == f"{there}: there is no bucket platform-nowhere"


def test_a_url_that_names_another_region_than_the_buckets(stage: Stage, integration: str) -> None:
    there = f"https://{EU}.s3.us-east-1.amazonaws.com/images/Image1.png"
    message = error(stage.register(integration, {"images": [{"objectUrl": there}]}))
    assert message == f"{there}: the bucket {EU} lives in eu-west-2, and the URL says us-east-1"


def test_a_url_of_another_cloud(stage: Stage, integration: str) -> None:
    there = "https://storage.cloud.google.com/bucket/a.png"
    assert "which this integration is for" in error(stage.register(integration, {"images": [{"objectUrl": there}]}))


def test_a_sequence_without_permission_to_write(stage: Stage) -> None:
    role = stage.role([may_read(), may_list()])
    message = error(stage.register(stage.integrate(role), {"image_groups": [SEQUENCE]}))
    assert message.startswith("the video of the sequence could not be written: ")
    assert f"{EU}/{PREFIX}" in message
    assert f"the role {role} may not write" in message
    assert "s3:PutObject" in message


def test_a_group_needs_no_permission_to_write(stage: Stage) -> None:
    integration = stage.integrate(stage.role([may_read(), may_list()]))
    result = stage.register(integration, {"image_groups": [{**SEQUENCE, "createVideo": False}]})
    assert (result.status, result.unit_errors) == (LongPollingStatus.DONE, [])


def test_a_sequence_written_elsewhere_than_the_role_may(stage: Stage) -> None:
    integration = stage.integrate(stage.role([may_read(), may_list(), may_write()]), write_prefix="elsewhere/")
    assert f"{EU}/elsewhere/" in error(stage.register(integration, {"image_groups": [SEQUENCE]}))


@pytest.mark.parametrize(
    ("kind", "key", "message"),
    [
        ("videos", "images/1%20(32).jpg", "Expected a video, got a file of type image/jpeg"),
        ("images", "videos/Cooking.mp4", "Expected an image, got a file of type video/mp4"),
        ("audio", "documents/report.pdf", "Expected an audio file, got a file of type application/pdf"),
        ("pdfs", "documents/notes.txt", "Expected a PDF, got a file of type text/plain"),
        ("text", "images/Image1.png", "Expected a text file, got a file of type image/png"),
        ("nifti", "scans/series/slice1.dcm", "Expected a NIfTI file, got a file of type application/dicom"),
    ],
)
def test_an_object_of_another_kind(stage: Stage, integration: str, kind: str, key: str, message: str) -> None:
    assert error(stage.register(integration, {kind: [{"objectUrl": url(key)}]})) == f"{url(key)}: {message}"


def test_a_file_that_is_cut_off(stage: Stage, integration: str) -> None:
    whole = stage.s3().get_object(Bucket=EU, Key="images/Image1.png")["Body"].read()
    stage.s3().put_object(Bucket=EU, Key="broken/cut.png", Body=whole[:20])
    message = error(stage.register(integration, {"images": [{"objectUrl": url("broken/cut.png")}]}))
    assert message.startswith(f"{url('broken/cut.png')}: the file says that it is image/png, and cannot be read as one")


def test_an_empty_object(stage: Stage, integration: str) -> None:
    stage.s3().put_object(Bucket=EU, Key="broken/empty.png", Body=b"")
    message = error(stage.register(integration, {"images": [{"objectUrl": url("broken/empty.png")}]}))
    assert "broken/empty.png" in message
    assert "empty" in message


def test_a_frame_that_cannot_be_decoded_is_named(stage: Stage, integration: str) -> None:
    whole = stage.s3().get_object(Bucket=EU, Key="images/1 (32).jpg")["Body"].read()
    stage.s3().put_object(Bucket=EU, Key="broken/cut.jpg", Body=whole[: len(whole) // 2])
    sequence = {**SEQUENCE, "objectUrl_1": url("broken/cut.jpg")}
    message = error(stage.register(integration, {"image_groups": [sequence]}))
    assert message.startswith(f"{url('broken/cut.jpg')}: the image cannot be decoded")


def test_slices_of_different_studies_are_no_series(stage: Stage, integration: str) -> None:
    import io

    from pydicom import dcmread

    other = dcmread(io.BytesIO(stage.s3().get_object(Bucket=EU, Key="scans/series/slice1.dcm")["Body"].read()))
    other.StudyInstanceUID = "2.25.1"
    file = io.BytesIO()
    other.save_as(file)
    stage.s3().put_object(Bucket=EU, Key="broken/other.dcm", Body=file.getvalue())
    series = {"title": "s", "objectUrl_0": url("scans/series/slice2.dcm"), "objectUrl_1": url("broken/other.dcm")}
    message = error(stage.register(integration, {"dicom_series": [series]}))
    assert message.startswith(f"{url('broken/other.dcm')}: its StudyInstanceUID differs")


def test_whitespace_in_a_url_is_refused_without_asking_the_cloud(stage: Stage) -> None:
    nobody = stage.integrate("arn:aws:iam::222222222222:role/nobody")
    result = stage.register(nobody, {"images": [{"objectUrl": url("a b.png")}]})
    assert error(result) == "Object URLs can't contain whitespace"


def test_with_errors_ignored_the_rest_is_done_and_the_errors_are_still_told(stage: Stage, integration: str) -> None:
    document = {"images": [{"objectUrl": IMAGE}, {"objectUrl": url("nowhere.png")}]}
    result = stage.register(integration, document, ignore_errors=True)
    assert (result.status, result.units_done_count, result.units_error_count) == (LongPollingStatus.DONE, 1, 1)
    assert result.unit_errors[0].object_urls == [url("nowhere.png")]
    assert result.unit_errors[0].action_description == "Uploading image"


def test_no_key_of_the_platform_is_in_any_message(stage: Stage) -> None:
    key = stage.aws.keys["encord"]
    integration = stage.integrate(stage.role([]), secret_key=key.secret_key[:-1] + "x")
    message = error(stage.register(integration, {"images": [{"objectUrl": IMAGE}]}))
    assert "could not be assumed (SignatureDoesNotMatch)" in message
    assert key.secret_key[:-1] not in message
