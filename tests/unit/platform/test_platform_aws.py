"""Where an object URL leads on AWS, and what a refusal of S3 is called."""

from __future__ import annotations

import pytest

from integrations_sandbox.platform.clouds.aws import _refusal
from integrations_sandbox.platform.clouds.aws_url import Place, places
from integrations_sandbox.platform.clouds.door import ObjectProblem

ARN = "arn:aws:s3::222222222222:accesspoint/abc123.mrap"
ROLE = "arn:aws:iam::222222222222:role/encord"


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://b-1.s3.eu-west-2.amazonaws.com/a/b.png", Place("b-1", "a/b.png", "eu-west-2")),
        ("https://s3.eu-west-2.amazonaws.com/b-1/a/b.png", Place("b-1", "a/b.png", "eu-west-2")),
        ("https://bkt.s3.eu-west-2.amazonaws.com/a%20b%2Bc%C3%A9.png", Place("bkt", "a b+cé.png", "eu-west-2")),
        ("https://bkt.s3.amazonaws.com/a.png", Place("bkt", "a.png", "us-east-1")),
        (f"https://{ARN}.s3-accesspoint.amazonaws.com/v/a%20b.mp4", Place(ARN, "v/a b.mp4", "us-east-1")),
        (f"{ARN}/v/a.mp4", Place(ARN, "v/a.mp4", "us-east-1")),
    ],
)
def test_a_url_leads_to_one_place(url: str, place: Place) -> None:
    assert places(url) == (place,)


@pytest.mark.parametrize("url", ["https://bkt.s3.eu-west-2.amazonaws.com/a%20b.png", f"{ARN}/a%2Bb.mp4"])
def test_the_spelling_of_a_place_leads_back_to_it(url: str) -> None:
    [place] = places(url)
    assert places(place.url) == (place,)


def test_a_plus_is_a_plus_first_and_a_space_second() -> None:
    plus, space = places("https://bkt.s3.eu-west-2.amazonaws.com/a+b%2Bc.png")
    assert (plus.key, space.key) == ("a+b+c.png", "a b+c.png")
    assert places(plus.url) == (plus,)
    assert places(space.url) == (space,)


@pytest.mark.parametrize(
    "url",
    [
        "http://b.s3.eu-west-2.amazonaws.com/a.png",
        "https://bkt.s3.eu-west-2.amazonaws.com/",
        "https://bkt.s3.eu-west-2.amazonaws.com/a.png?versionId=1",
        "https://storage.cloud.google.com/b/a.png",
        "s3://b/a.png",
        "file/path/to/a.png",
        "https://arn:aws:s3::123123123:accesspoint/abc.mrap.s3-accesspoint.amazonaws.com/a.png",
    ],
    ids=["http", "no key", "query", "another cloud", "s3://", "a path", "account of nine digits"],
)
def test_what_is_no_object_on_aws_is_refused_by_name(url: str) -> None:
    with pytest.raises(ObjectProblem) as refused:
        places(url)
    assert str(refused.value).startswith(url)


@pytest.mark.parametrize(
    ("code", "message", "action", "said"),
    [
        ("NoSuchKey", "", "s3:GetObject", "there is no object 'a.png' in bkt"),
        ("NoSuchBucket", "", "s3:GetObject", "there is no bucket bkt"),
        ("InvalidRange", "", "s3:GetObject", "the object is empty"),
        (
            "AccessDenied",
            "Access Denied",
            "s3:GetObject",
            "without list permission AWS does not say which (Access Denied)",
        ),
        (
            "AccessDenied",
            "no kms:Decrypt",
            "s3:GetObject",
            "may not use the key that encrypts bkt/a.png: no kms:Decrypt",
        ),
        ("AccessDenied", "no", "s3:PutObject", "may not write bkt/a.png: it needs s3:PutObject there (no)"),
        ("SlowDown", "wait", "s3:GetObject", "S3 refused s3:GetObject on bkt/a.png: SlowDown: wait"),
    ],
)
def test_a_refusal_says_what_is_known(code: str, message: str, action: str, said: str) -> None:
    assert said in _refusal(code, message, ROLE, Place("bkt", "a.png", "eu-west-2"), action)
