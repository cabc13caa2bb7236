"""The command `integrations`: `--version` at once, everything else through Typer."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point of the command."""
    if sys.argv[1:] == ["--version"]:
        from integrations import __version__

        sys.stdout.write(f"integrations {__version__}\n")
        return
    from integrations.commands.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
