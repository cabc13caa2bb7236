"""What the platform answers, one module per subject. Paths and shapes are those of the `encord` SDK 0.1.211."""
