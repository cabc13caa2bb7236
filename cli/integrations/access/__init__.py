"""What Encord needs from each cloud, stated once.

Pure functions from a typed integration to documents: plain values, no cloud, no
Pulumi. The stacks provision them, the policies enforce them, the checks verify
them; nothing about access is written a second time anywhere else.
"""
