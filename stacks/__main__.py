"""The Pulumi program: every integration of the environment, provisioned by its cloud's module."""

from __future__ import annotations

import pulumi

from config import load_settings

settings = load_settings()
clouds = {integration.cloud for integration in settings.integrations.values()}

# A cloud's module is imported only where it is needed: an environment pays for the providers of its own clouds.
if "aws" in clouds:
    import aws

    for name, outputs in aws.provision(settings).items():
        pulumi.export(name, outputs)
if "gcp" in clouds:
    import gcp

    for name, outputs in gcp.provision(settings).items():
        pulumi.export(name, outputs)
if "azure" in clouds:
    import azure_storage

    for name, outputs in azure_storage.provision(settings).items():
        pulumi.export(name, outputs)
if clouds & {"otc", "s3"}:
    import s3_compatible

    for name, outputs in s3_compatible.provision(settings).items():
        pulumi.export(name, outputs)
