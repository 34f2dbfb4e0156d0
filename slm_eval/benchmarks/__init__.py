"""The packaged benchmarks, built from the public API."""
