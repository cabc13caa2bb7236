"""AWS: the questions about one bucket, and what each of them presupposes."""

from __future__ import annotations

from collections.abc import Callable

from integrations.checks import browser, browser_media
from integrations.checks.aws_bucket import Bucket, no_probe_object
from integrations.checks.aws_bucket_policy import BucketPolicy
from integrations.checks.aws_keys import Keys
from integrations.checks.aws_sessions import Sessions
from integrations.checks.catalogue import CheckId
from integrations.checks.records import Answer
from integrations.checks.runner import Add, Key
from integrations.environment.model import AwsBucket, AwsIntegration, Environment


def add_questions(
    add: Add,
    sessions: Sessions,
    integration: AwsIntegration,
    environment: Environment,
    bucket: AwsBucket,
    role: Key,
    assumed: Key,
    *,
    write_probe: bool,
) -> Key:
    """Adds the questions about one bucket. Returns the key of the one that a browser's preflight is answered.

    role, assumed: the keys of the questions that find the role, and that assume it.
    """
    asked = Bucket(sessions, integration, environment, bucket)
    policy = BucketPolicy(asked)
    found = add(CheckId.BUCKET_FOUND, bucket.name, asked.found)
    region = add(CheckId.BUCKET_REGION, bucket.name, asked.region, found)
    add(CheckId.BUCKET_PRIVATE, bucket.name, asked.private, region)
    add(CheckId.BUCKET_ENCRYPTED, bucket.name, asked.encrypted, region)
    add(CheckId.BUCKET_TLS_ONLY, bucket.name, asked.tls_only, region)
    add(CheckId.OBJECTS_OWNED, bucket.name, policy.owned, region)
    add(CheckId.DOCUMENTS_WELL_FORMED, bucket.name, policy.well_formed, region)
    add(CheckId.SIGNATURES_LIVE, bucket.name, policy.signatures_live, region)
    needs: tuple[Key, ...] = (region, assumed)
    if not integration.awaiting_encord:
        # Who is refused by the bucket's policy, or by its key, is refused whatever they ask for.
        needs = (*needs, add(CheckId.POLICY_LETS_IN, bucket.name, policy.lets_role_in, region))
        if bucket.kms_key:
            keys = Keys(asked, bucket.kms_key)
            granted = add(CheckId.KEY_GRANTED, bucket.name, keys.granted, role)
            needs = (*needs, add(CheckId.KEY_LETS_IN, bucket.name, keys.lets_role_in, granted))
    read = add(CheckId.PROBE_OBJECT_READ, bucket.name, asked.probe_object_read, *needs)
    if write_probe:
        add(CheckId.WRITE_PROBE, bucket.name, asked.write_probe, *needs)
    return _browser(add, asked, read if integration.check_principal else region, region)


def _browser(add: Add, asked: Bucket, signs: Key, region: Key) -> Key:
    """What a browser meets. signs: the question that must have passed for a signed URL to be of use."""
    name, origins, fix = asked.bucket.name, asked.environment.settings.cors_origins, asked.cors_fix()
    rules = add(CheckId.CORS_RULES, name, asked.cors_rules, region)
    preflight = add(CheckId.CORS_PREFLIGHT, name, lambda: browser.ask_preflight(asked.url, origins, fix), region)
    add(CheckId.CORS_FOREIGN_REFUSED, name, lambda: browser.ask_foreign(asked.url, origins, fix), rules)

    def signed(ask: Callable[[], Answer]) -> Callable[[], Answer]:
        return ask if asked.integration.probe_object else no_probe_object

    def head() -> str:
        return asked.signed_url("head_object")

    get = asked.signed_url
    repair = "look at what stands between the browser and S3: S3 itself does this right"
    whole = add(CheckId.CORS_SIGNED_GET, name, signed(lambda: browser.ask_signed_get(get, origins, fix)), signs)
    parts = add(
        CheckId.CORS_PARTS, name, signed(lambda: browser_media.ask_parts(get, head, origins, fix, repair)), whole
    )
    add(CheckId.CORS_EXPOSED, name, signed(lambda: browser_media.ask_exposed(get, origins, fix)), parts)
    add(CheckId.CORS_KEPT_APART, name, signed(lambda: browser_media.ask_cached(get, origins, repair)), whole)
    return preflight
