"""What a submission says: pure functions of its records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from integrations.encord_client.jobs import JobState
from integrations.submission.events import Ending, Event, Progress, What
from integrations.submission.journal import Submission
from integrations.submission.plan import Plan
from integrations.submission.records import Failure, Tally
from integrations.submission.run import Result
from integrations.submission.submit import Report

SCHEMA_VERSION = 1
_WORTH_SAYING = (What.AMBIGUOUS, What.PUSHED_BACK, What.RETRY, What.SPLIT, What.EARLIER, What.CANCELLED)


def plan_text(plan: Plan, files: Sequence[str]) -> str:
    """What would be done."""
    kinds = ", ".join(f"{count:,} {section}" for section, count in sorted(plan.items.items())) or "nothing"
    target = plan.target
    lines = [
        f"files        {', '.join(files)}",
        f"items        {plan.total:,}: {kinds}",
        f"folder       {target.path}{'' if target.folder else ' (is made)'} at {target.domain}",
        f"integration  {target.title}",
        f"registered   {plan.known:,} already, or under way",
        f"to send      {plan.to_send:,} items, about {plan.batches:,} batches of {plan.size:,} at first",
    ]
    if plan.unfinished:
        lines.append(f"earlier      {plan.unfinished:,} batches of earlier runs are taken up first")
    return "\n".join(lines)


def plan_json(plan: Plan, files: Sequence[str]) -> str:
    """The same for machines."""
    numbers = {"to_send": plan.to_send, "batches": plan.batches, "total": plan.total}
    return _json({"schema_version": SCHEMA_VERSION, "files": files, **msgspec.to_builtins(plan), **numbers})


def event_line(event: Event) -> str | None:
    """A line for the operator, if the event is worth one."""
    if event.event not in _WORTH_SAYING:
        return None
    text = event.text or "of an earlier run, taken up again"
    return f"batch {event.batch} ({event.items:,} items): {text}"


def progress_line(progress: Progress, seconds: float) -> str:
    """How far, how fast, how long still."""
    there = progress.known + progress.done
    rate = progress.done / seconds if seconds > 0 else 0.0
    left = (progress.total - there) / rate if rate else None
    parts = [f"{there:,} of {progress.total:,} items", f"{rate:,.0f}/s", f"{progress.in_flight} batches under way"]
    if progress.failed:
        parts.insert(1, f"{progress.failed:,} failed")
    if left is not None:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def duration(seconds: float) -> str:
    """As a person says it."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def result_text(report: Report) -> str:
    """The end of a run, for people."""
    result, tally = report.result, report.result.tally
    lines = [f"submission {result.submission}: {tally_text(tally)}"]
    if result.known:
        lines.append(f"  {result.known:,} of {result.total:,} items were registered or under way before this run")
    if result.unreached:
        lines.append(f"  {result.unreached:,} of {result.total:,} items were not come to")
    lines += failure_lines(report.failures, tally.failed)
    if report.failed_file:
        lines.append(f"  the failed items, ready to submit again: {report.failed_file}")
    if report.left_out:
        lines.append(f"  {report.left_out:,} bad items were left out, to be mended: {report.left_out_file}")
    return "\n".join(lines)


def tally_text(tally: Tally) -> str:
    """Counts in words; what is not there is not said."""
    counts = (
        (tally.registered, "registered"), (tally.failed, "failed"), (tally.cancelled, "cancelled"),
        (tally.waiting, "under way"), (tally.unclear, "without an answer"), (tally.unsent, "not sent"),
    )  # fmt: skip
    return ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing registered"


def ending_line(result: Result) -> str | None:
    """Why a run ended early, and the line that goes on."""
    goes_on = f"to go on: integrations registration resume {result.submission}"
    match result.ending:
        case Ending.STOPPED:
            aloft = f"{result.tally.waiting:,} items go on at Encord; " if result.tally.waiting else ""
            return f"stopped; {aloft}{goes_on}"
        case Ending.TIMED_OUT:
            return f"{result.reason}; Encord may still be at work; {goes_on}"
        case Ending.HANDED_OVER:
            return f"not waited for; {goes_on}"
        case Ending.UNREACHABLE | Ending.NOT_AUTHORISED | Ending.REFUSED:
            return f"error: {result.reason}; {goes_on}"
    return None


def result_json(report: Report) -> dict[str, Any]:
    """The end of a run, for machines. All failures are in the file; here are the first."""
    return {
        "schema_version": SCHEMA_VERSION,
        **msgspec.to_builtins(report.result),
        "failed_items": report.failed_file,
        "left_out": report.left_out,
        "left_out_items": report.left_out_file,
        "failures": [
            {
                "file": one.entry.file, "line": one.entry.line, "section": one.entry.section, "urls": one.entry.urls,
                "error": one.error,
            }
            for one in report.failures
        ],
    }  # fmt: skip


def status_text(submission: Submission, jobs: Sequence[JobState], failures: Sequence[Failure]) -> str:
    """One submission: what the journal knows, then the jobs that are under way as Encord counts them."""
    target = submission.target
    lines = [
        f"submission {submission.id}: {tally_text(submission.tally)}",
        f"  {', '.join(submission.words.files)} into {target.path} through {target.title} at {target.domain}",
    ]
    lines += [
        f"  job {job.id}  {job.status}  {job.done:,} done, {job.failed:,} failed, {job.pending:,} pending"
        for job in jobs
    ]
    lines += failure_lines(failures, submission.tally.failed)
    if submission.words.left_out:
        lines.append(f"  {submission.words.left_out:,} bad items of the files were left out (--skip-invalid)")
    if not submission.tally.settled or submission.tally.cancelled:
        lines.append(f"  to go on: integrations registration resume {submission.id}")
    return "\n".join(lines)


def failure_lines(failures: Sequence[Failure], count: int) -> list[str]:
    """Each with where it came from."""
    lines = [_failure_line(one) for one in failures]
    return [*lines, f"  … and {count - len(failures):,} more"] if count > len(failures) else lines


def _failure_line(failure: Failure) -> str:
    entry = failure.entry
    place = f"{entry.file}:{entry.line}" if entry.line else entry.file  # a local file is one item, and has no lines
    urls = [url for url in entry.urls[:2] if url not in failure.error]  # Encord mostly says itself which object it is
    return f"  {place}  {' '.join([entry.section, *urls])}: {failure.error}"


def submissions_text(submissions: Sequence[Submission]) -> str:
    """A line for each."""
    return "\n".join(
        f"{one.id:>4}  {one.started[:16].replace('T', ' ')}  {one.target.path} through {one.target.title}"
        f"  {', '.join(one.words.files)}: {tally_text(one.tally)}"
        f"{f', {one.words.left_out:,} left out' if one.words.left_out else ''}"
        for one in submissions
    )


def submissions_json(submissions: Sequence[Submission]) -> str:
    """The same for machines."""
    return _json({"schema_version": SCHEMA_VERSION, "submissions": msgspec.to_builtins(submissions)})


def _json(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
