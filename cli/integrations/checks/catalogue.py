"""Every question, once: its id, what it claims, how that is found out, and what a failure means.

The entries stand by subject in catalogue_*.py; the pages in docs/checks are generated from here.
"""

from __future__ import annotations

from integrations.checks import catalogue_browser, catalogue_bucket, catalogue_rest, catalogue_role
from integrations.checks.ids import Check, CheckId

__all__ = ["CATALOGUE", "Check", "CheckId"]

_CHECKS = (*catalogue_bucket.CHECKS, *catalogue_browser.CHECKS, *catalogue_role.CHECKS, *catalogue_rest.CHECKS)
CATALOGUE: dict[CheckId, Check] = {check.id: check for check in _CHECKS}
