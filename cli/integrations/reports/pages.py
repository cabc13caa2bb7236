"""The page of a check, as `integrations explain` prints it and as docs/checks holds it."""

from __future__ import annotations

from integrations.checks.catalogue import Check


def check_page(check: Check) -> str:
    """The page in Markdown."""
    return f"""# {check.id} — {check.title}

| severity | evidence of a pass |
|---|---|
| {check.severity.value} | {check.evidence.value} |

**What a pass says.** {check.claim}

**How it is found out.** {check.how}

**What a failure looks like.** {check.symptom}

**How to mend it.** The result's `fix` says it exactly: the line of configuration, the command or the statement.

**Last proved on a real cloud.** Never yet.
"""
