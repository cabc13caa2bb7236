"""The command line: one file per command group. Options in, a plain function called, the result rendered, an exit code out."""
