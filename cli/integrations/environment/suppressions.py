"""Findings that a team has decided to live with for a while."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from integrations.environment.base import Record

# What a pattern means, in the words of an error message.
PATTERNS = {
    (CHECK_ID := r"^[A-Z]{3}[0-9]{3}$"): "a check's id (such as COR201)",
    # Text, because Pulumi hands a date of YAML's own to the program as a time.
    (DAY := r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"): 'a day (such as "2027-01-31", in quotes)',
}


class Suppression(Record, frozen=True):
    """Findings that do not count until a day.

    id: the check's id. reason: why, for whoever reads it later. expires: the last day that it holds, in quotes.
    integration: of which integration, all if not given. subject: of which bucket or role, all if not given.
    """

    id: Annotated[str, Meta(pattern=CHECK_ID)]
    reason: Annotated[str, Meta(min_length=1)]
    expires: Annotated[str, Meta(pattern=DAY)]
    integration: str | None = None
    subject: str | None = None

    def __post_init__(self) -> None:
        try:
            date.fromisoformat(self.expires)
        except ValueError:
            raise ValueError(f"there is no day {self.expires}") from None

    @property
    def last_day(self) -> date:
        """The last day that it holds."""
        return date.fromisoformat(self.expires)
