"""Registration files as Encord's getting-started page shows them, about a bucket of that page's."""

from importlib.resources import files

# The bucket of the page's own examples; a sandbox puts its own in its place.
BASE_URL = "https://encord-integration.s3.eu-west-2.amazonaws.com/"


def example(name: str, base_url: str) -> str:
    """The text of one example, about the objects under `base_url` (ends in a slash)."""
    return files(__name__).joinpath(name).read_text(encoding="utf-8").replace(BASE_URL, base_url)
