"""What the local Google Cloud remembers: projects, service accounts, buckets, objects."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Condition(Struct, frozen=True, omit_defaults=True):
    """When a binding holds: an expression in Google's condition language (see gcp_roles)."""

    expression: str
    title: str = ""
    description: str = ""


class Binding(Struct, frozen=True, omit_defaults=True):
    """Members that have a role, such as `serviceAccount:encord@example.iam.gserviceaccount.com`."""

    role: str
    members: tuple[str, ...] = ()
    condition: Condition | None = None


class Project(Struct, frozen=True):
    """A project, and what its organisation says of it.

    domain: the organisation that it belongs to, named by its domain. bindings: roles on the
    whole project. allowed_domains: if not None, only members of these may be given roles here.
    """

    id: str
    domain: str
    bindings: tuple[Binding, ...] = ()
    allowed_domains: tuple[str, ...] | None = None


class Account(Struct, frozen=True):
    """A service account.

    public_keys: of the keys that its owners hold, PEM. managed_key and managed_public_key: the
    pair that Google keeps to sign in its name. bindings: who may act as it.
    """

    email: str
    project: str
    public_keys: tuple[str, ...] = ()
    managed_key: str | None = None
    managed_public_key: str | None = None
    bindings: tuple[Binding, ...] = ()

    @property
    def known_keys(self) -> tuple[str, ...]:
        """Every public key that proves a signature of its."""
        return (*self.public_keys, *([self.managed_public_key] if self.managed_public_key else []))

    @property
    def member(self) -> str:
        """How a policy names it."""
        return f"serviceAccount:{self.email}"


class Bucket(Struct, frozen=True):
    """A bucket: the settings that its owner chose, by the JSON API's names, and its policy.

    created, updated: RFC 3339. metageneration: counts changes of the settings;
    policy_version: counts changes of the policy.
    """

    name: str
    project: str
    settings: dict[str, Any]
    bindings: tuple[Binding, ...]
    created: str
    updated: str
    metageneration: int = 1
    policy_version: int = 1

    @property
    def uniform(self) -> bool:
        """Whether only policies count, and no access control lists."""
        access = self.settings["iamConfiguration"]["uniformBucketLevelAccess"]
        return bool(access.get("enabled"))

    @property
    def requester_pays(self) -> bool:
        """Whether whoever asks has to name a project that pays for it."""
        return bool(self.settings.get("billing", {}).get("requesterPays"))

    @property
    def never_public(self) -> bool:
        """Whether public access prevention is enforced."""
        return bool(self.settings["iamConfiguration"]["publicAccessPrevention"] == "enforced")


class StoredObject(Struct, frozen=True):
    """An object: its content is in `file`, under the object folder.

    size in bytes; md5 and crc32c in base64, as Google shows them. settings: what its writer
    chose (contentType, metadata …), by the JSON API's names.
    """

    bucket: str
    name: str
    generation: int
    size: int
    md5: str
    crc32c: str
    file: str
    created: str
    updated: str
    settings: dict[str, Any] = {}
    metageneration: int = 1


class Upload(Struct, frozen=True):
    """An upload in several requests. conditions: the preconditions that its start named."""

    id: str
    bucket: str
    name: str
    settings: dict[str, Any] = {}
    conditions: dict[str, int] = {}


class Settings(Struct, frozen=True):
    """What the front is told at start. token_secret: access tokens are signed with it."""

    admin_token: str
    token_secret: str
