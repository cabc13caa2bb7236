"""What a rule is, and how it becomes a policy of the pack.

A rule is a pure function of a resource, or of all of them, and of the environment's
settings. What a preview cannot know is never taken for right: the value raises
UnknownValueError when a rule looks at it, and the pack reports that the rule could not
judge, and why (pulumi_policy.proxy). `pulumi up` asks again, when everything is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from msgspec import Struct
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyResourceOptions,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from documents import UnreadableError
from integrations.environment.model import Settings
from kinds import kind_of

ReadSettings = Callable[[], Settings]


class Resource(Protocol):
    """A resource as both kinds of policy see it."""

    resource_type: str
    props: Mapping[str, Any]
    urn: str
    name: str
    opts: PolicyResourceOptions


Judge = Callable[[Resource, Settings], Iterator[str]]


class Finding(Struct, frozen=True):
    """What a rule objects to, and in which resource."""

    message: str
    urn: str


StackJudge = Callable[[Sequence[Resource], Settings], Iterator[Finding]]


class Rule(Struct, frozen=True, kw_only=True):
    """One rule.

    demands: for each cloud that it concerns, what it demands there. why: what happens
    without it. fix: how to mend a violation. unseen: what it cannot judge, and who does.
    kinds: the resources that it looks at. Exactly one of judge and judge_stack is there.
    """

    id: str
    title: str
    severity: Severity
    mandatory: bool
    demands: dict[str, str]
    why: str
    fix: str
    unseen: str = ""
    kinds: frozenset[str]
    judge: Judge | None = None
    judge_stack: StackJudge | None = None

    @property
    def page(self) -> str:
        """Where the rule is described."""
        return f"docs/policies/{self.id}.md"

    def policy(self, settings: ReadSettings) -> Policy:
        """The policy of the pack. settings: reads those of the stack; asked only for resources that matter."""
        kind = StackValidationPolicy if self.judge_stack else ResourceValidationPolicy
        return kind(
            name=self.id,
            description=self.title,
            validate=self._validate_stack(settings) if self.judge_stack else self._validate(settings),  # type: ignore[arg-type]
            enforcement_level=EnforcementLevel.MANDATORY if self.mandatory else EnforcementLevel.ADVISORY,
            severity=self.severity,
            remediation_steps=f"{self.fix} See {self.page}.",
        )

    def _validate(self, settings: ReadSettings) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
        judge = self.judge
        assert judge is not None  # noqa: S101 - by the class's contract

        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            if kind_of(args.resource_type) not in self.kinds:
                return
            try:
                for message in judge(args, settings()):
                    report(message, None)
            except UnreadableError as error:
                report(f"it cannot be judged: {error}", None)

        return validate

    def _validate_stack(self, settings: ReadSettings) -> Callable[[StackValidationArgs, ReportViolation], None]:
        judge = self.judge_stack
        assert judge is not None  # noqa: S101 - by the class's contract

        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            found = [one for one in args.resources if kind_of(one.resource_type) in self.kinds]
            for finding in judge(found, settings()) if found else ():
                report(finding.message, finding.urn)

        return validate


def of_each(resources: Sequence[Resource], judge: Callable[[Resource], Iterator[str]]) -> Iterator[Finding]:
    """What `judge` finds in each; what cannot be known of one does not hide what is known of the others."""
    unknown: UnknownValueError | None = None
    for resource in resources:
        try:
            yield from [Finding(message, resource.urn) for message in judge(resource)]
        except UnknownValueError as error:
            unknown = unknown or error
    if unknown:
        raise unknown


def without_companion(
    resources: Sequence[Resource], owner: str, companion: str, message: Callable[[Any], str]
) -> Iterator[Finding]:
    """An `owner` for whose `bucket` there is no `companion`. If a companion's bucket is unknown, nothing is said."""
    named = {one.props.get("bucket") for one in resources if kind_of(one.resource_type) == companion}

    def judge(resource: Resource) -> Iterator[str]:
        bucket = resource.props.get("bucket")
        if bucket not in named:
            yield message(bucket)

    yield from of_each([one for one in resources if kind_of(one.resource_type) == owner], judge)
