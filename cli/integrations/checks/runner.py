"""Asks many questions at once, each after those it presupposes, and puts the answers on record in a stable order."""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Protocol

from msgspec import Struct

from integrations.checks.catalogue import CATALOGUE, CheckId
from integrations.checks.records import Answer, Evidence, Obstacle, Result, Severity, Status, skipped
from integrations.errors import ExitCode

Key = tuple[str, CheckId, str]
# Threads that mostly wait for a cloud: enough for a score of integrations to take hardly longer than one.
CONCURRENCY = 64
# After these, a question that presupposes the answer can still be asked.
ANSWERED = (Status.PASS, Status.WARNING)


# These need no credentials, so that they say nothing of whether anything could be asked.
OPEN = (
    CheckId.ENCORD_ORIGIN, CheckId.OUTPUTS_AGREE, CheckId.CLOCK, CheckId.SUPPRESSION_EXPIRED, CheckId.SUPPRESSION_UNUSED,
)  # fmt: skip


class Question(Struct, frozen=True):
    """One question about one subject of one integration.

    needs: the questions that must have passed, or this one is skipped because of them.
    """

    integration: str
    cloud: str
    id: CheckId
    subject: str
    ask: Callable[[], Answer]
    needs: tuple[Key, ...] = ()

    @property
    def key(self) -> Key:
        return (self.integration, self.id, self.subject)


class Add(Protocol):
    """Adds one question; returns its key, so that others can presuppose it."""

    def __call__(self, check: CheckId, subject: str, ask: Callable[[], Answer], *needs: Key) -> Key: ...


def key_of(result: Result) -> Key:
    """The key of the question that the result answers."""
    return (result.integration, CheckId(result.id), result.subject)


def run(
    questions: Sequence[Question],
    environment: str,
    *,
    evidence: Evidence = Evidence.LIVE,
    select: Callable[[CheckId], bool] = lambda _: True,
    only: Container[Key] | None = None,
    report: Callable[[Result], None] = lambda _: None,
) -> list[Result]:
    """Ask the selected questions, and silently what they presuppose.

    evidence: what live answers rest on. only: of the selected ones, these. report: told each selected result as it comes.
    Returns the selected results in the order of the questions.
    """
    known = {question.key: question for question in questions}
    selected = {q.key for q in questions if select(q.id) and (only is None or q.key in only)}
    wanted = _with_needs(selected, known)
    results: dict[Key, Result] = {}
    running: dict[Future[Result], Key] = {}
    with ThreadPoolExecutor(CONCURRENCY) as pool:
        waiting = dict.fromkeys(key for key in known if key in wanted)
        while waiting or running:
            for key in [k for k in waiting if all(need in results for need in known[k].needs)]:
                del waiting[key]
                blocker = next((results[n] for n in known[key].needs if results[n].status not in ANSWERED), None)
                running[pool.submit(_answer, known[key], environment, evidence, blocker)] = key
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                key = running.pop(future)
                results[key] = future.result()
                if key in selected:
                    report(results[key])
    return [results[key] for key in known if key in selected]


def _with_needs(keys: Iterable[Key], known: dict[Key, Question]) -> set[Key]:
    wanted: set[Key] = set()
    stack = list(keys)
    while stack:
        key = stack.pop()
        if key not in wanted:
            wanted.add(key)
            stack.extend(known[key].needs)
    return wanted


def _answer(question: Question, environment: str, evidence: Evidence, blocker: Result | None) -> Result:
    begin = time.perf_counter()
    answer = skipped(f"because of {blocker.id} ({blocker.subject})") if blocker else question.ask()
    check = CATALOGUE[question.id]
    return Result(
        id=question.id.value,
        status=answer.status,
        severity=Severity.WARNING if answer.status is Status.WARNING else check.severity,
        environment=environment,
        integration=question.integration,
        cloud=question.cloud,
        subject=question.subject,
        title=check.title,
        seen=answer.seen,
        fix=answer.fix,
        page=check.page,
        evidence=check.evidence if check.evidence is Evidence.STATIC else evidence,
        reason=answer.reason,
        because=blocker.id if blocker else "",
        obstacle=answer.obstacle,
        unproven=answer.unproven,
        duration=round(time.perf_counter() - begin, 4),
        runbook=check.runbook_page,
    )


def exit_code(results: Sequence[Result], fail_on: Severity = Severity.ERROR) -> ExitCode:
    """The verdict: findings, a wrong configuration, not authorised, incomplete, in this order; incomplete is never clean."""
    if any(r.is_finding and r.severity in fail_on.at_least for r in results):
        return ExitCode.FINDINGS
    if any(r.obstacle is Obstacle.CONFIGURATION for r in results):
        return ExitCode.USAGE
    asked = [r for r in results if r.status is not Status.SKIP and r.id not in OPEN]
    if asked and all(r.obstacle in (Obstacle.AUTHENTICATION, Obstacle.RIGHTS) for r in asked):
        return ExitCode.NOT_AUTHORISED
    if any(r.status is Status.UNKNOWN for r in results):
        return ExitCode.INCOMPLETE
    return ExitCode.CLEAN if results else ExitCode.NOTHING_MATCHED
