"""What the tests of numbers share."""

from importlib import import_module

import pytest


@pytest.fixture(autouse=True, scope="module")
def columns_of_few():
    """Columns are read as long ones are, however few texts a test gives: those that are read alone are the measure."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("hlrframe.phone.parse"), "FEW", 0)  # the package has a function of that name
        yield
