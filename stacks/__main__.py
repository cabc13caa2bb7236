"""The Pulumi program: every integration of the environment, provisioned by its cloud's module."""

from __future__ import annotations

import pulumi

from config import load_settings

settings = load_settings()

# A cloud's module is imported only where it is needed: an environment pays for the providers of its own clouds.
if any(integration.cloud == "aws" for integration in settings.integrations.values()):
    import aws

    checkers = aws.provision_checkers(settings)
    for name, integration in settings.integrations.items():
        pulumi.export(name, aws.provision(integration, settings, checkers))
