"""The rules of the pack, imported as the pack imports them, and a way to put resources before them."""

from __future__ import annotations

import sys
from pathlib import Path

POLICIES = str(Path(__file__).parents[3] / "policies")
if POLICIES not in sys.path:
    sys.path.append(POLICIES)  # at the end: its modules have short names
