"""What the SDK says of an upload that Encord refused, in a sentence."""

from __future__ import annotations

import pytest
from encord.exceptions import EncordException

from integrations.encord_client.failures import RefusedError
from integrations.encord_client.uploads import upload


class Folder:
    """The SDK's folder, whose upload ends with this message."""

    def __init__(self, message: str) -> None:
        self._message = message

    def upload_image(self, path: str, title: str) -> None:
        raise EncordException(self._message)


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("folder.add_data errors occurred ['encord:7f/x: Expected an image, got text']", "Expected an image, got text"),
        ("Could not register image, errors occurred [\"it's broken\", 'and more']", "it's broken; and more"),
        ("errors occurred res.errors=[...", "errors occurred res.errors=[..."),
    ],
)
def test_only_what_encord_said_is_told(message, told):
    with pytest.raises(RefusedError) as refused:
        upload(Folder(message), "https://api.encord.com", "images", ["fake.png"], "fake.png")
    assert str(refused.value) == told
