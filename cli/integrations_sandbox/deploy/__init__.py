"""Deploys a Pulumi program where there is no Pulumi CLI: preview, up and destroy against the sandbox's clouds.

`deploy` reads a project and runs it; `carry_out` runs any callable as the program. Both
give back an `Outcome`: a failed step is in its errors, not raised. Raised are
configuration errors, and bugs.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from integrations.errors import IntegrationsError
from integrations_sandbox.deploy import wire
from integrations_sandbox.deploy.engine import Run
from integrations_sandbox.deploy.given import Plan
from integrations_sandbox.deploy.handlers import HANDLERS, Credentials, connections
from integrations_sandbox.deploy.monitor import Monitor
from integrations_sandbox.deploy.policies import PolicyPack
from integrations_sandbox.deploy.program import run_folder
from integrations_sandbox.deploy.project import load_project
from integrations_sandbox.deploy.records import Change, Outcome, Output, Step, StepError, Verb, Violation
from integrations_sandbox.deploy.state import State, locked

__all__ = ["Change", "Credentials", "Outcome", "Output", "Step", "Violation", "carry_out", "deploy", "stack_outputs"]


def deploy(
    verb: Verb,
    root: Path,
    stack: str,
    *,
    credentials: Credentials,
    state: Path,
    config: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    policy_packs: Sequence[Path] = (),
    on_step: Callable[[Step], None] = lambda _step: None,
) -> Outcome:
    """Preview, bring up or destroy the stack of the project in the folder `root`.

    credentials: whose credentials deploy. state: the stack's state file. config and secrets: values
    that win over the files'. on_step is told of each step when it is done.
    """
    project = load_project(root, stack, config, secrets)
    with ExitStack() as open_packs:
        packs = [
            open_packs.enter_context(PolicyPack(folder, project, stack, dry_run=verb == "preview"))
            for folder in (policy_packs if verb != "destroy" else ())
        ]
        given = Plan(verb, project, stack, HANDLERS, connections(credentials), packs, on_step)
        return carry_out(given, state, lambda monitor: run_folder(project.main, monitor))


def carry_out(given: Plan, state: Path, run_program: Callable[[Monitor], None]) -> Outcome:
    """The same for a plan and any way to run a program."""
    if given.dry_run:
        return _carry_out(given, State(state, writable=False), run_program)
    with locked(state):
        return _carry_out(given, State(state), run_program)


def stack_outputs(state: Path) -> dict[str, Output]:
    """The outputs of the last run that came to its end; empty before the first."""
    return {name: wire.output(value) for name, value in State(state, writable=False).outputs.items()}


def _carry_out(given: Plan, state: State, run_program: Callable[[Monitor], None]) -> Outcome:
    run = Run(given, state)
    monitor = Monitor(run)
    try:
        if given.verb == "destroy":
            run.destroy()
        else:
            _run_program(run_program, monitor)
            if not run.errors:
                state.set_outputs(monitor.outputs or {})
                run.finish()
    except StepError as error:
        run.errors.append(wire.scrub(str(error), run.secrets))
    return Outcome(
        given.verb,
        tuple(run.steps),
        tuple(run.violations),
        tuple(run.errors),
        tuple(monitor.messages),
        {name: wire.output(value) for name, value in state.outputs.items()},
    )


def _run_program(run_program: Callable[[Monitor], None], monitor: Monitor) -> None:
    """An error of the program's own, or of a step, ends up in the run's errors; one of ours is raised."""
    run = monitor.run
    try:
        run_program(monitor)
    except SystemExit as error:
        run.errors.append(f"the program ended itself with exit code {error.code}")
    except Exception as error:
        if monitor.crash:
            raise monitor.crash from error
        if not run.errors:
            run.errors.append(wire.scrub(_blame(error, run.plan.project.main), run.secrets))


def _blame(error: Exception, main: Path) -> str:
    """One sentence for an error of the program, with the place in it."""
    if isinstance(error, IntegrationsError):
        return str(error)
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(main)]
    place = f" ({frames[-1].filename}:{frames[-1].lineno})" if frames else ""
    return f"the program failed: {type(error).__name__}: {error}{place}"
