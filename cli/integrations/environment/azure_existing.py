"""What the owner of an existing storage account has there now, read with the operator's own credentials."""

from __future__ import annotations

from integrations.access import azure as access
from integrations.access.azure_documents import Existing
from integrations.azure_client import AzureError, Session, why
from integrations.environment.azure import AzureIntegration


def read_existing(integration: AzureIntegration) -> dict[str, Existing]:
    """The account's CORS rules, by its name; what may not be read is said, and never taken for empty."""
    if integration.account.ownership == "create":
        return {}
    session = Session(integration.tenant)
    from azure.core.exceptions import ClientAuthenticationError
    from requests import RequestException

    try:
        service = session.read(f"{access.account_id(integration)}/blobServices/default")
        rules = service["properties"].get("cors", {}).get("corsRules", [])
        found = Existing(tuple(rules))
    except AzureError as error:
        found = Existing(unread=f"the account's rules could not be read ({error.code})")
    except ClientAuthenticationError as error:
        found = Existing(unread=f"there is no way to ask Azure: {why(error)}")
    except RequestException as error:
        found = Existing(unread=f"the account's rules could not be read ({type(error).__name__})")
    return {integration.account.name: found}
