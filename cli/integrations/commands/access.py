"""`integrations access`: every document that an integration needs, ready to hand to a bucket's owner."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from integrations.commands.options import Env, Format, FormatOption, Output, environment, one_integration
from integrations.commands.output import emit
from integrations.errors import NothingMatchedError

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.callback()
def group() -> None:
    """The documents that an integration needs."""


@app.command()
def show(
    name: Annotated[str | None, typer.Argument(help="The integration; not needed if there is only one.")] = None,
    env: Env = "dev",
    document: Annotated[str | None, typer.Option("--document", "-d", help="Only this document, as plain JSON.")] = None,
    merge: Annotated[
        bool, typer.Option(help="Ask the cloud what existing buckets have, and merge ours into it.")
    ] = True,
    format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Print every document that the integration needs, and for whom it is.

    For an existing bucket, our statements are merged into what is there, so that the owner can apply the whole.
    """
    from integrations.access.documents import documents
    from integrations.environment.existing import read_all

    wanted = environment(env)
    integration = one_integration(wanted, name)
    existing = read_all(integration) if merge else {}
    found = documents(integration, wanted.settings, existing)
    if document is not None:
        found = [one for one in found if document in (one.id, f"{one.id}:{one.subject}")]
        if not found:
            ids = ", ".join(dict.fromkeys(one.id for one in documents(integration, wanted.settings, existing)))
            raise NothingMatchedError(f"integration {integration.name} has no document {document!r} (it has: {ids})")
        emit("\n".join(json.dumps(one.body, indent=2) for one in found), output)
        return
    if format is Format.JSON:
        listed = [{"id": d.id, "subject": d.subject, "for": d.reader, "apply": d.apply, "body": d.body} for d in found]
        emit(json.dumps({"schema_version": 1, "documents": listed}, indent=2), output)
        return
    parts = [f"# {d.id} of {d.subject} — {d.reader}\n# {d.apply}\n{json.dumps(d.body, indent=2)}" for d in found]
    emit("\n\n".join(parts), output)
