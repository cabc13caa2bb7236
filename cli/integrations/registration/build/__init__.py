"""Builds registration files from what is in a bucket: objects, by rules, become items, in files within the limits."""
