"""Shared by tests/ and evals/: pytester for the plugin's own tests."""

pytest_plugins = ["pytester"]
