"""Submissions beside a plain loop over the SDK, and what is left after everything has gone wrong."""
