"""Data is never lost by a deployment: the options of everything that holds or names data."""

from __future__ import annotations

import pulumi


def keeps_data(parent: pulumi.Resource | None, *, disposable: bool, **more: object) -> pulumi.ResourceOptions:
    """Options for a resource whose loss is the loss of objects or of registered URLs.

    Outside a disposable environment it is protected (a change that would delete or replace
    it is refused) and retained (taken out of the stack, it stays in the cloud).
    """
    return pulumi.ResourceOptions.merge(
        pulumi.ResourceOptions(parent=parent, protect=not disposable, retain_on_delete=not disposable),
        pulumi.ResourceOptions(**more),  # type: ignore[arg-type]
    )
