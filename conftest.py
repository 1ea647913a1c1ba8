"""Gives every test in the repository the services and fixtures of `tests.support`."""

import gc

from flask import Flask

from tests.support.url_rules import LazyRule

pytest_plugins = ["tests.support.fixtures", "tests.support.apps"]

Flask.url_rule_class = LazyRule


def pytest_collection_finish() -> None:
    """Leave what was imported out of garbage collections, which took a fifth of all time."""
    gc.collect()
    gc.freeze()
