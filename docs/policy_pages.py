"""A page for each rule of the policy pack, written from the rule itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

POLICIES = Path(__file__).parents[1] / "policies"


def policy_pages() -> dict[str, str]:
    """Path and text of every page, and of the list of them."""
    rules = _rules()
    return {**{rule.page: _page(rule) for rule in rules}, "docs/policies/README.md": _index(rules)}


def _rules() -> tuple[Any, ...]:
    """The rules, imported as the pack imports them: from its own folder."""
    sys.path.append(str(POLICIES))
    try:
        from rules import RULES
    finally:
        sys.path.remove(str(POLICIES))
    return tuple(RULES)


def _level(rule: Any) -> str:
    return "mandatory" if rule.mandatory else "advisory"


def _page(rule: Any) -> str:
    demands = "\n".join(f"| {cloud} | {demand} |" for cloud, demand in rule.demands.items())
    when = "the stack as a whole" if rule.judge_stack else "each resource, before anything is done with it"
    unseen = f"\n**What it cannot judge.** {rule.unseen}\n" if rule.unseen else ""
    return f"""# {rule.id}

{rule.title}

| severity | level | judges |
|---|---|---|
| {rule.severity.value} | {_level(rule)} | {when} |

| cloud | what it demands |
|---|---|
{demands}

**Why.** {rule.why}

**How to mend it.** {rule.fix}
{unseen}"""


def _index(rules: tuple[Any, ...]) -> str:
    lines = [
        f"| [{rule.id}]({rule.id}.md) | {rule.title} | {rule.severity.value} | {_level(rule)} | {', '.join(rule.demands)} |"
        for rule in rules
    ]
    table = "\n".join(lines)
    return f"""# Policies

`pulumi preview --policy-pack policies` and `pulumi up --policy-pack policies` ask these rules before a change reaches a
cloud; the sandbox asks them on every preview and up. A mandatory rule stops the deployment. What a preview cannot know,
such as a name that the cloud makes up, is reported as unknown, as advice, and judged by `pulumi up`, which knows it.

Rules about the stack as a whole are asked when everything else is done: have a preview pass before each `pulumi up`.

| rule | what it says | severity | level | clouds |
|---|---|---|---|---|
{table}
"""
