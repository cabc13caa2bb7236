"""Lists buckets of any cloud, several prefixes at once (obstore, the extra `listing`).

A listing is a chain of pages of a thousand keys, so only more prefixes make it faster: the
folders under a prefix are listed at the same time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

from msgspec import structs

from integrations.errors import ConfigurationError, NotAuthorisedError, UnreachableError
from integrations.registration.build.source import FOLDER, Object, Source

Credentials = Callable[[], dict[str, Any]]  # gives them in obstore's words

_CHUNK = 1000
_AT_ONCE = 32
# obstore has an exception of its own for a refused object, but none for a refused listing: only words.
_UNLISTABLE = re.compile(r"invalid path", re.IGNORECASE)
_REFUSED = re.compile(r"status code: 40[13]\b")


class Trouble(StrEnum):
    """What became of an object that cannot be read. unknown: the cloud gave no answer that says anything of it.

    no_bucket, elsewhere: the bucket is not there, or not in the region that was asked (`bucket.py`).
    """

    MISSING = "missing"
    NO_BUCKET = "no_bucket"
    ELSEWHERE = "elsewhere"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Problem(NamedTuple):
    """Why one object cannot be read; reason is the cloud's own, without addresses that are secrets."""

    trouble: Trouble
    reason: str = ""


def open_store(source: Source, credentials: Credentials | None = None, **settings: Any) -> Any:
    """The obstore store of a bucket; credentials and proxy come from the cloud's and the system's usual variables.

    credentials: gives those to use in place of what the variables say. settings: what else the
    store is to know, in obstore's words. Raises ConfigurationError if the extra is not
    installed, or the client cannot be made with the variables there are.
    """
    try:
        from obstore import store
    except ImportError:
        raise ConfigurationError("listing needs the extra: pip install 'encord-integrations[listing]'") from None
    from obstore.exceptions import BaseError

    given = {"client_options": _client_options(settings.get("endpoint", "")), "credential_provider": credentials}
    try:
        return _opened(store, source, {**given, **settings})
    except BaseError as error:
        text = "look at AWS_CA_BUNDLE, SSL_CERT_FILE and what the cloud's own variables say"
        raise ConfigurationError(f"{source.bucket} cannot be opened ({first_line(error)}): {text}") from None


def _opened(store: Any, source: Source, settings: dict[str, Any]) -> Any:
    match source.scheme:
        case "s3":
            return store.S3Store(source.bucket, region=source.region, **settings)
        case "obs":
            endpoint = f"https://obs.{source.region}.otc.t-systems.com"
            return store.S3Store(source.bucket, **{"region": source.region, "endpoint": endpoint, **settings})
        case "https":
            endpoint = f"https://{source.endpoint}"
            return store.S3Store(source.bucket, **{"region": "us-east-1", "endpoint": endpoint, **settings})
        case "gs":
            return store.GCSStore(source.bucket, **settings)
        case "az":
            return store.AzureStore(source.bucket, account_name=source.account, **settings)
        case "arn" | "url":
            raise ConfigurationError("an access point cannot be listed here: list one of its buckets")


def _client_options(endpoint: str) -> dict[str, Any]:
    """What the HTTP client does not find by itself: the certificates of a company's proxy.

    It honours HTTPS_PROXY, but of the variables that name a bundle of certificates not AWS_CA_BUNDLE.
    """
    bundle = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    try:
        options: dict[str, Any] = {"root_certificate": Path(bundle).read_bytes()} if bundle else {}
    except OSError as error:
        text = f"the bundle of certificates {bundle} (AWS_CA_BUNDLE or SSL_CERT_FILE) cannot be read"
        raise ConfigurationError(f"{text}: {error.strerror}") from None
    if (endpoint or os.environ.get("AWS_ENDPOINT_URL", "")).startswith("http://"):
        options["allow_http"] = True
    return options


def list_objects(
    source: Source, store: Any, progress: Callable[[int], None] = lambda _: None, after: str = ""
) -> Iterator[Object]:
    """All objects under the source's prefix, in the order of their keys.

    progress is told the number of objects so far; after: only objects modified at or after
    this time, ISO 8601. Raises NotAuthorisedError or UnreachableError.
    """
    try:
        count = 0
        for page in _pages(source, store):
            count += len(page)
            progress(count)
            yield from (one for one in page if not after or one.modified >= after)
    except Exception as error:
        if isinstance(error, PermissionError) or _REFUSED.search(str(error)):
            raise NotAuthorisedError(f"{source.bucket} may not be listed: {first_line(error)}") from error
        if _UNLISTABLE.search(str(error)):
            text = f"{source.bucket} holds a key that cannot be listed: {first_line(error)}"
            raise UnreachableError(
                f"{text}; build from an inventory (--inventory), or name a prefix without it"
            ) from error
        if type(error).__module__.startswith(("obstore", "builtins")):
            raise UnreachableError(f"{source.bucket} could not be listed: {first_line(error)}") from error
        raise


def _pages(source: Source, store: Any) -> Iterator[list[Object]]:
    """Pages of objects in the order of keys; the folders of the first level are listed ahead, all at once.

    In threads: obstore's coroutines sometimes abort the process when it ends soon after (SIGABRT, seen with 0.12.1).
    """
    import obstore

    prefix = source.prefix
    top = obstore.list_with_delimiter(store, prefix.rpartition("/")[0] or None)
    folders = [f"{one.rstrip('/')}/" for one in top["common_prefixes"]]
    files = [_object(one) for one in top["objects"]]
    wanted = [one for one in folders if one.startswith(prefix) or prefix.startswith(one)]
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        tasks = {one: pool.submit(_folder, store, one) for one in wanted}
        for one in sorted([*wanted, *(file.key for file in files)]):
            if one in tasks:
                found = tasks.pop(one).result()
                yield [file for file in found if file.key.startswith(prefix)]
            else:
                yield [file for file in files if file.key == one and one.startswith(prefix)]
    finally:
        pool.shutdown(cancel_futures=True)


def _folder(store: Any, prefix: str) -> list[Object]:
    import obstore

    found = []
    for page in obstore.list(store, prefix, chunk_size=_CHUNK):
        # A folder's own marker, an object whose key ends in a slash, comes without the slash.
        found += [_object(one) for one in page if one["path"] != prefix.rstrip("/")]
    folders = _folders(store, found)
    return [structs.replace(one, unfit=FOLDER) if one.key in folders else one for one in found]


def _folders(store: Any, found: list[Object]) -> set[str]:
    """Which of these are markers of folders: empty, with others under them, or not there without the slash."""
    empty = {one.key for one in found if not one.size}
    if not empty:
        return empty
    above = {one.key[:end] for one in found for end in range(len(one.key)) if one.key[end] == "/"} & empty
    problems = heads(store, empty - above, at_once=4)  # of the threads that list there are many
    return above | {key for key, problem in problems.items() if problem.trouble is Trouble.MISSING}


def _object(one: Any) -> Object:
    return Object(one["path"], one["size"], one["last_modified"].strftime("%Y-%m-%dT%H:%M:%SZ"))


def first_line(error: BaseException) -> str:
    """An error of obstore's without what follows, the server's XML too; of an address with a signature it says REDACTED."""
    return re.split(r":?\s*(?:<|\n)", str(error), maxsplit=1)[0][:300]


def heads(store: Any, keys: Iterable[str], at_once: int = _AT_ONCE) -> dict[str, Problem]:
    """What is wrong with each of the objects; nothing for those that can be read.

    store: of obstore, or whatever else answers `head` as one does.
    """

    def ask(key: str) -> tuple[str, Problem | None]:
        try:
            store.head(key)
        except FileNotFoundError:
            return key, Problem(Trouble.MISSING)
        except Exception as error:  # noqa: BLE001 - whatever it was, the object could not be read
            refused = isinstance(error, PermissionError) or _REFUSED.search(str(error))
            return key, Problem(Trouble.REFUSED if refused else Trouble.UNKNOWN, first_line(error))
        return key, None

    with ThreadPoolExecutor(at_once) as pool:
        return {key: problem for key, problem in pool.map(ask, keys) if problem}
