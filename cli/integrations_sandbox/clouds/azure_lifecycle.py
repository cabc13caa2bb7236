"""The lifecycle policy of a storage account, which is kept and shown; no blob is moved here, because no day passes.

https://learn.microsoft.com/en-us/rest/api/storagerp/management-policies
"""

from __future__ import annotations

import msgspec

from integrations_sandbox.clouds.azure_arm_call import ArmError, Call, Reply, keep, part
from integrations_sandbox.clouds.azure_state import Account


async def put(call: Call) -> Reply:
    if not part(call.properties, "policy").get("rules"):
        raise ArmError(400, "InvalidRequestPropertyValue", "A lifecycle policy has at least one rule.")
    return Reply(200, _shown(keep(call, msgspec.structs.replace(call.account(), lifecycle=call.properties))))


async def get(call: Call) -> Reply:
    account = call.account()
    if not account.lifecycle:
        text = f"No ManagementPolicy found for account {account.name}"
        raise ArmError(404, "ManagementPolicyNotFound", text)
    return Reply(200, _shown(account))


async def delete(call: Call) -> Reply:
    account = call.account()
    keep(call, msgspec.structs.replace(account, lifecycle={}))
    return Reply(200 if account.lifecycle else 204)


def _shown(account: Account) -> dict[str, object]:
    return {
        "id": f"{account.id}/managementPolicies/default",
        "name": "DefaultManagementPolicy",
        "type": "Microsoft.Storage/storageAccounts/managementPolicies",
        "properties": account.lifecycle,
    }
