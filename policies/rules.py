"""The rules of the pack, in the order of its pages, and the policies that they become."""

from __future__ import annotations

from pulumi_policy import Policy

import access_points
import cors
import encryption
import privacy
import retention
import transport
import trust
import writing
from integrations.environment.stack import settings_of_stack

RULES = (
    trust.FOREIGN_NEEDS_EXTERNAL_ID,
    trust.TOKENS_NAME_THEIR_SUBJECT,
    privacy.BUCKETS_ARE_PRIVATE,
    privacy.EVERY_BUCKET_BLOCKS_PUBLIC_ACCESS,
    privacy.NOTHING_FOR_EVERYBODY,
    cors.NAMES_ITS_ORIGINS,
    writing.NEEDS_IMAGE_SEQUENCES,
    writing.STAYS_UNDER_PREFIX,
    encryption.ENCRYPTED_AS_CONFIGURED,
    encryption.EVERY_BUCKET_STATES_ITS_ENCRYPTION,
    transport.TLS_ONLY,
    transport.EVERY_BUCKET_IS_TLS_ONLY,
    access_points.BLOCKS_PUBLIC_ACCESS,
    access_points.EVERY_MEMBER_HAS_CORS,
    retention.DATA_IS_PROTECTED,
)

POLICIES: list[Policy] = [rule.policy(settings_of_stack) for rule in RULES]
