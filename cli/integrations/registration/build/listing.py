"""Lists buckets of any cloud, several prefixes at once (obstore, the extra `listing`).

A listing is a chain of pages of a thousand keys, so only more prefixes make it faster: the
folders under a prefix are listed at the same time.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from integrations.errors import ConfigurationError, NotAuthorisedError, UnreachableError
from integrations.registration.build.source import Object, Source

_CHUNK = 1000
_AT_ONCE = 32


def open_store(source: Source) -> Any:
    """The obstore store of a bucket; credentials and proxy come from the cloud's and the system's usual variables.

    Raises ConfigurationError if the extra is not installed.
    """
    try:
        from obstore import store
    except ImportError:
        raise ConfigurationError("listing needs the extra: pip install 'encord-integrations[listing]'") from None
    options: Any = _client_options()
    match source.scheme:
        case "s3":
            return store.S3Store(source.bucket, region=source.region, client_options=options)
        case "obs":
            endpoint = f"https://obs.{source.region}.otc.t-systems.com"
            return store.S3Store(source.bucket, region=source.region, endpoint=endpoint, client_options=options)
        case "https":
            endpoint = f"https://{source.endpoint}"
            return store.S3Store(source.bucket, endpoint=endpoint, region="us-east-1", client_options=options)
        case "gs":
            return store.GCSStore(source.bucket, client_options=options)
        case "az":
            return store.AzureStore(source.bucket, account_name=source.account, client_options=options)
        case "arn":
            raise ConfigurationError("an access point cannot be listed here: list one of its buckets")


def _client_options() -> dict[str, Any]:
    """What the HTTP client does not find by itself: the certificates of a company's proxy.

    It honours HTTPS_PROXY, but not the variables that name a bundle of certificates.
    """
    bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    options: dict[str, Any] = {"root_certificate": Path(bundle).read_bytes()} if bundle else {}
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        options["allow_http"] = True
    return options


def list_objects(
    source: Source, store: Any, progress: Callable[[int], None] = lambda _: None, after: str = ""
) -> Iterator[Object]:
    """All objects under the source's prefix, in the order of their keys.

    progress is told the number of objects so far; after: only objects modified at or after
    this time, ISO 8601. Raises NotAuthorisedError or UnreachableError.
    """
    import asyncio

    runner = asyncio.Runner()
    try:
        pages = _pages(source, store)
        count = 0
        while (page := runner.run(anext(pages, None))) is not None:
            count += len(page)
            progress(count)
            yield from (one for one in page if not after or one.modified >= after)
    except PermissionError as error:
        raise NotAuthorisedError(f"{source.bucket} may not be listed: {_first_line(error)}") from error
    except Exception as error:
        if type(error).__module__.startswith(("obstore", "builtins")) and not isinstance(error, GeneratorExit):
            raise UnreachableError(f"{source.bucket} could not be listed: {_first_line(error)}") from error
        raise
    finally:
        runner.close()


async def _pages(source: Source, store: Any) -> AsyncIterator[list[Object]]:
    """Pages of objects in the order of keys; the folders of the first level are listed ahead, all at once."""
    import asyncio

    import obstore

    prefix = source.prefix
    top = await obstore.list_with_delimiter_async(store, prefix.rpartition("/")[0] or None)
    folders = [f"{one.rstrip('/')}/" for one in top["common_prefixes"]]
    files = [_object(one) for one in top["objects"]]
    limit = asyncio.Semaphore(_AT_ONCE)
    wanted = [one for one in folders if one.startswith(prefix) or prefix.startswith(one)]
    tasks = {one: asyncio.create_task(_folder(store, one, limit)) for one in wanted}
    for one in sorted([*wanted, *(file.key for file in files)]):
        if one in tasks:
            found = await tasks.pop(one)
            yield [file for file in found if file.key.startswith(prefix)]
        else:
            yield [file for file in files if file.key == one and one.startswith(prefix)]


async def _folder(store: Any, prefix: str, limit: Any) -> list[Object]:
    import obstore

    async with limit:
        found = []
        async for page in obstore.list(store, prefix, chunk_size=_CHUNK):
            # A folder's own marker, an object whose key ends in a slash, comes without the slash.
            found += [_object(one) for one in page if one["path"] != prefix.rstrip("/")]
        return found


def _object(one: Any) -> Object:
    return Object(one["path"], one["size"], one["last_modified"].strftime("%Y-%m-%dT%H:%M:%SZ"))


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0][:300]


def heads(store: Any, keys: Iterable[str], at_once: int = _AT_ONCE) -> dict[str, str]:
    """What is wrong with each of the objects: `missing`, or why it cannot be read; nothing for those that can."""
    import asyncio

    import obstore

    async def ask(key: str, limit: asyncio.Semaphore) -> tuple[str, str]:
        async with limit:
            try:
                await obstore.head_async(store, key)
            except FileNotFoundError:
                return key, "missing"
            except Exception as error:  # noqa: BLE001 - whatever it was, the object could not be read
                return key, _first_line(error)
            return key, ""

    async def all_of_them() -> dict[str, str]:
        limit = asyncio.Semaphore(at_once)
        answers = await asyncio.gather(*(ask(key, limit) for key in keys))
        return {key: answer for key, answer in answers if answer}

    return asyncio.run(all_of_them())
