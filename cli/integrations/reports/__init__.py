"""Pure renderers: a list of records in, text out."""
