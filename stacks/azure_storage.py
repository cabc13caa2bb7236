"""Azure: resource groups, storage accounts, containers, and what Encord may do with them.

What each is like is decided in `integrations.access.azure`; here it is only put in place. An account may serve several
integrations: one makes it, and what is granted twice is one assignment. The name of this module is not `azure`, which
is the name of Microsoft's own libraries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
from pulumi_azure_native import Provider, authorization, resources, storage

from integrations.access import azure as access
from integrations.access.outputs import outputs
from integrations.environment.azure import AzureContainer, AzureIntegration
from integrations.environment.model import Settings
from protection import keeps_data


def provision(settings: Settings) -> dict[str, dict[str, Any]]:
    """Everything on Azure. Returns the outputs by integration: the names and ids that a check or a person needs."""
    mine = [one for one in settings.integrations.values() if isinstance(one, AzureIntegration)]
    providers = {one.subscription: _provider(one) for one in {one.subscription: one for one in mine}.values()}
    made: dict[str, list[pulumi.Resource]] = {one.account.name: [] for one in mine}
    for one in mine:
        if one.account.ownership == "create":
            account = IntegrationAccount(one, settings, pulumi.ResourceOptions(providers=[providers[one.subscription]]))
            made[one.account.name].append(account)
    for one in mine:
        opts = pulumi.ResourceOptions(provider=providers[one.subscription], depends_on=list(made[one.account.name]))
        made[one.account.name] += [
            _container(one, container, settings, opts)
            for container in one.containers
            if container.ownership == "create"
        ]
    granted = {grant.name: (grant, one) for one in mine for grant in _grants(one, settings)}
    if granted:
        pulumi.info(
            f"{len(granted)} role assignments on Azure: who deploys needs {access.MAY_ASSIGN} there;"
            " `integrations doctor` says whether you have it"
        )
    for grant, one in granted.values():
        _assignment(
            grant, pulumi.ResourceOptions(provider=providers[one.subscription], depends_on=made[one.account.name])
        )
    return {one.name: outputs(one, settings) for one in mine}


def _provider(integration: AzureIntegration) -> Provider:
    subscription = integration.subscription
    return Provider(f"azure-{subscription}", subscription_id=subscription, tenant_id=integration.tenant)


def _grants(integration: AzureIntegration, settings: Settings) -> Sequence[access.Grant]:
    return access.grants(integration, settings.azure_checker(integration.tenant))


class IntegrationAccount(pulumi.ComponentResource):
    """An account of the stack's own: private, over TLS 1.2, Hot, with the CORS rules of all its containers.

    Those of others are never touched: for them there is `integrations access show`.
    """

    def __init__(self, integration: AzureIntegration, settings: Settings, opts: pulumi.ResourceOptions) -> None:
        name, wanted = integration.name, access.account_properties()
        super().__init__("encord:azure:IntegrationAccount", name, None, opts)
        keeps = keeps_data(self, disposable=settings.disposable)
        group: pulumi.Input[str] = integration.resource_group.name
        if integration.resource_group.ownership == "create":
            group = resources.ResourceGroup(
                f"{name}-group",
                resource_group_name=integration.resource_group.name,
                location=integration.account.location,
                tags=access.tags(integration),
                opts=keeps,
            ).name
        account = storage.StorageAccount(
            f"{name}-account",
            account_name=integration.account.name,
            resource_group_name=group,
            location=integration.account.location,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=f"Standard_{integration.account.redundancy}"),
            access_tier=storage.AccessTier(wanted["accessTier"]),
            allow_blob_public_access=wanted["allowBlobPublicAccess"],
            enable_https_traffic_only=wanted["supportsHttpsTrafficOnly"],
            minimum_tls_version=wanted["minimumTlsVersion"],
            tags=access.tags(integration),
            opts=keeps,
        )
        storage.BlobServiceProperties(
            f"{name}-blobs",
            account_name=account.name,
            resource_group_name=group,
            blob_services_name="default",
            cors=storage.CorsRulesArgs(cors_rules=[_cors(access.cors_rule(settings.cors_origins))]),
            **_retention(access.service_properties()),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"name": account.name})


def _container(
    integration: AzureIntegration, container: AzureContainer, settings: Settings, opts: pulumi.ResourceOptions
) -> storage.BlobContainer:
    return storage.BlobContainer(
        f"{integration.name}-{container.name}",
        account_name=integration.account.name,
        resource_group_name=integration.resource_group.name,
        container_name=container.name,
        public_access=storage.PublicAccess.NONE,
        opts=pulumi.ResourceOptions.merge(keeps_data(None, disposable=settings.disposable), opts),
    )


def _assignment(grant: access.Grant, opts: pulumi.ResourceOptions) -> None:
    authorization.RoleAssignment(
        grant.title,
        role_assignment_name=grant.name,
        scope=grant.scope,
        role_definition_id=grant.definition,
        principal_id=grant.principal,
        principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
        description=grant.why,
        opts=opts,
    )


def _cors(rule: dict[str, Any]) -> storage.CorsRuleArgs:
    return storage.CorsRuleArgs(
        allowed_origins=rule["allowedOrigins"],
        allowed_methods=rule["allowedMethods"],
        allowed_headers=rule["allowedHeaders"],
        exposed_headers=rule["exposedHeaders"],
        max_age_in_seconds=rule["maxAgeInSeconds"],
    )


def _retention(wanted: dict[str, Any]) -> dict[str, Any]:
    containers, blobs = wanted["containerDeleteRetentionPolicy"], wanted["deleteRetentionPolicy"]
    return {
        "container_delete_retention_policy": storage.DeleteRetentionPolicyArgs(**containers),
        "delete_retention_policy": storage.DeleteRetentionPolicyArgs(**blobs),
    }
