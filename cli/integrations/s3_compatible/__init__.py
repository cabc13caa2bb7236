"""Working with OBS and other S3-compatible stores: the client, and the resource that `pulumi up` makes."""
