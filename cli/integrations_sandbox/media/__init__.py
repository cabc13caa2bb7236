"""Sample media, made by the project itself: real files of every kind, tiny, and the same on every run."""

from integrations_sandbox.media.samples import Kind, Sample, samples, write_samples

__all__ = ["Kind", "Sample", "samples", "write_samples"]
