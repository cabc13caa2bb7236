"""A typed environment: its configuration, what its stack made, and the machine it is worked on from."""
