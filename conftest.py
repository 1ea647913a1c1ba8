"""Gives every test in the repository the services and fixtures of `tests.support`."""

pytest_plugins = ["tests.support.fixtures", "tests.support.apps"]
