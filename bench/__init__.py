"""Benchmarks against kubectl, side by side in one run: ``make bench``. Quote the ratios; seconds are this machine's."""
