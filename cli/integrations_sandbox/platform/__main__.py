"""Run the platform: `python -m integrations_sandbox.platform --port 8123 --data FOLDER`.

It listens on 127.0.0.1 and nowhere else: requests of the older API could be sent again by
whoever sees them, and the data folder holds keys.
"""

from __future__ import annotations

import argparse
import gc
import sys
from pathlib import Path

import uvicorn

from integrations.errors import IntegrationsError
from integrations_sandbox.platform.app import create_app

ADDRESS = "127.0.0.1"
GOODBYE_SECONDS = 1  # how long open long polls may hold up the end


def main() -> int:
    """Serve until terminated; returns the exit code."""
    parser = argparse.ArgumentParser(prog="integrations_sandbox.platform", description=__doc__)
    parser.add_argument("--port", type=int, required=True, help=f"port on {ADDRESS}")
    parser.add_argument("--data", type=Path, required=True, help="folder of the database and the settings")
    options = parser.parse_args()
    try:
        app = create_app(options.data)
    except IntegrationsError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    # Thousands of records live as long as a batch does; looking at all of them for cycles took a third of the time.
    gc.set_threshold(100_000, 50, 50)
    uvicorn.run(
        app, host=ADDRESS, port=options.port, log_level="warning", access_log=False,
        timeout_graceful_shutdown=GOODBYE_SECONDS, timeout_keep_alive=75,
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
