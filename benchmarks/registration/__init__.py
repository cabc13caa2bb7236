"""Registration files: validating, building."""
