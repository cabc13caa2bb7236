"""The console: a page on which a person sees what the platform has, with pictures straight from the buckets.

The page is read-only. Every medium is loaded by the browser itself, through a signed URL and
with CORS in force, as Encord's editor loads it: so a picture appears exactly when CORS is right.
"""
