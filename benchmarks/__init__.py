"""Benchmarks: ours beside what a user would pick instead, in one run, as ratios. `python -m benchmarks [NAME]`."""
