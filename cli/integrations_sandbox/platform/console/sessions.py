"""Who may look: tokens that a person gets in the address of the page, and that are forgotten at a restart."""

from __future__ import annotations

import secrets
import time

from integrations_sandbox.platform.auth import token_digest

SECONDS = 12 * 3600


class Sessions:
    """The sessions of one running platform. A token opens the console and nothing else."""

    def __init__(self) -> None:
        self._ends: dict[str, float] = {}

    def begin(self) -> str:
        """A new session's token."""
        token = secrets.token_urlsafe(32)
        self._ends[token_digest(token)] = time.time() + SECONDS
        return token

    def admits(self, token: str | None) -> bool:
        """Whether this is the token of a session that has not ended."""
        return token is not None and time.time() < self._ends.get(token_digest(token), 0)
