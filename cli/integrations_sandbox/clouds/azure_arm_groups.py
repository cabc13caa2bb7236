"""Subscriptions and resource groups.

https://learn.microsoft.com/en-us/rest/api/resources/resource-groups
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from integrations_sandbox.clouds import azure_arm_access as access
from integrations_sandbox.clouds.azure_arm_call import ARM, ArmError, Call, Reply, group_key, location_of, part
from integrations_sandbox.clouds.azure_arm_storage import remove_account
from integrations_sandbox.clouds.azure_state import Group

# https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/resource-name-rules#microsoftresources
NAME = re.compile(r"[\w.()-]{0,89}[\w()-]")


def shown(group: Group) -> dict[str, Any]:
    """A resource group as Azure shows it."""
    return {
        "id": group.id,
        "name": group.name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": group.location,
        "tags": group.tags,
        "properties": {"provisioningState": "Succeeded"},
    }


async def subscription(call: Call) -> Reply:
    found = call.names["subscription"]
    shown = {"id": f"/subscriptions/{found}", "subscriptionId": found, "tenantId": call.state.subscriptions[found]}
    return Reply(200, {**shown, "displayName": "sandbox", "state": "Enabled"})


async def put(call: Call) -> Reply:
    key, name = group_key(call.names["subscription"], call.names["group"]), call.names["group"]
    if not NAME.fullmatch(name):
        raise ArmError(400, "InvalidResourceGroup", f"The provided resource group name '{name}' is not valid.")
    location, old = location_of(call.body), call.state.groups.get(key)
    if old is not None and old.location != location:
        raise ArmError(
            409, "InvalidResourceGroupLocation",
            f"Invalid resource group location '{location}'. The Resource group already exists in location "
            f"'{old.location}'.",
        )  # fmt: skip
    name = old.name if old else name
    made = Group(call.names["subscription"], name, location, part(call.body, "tags"))
    call.state.groups[key] = made
    call.store.save()
    return Reply(200 if old else 201, shown(made))


async def patch(call: Call) -> Reply:
    made = msgspec.structs.replace(call.group(), tags=part(call.body, "tags"))
    call.state.groups[group_key(made.subscription, made.name)] = made
    call.store.save()
    return Reply(200, shown(made))


async def get(call: Call) -> Reply:
    return Reply(200, shown(call.group()))


async def head(call: Call) -> Reply:
    return Reply(204 if group_key(call.names["subscription"], call.names["group"]) in call.state.groups else 404)


async def listed(call: Call) -> Reply:
    found = [g for g in call.state.groups.values() if g.subscription == call.names["subscription"]]
    return Reply(200, {"value": [shown(group) for group in found]})


async def delete(call: Call) -> Reply:
    """Everything in the group goes with it; who asks is sent to a place that says when it is done
    (https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/async-operations)."""
    group = call.group()
    inside = [a for a in call.state.accounts.values() if (a.subscription, a.group) == (group.subscription, group.name)]
    for account in inside:
        await remove_account(call, account)
    call.state.groups.pop(group_key(group.subscription, group.name), None)  # two may delete it at once
    access.forget(call.state, group.id)
    call.store.save()
    where = f"{ARM}/subscriptions/{group.subscription}/operationresults/{group.name}?api-version=2021-04-01"
    return Reply(202, headers={"Location": where, "Retry-After": "1"})


async def deletion(call: Call) -> Reply:
    """Whether a deletion is done."""
    return Reply(202 if group_key(call.names["subscription"], call.names["group"]) in call.state.groups else 200)
