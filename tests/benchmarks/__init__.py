"""Measurements: run one with ``python tests/benchmarks/bench_lookup.py``; see README.md."""
