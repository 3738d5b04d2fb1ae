"""Lets the tests import the tools that stand beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest

import deploy
from stage import Stage


@pytest.fixture(scope="session")
def stage():
    """The deployed product, every function under its own role."""
    missing = deploy.built()
    assert not missing, f"not built: {missing}; run `make build PROFILE=dev`"
    with Stage(enforce_iam=True) as running:
        yield running
