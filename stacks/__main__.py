"""The Pulumi program: every integration of the environment, provisioned by its cloud's module."""

from __future__ import annotations

import pulumi

from config import load_settings

settings = load_settings()

for name, integration in settings.integrations.items():
    # Imported here, because an environment pays only for the providers of its own clouds.
    import aws

    outputs = aws.provision(integration, settings)
    pulumi.export(name, outputs)
