"""Files of this machine, sent to Encord's own storage by the SDK: prepared, put, registered, awaited, in one call."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from integrations.encord_client.connection import translated
from integrations.encord_client.failures import RefusedError
from integrations.errors import IntegrationsError

if TYPE_CHECKING:
    from encord.storage import StorageFolder

# What the SDK's exception says after a job that Encord has ended with an error; Python's list of the errors follows.
_REJECTED = "errors occurred"
# What Encord calls the file before it is an item; nobody else knows it by that.
_PASSING_NAME = re.compile(r"^encord:\S+: ")


def upload(folder: StorageFolder, domain: str, kind: str, paths: Sequence[str], title: str) -> str:
    """Upload one item. kind: a section of a registration file, or `image_sequences`. Returns the item's uuid.

    Raises RefusedError if Encord, or the SDK before it, will not have it; NotAuthorisedError;
    UnreachableError, after which nobody knows whether it is there.
    """
    try:
        with translated(domain):
            return str(_call(folder, kind, paths, title))
    except IntegrationsError:
        raise
    except (ValueError, OSError) as error:  # a kind of text that the SDK refuses; a file that is gone
        raise RefusedError(str(error)) from error


def _call(folder: StorageFolder, kind: str, paths: Sequence[str], title: str) -> object:
    from encord.exceptions import EncordException

    one: dict[str, Callable[[], object]] = {
        "images": lambda: folder.upload_image(paths[0], title),
        "videos": lambda: folder.upload_video(paths[0], title),
        "audio": lambda: folder.upload_audio(paths[0], title),
        "pdfs": lambda: folder.upload_pdf(paths[0], title),
        "text": lambda: folder.upload_text(paths[0], title),
        "nifti": lambda: folder.upload_nifti(paths[0], title),
        "image_groups": lambda: folder.create_image_group(paths, title),
        "image_sequences": lambda: folder.create_image_sequence(paths, title),
        "dicom_series": lambda: folder.create_dicom_series(paths, title),
    }
    try:
        return one[kind]()
    except EncordException as error:
        if _REJECTED in str(error.message):
            raise RefusedError(_reasons(str(error.message))) from error
        raise


def _reasons(message: str) -> str:
    """What Encord said, out of the SDK's message; the message itself where that cannot be told."""
    try:
        errors = ast.literal_eval(message.partition(_REJECTED)[2].strip())
    except (ValueError, SyntaxError):
        return message
    return "; ".join(_PASSING_NAME.sub("", str(one)) for one in errors) if isinstance(errors, list) else message
