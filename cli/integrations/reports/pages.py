"""The page of a check, as `integrations explain` prints it and as docs/checks holds it, and the list of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from integrations.checks.catalogue import Check

# Where the project's files stand on the web; pyproject.toml names it too, and a test holds both together.
SITE = "https://github.com/encord-integrations/encord-integrations/blob/main/"


def address(path: str) -> str:
    """A file of the project on the web."""
    return SITE + path


def check_page(check: Check, proved: str = "") -> str:
    """The page in Markdown. proved: when it was proved live, if whoever writes the page knows."""
    last = f"**Last proved live, on a real account.** {proved[0].upper()}{proved[1:]}.\n" if proved else ""
    runbook = f"**Runbook.** [{check.runbook}](../runbooks/{check.runbook}.md)\n\n" if check.runbook else ""
    return (
        f"""# {check.id} — {check.title}

| severity | evidence of a pass |
|---|---|
| {check.severity.value} | {check.evidence.value} |

**What a pass says.** {check.claim}

**How it is found out.** {check.how}

**What a failure looks like.** {check.symptom}

**How to mend it.** The result's `fix` says it exactly: the line of configuration, the command or the statement.

{runbook}{last}""".rstrip()
        + "\n"
    )


def checks_table(checks: Iterable[Check]) -> str:
    """All checks, a line each, for a terminal."""
    return "\n".join(f"{c.id}  {c.severity.value:<7}  {c.evidence.value:<6}  {c.title}" for c in checks)


def checks_index(checks: Iterable[Check], proved: Mapping[str, str]) -> str:
    """The list of all pages, for docs/checks/README.md. proved: when each was proved live, by id."""
    rows = [
        f"| [{c.id}]({c.id}.md) | {c.title} | {c.severity.value} | {c.evidence.value} | {proved[c.id]} |"
        for c in checks
    ]
    head = ["| id | what a pass says | severity | evidence | last proved live |", "|---|---|---|---|---|"]
    table = "\n".join([*head, *rows])
    return f"""# Checks

Every question of `integrations check`. The letters name the subject, so that `--select COR` takes all about CORS. Ids
are never renamed and never used again. The schema of `--format json` is [check-results-1.json](../schema/check-results-1.json).
The last column is what the dated files say that [tests/live](../../tests/live/README.md) leaves in `docs/evidence`.

{table}
"""
