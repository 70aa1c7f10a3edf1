"""Fixtures of all tests."""

pytest_plugins = ["tests.fixtures_db", "tests.fixtures_api", "tests.left_out"]
