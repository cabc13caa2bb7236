"""The Encord-compatible platform: what the unmodified `encord` SDK talks to in the sandbox.

It acts on the buckets as Encord does: it assumes the integration's role, reads the
objects that a registration names, and writes the video of an image sequence. Whatever
Encord's documentation does not say is chosen here and said so where it is chosen.
"""
