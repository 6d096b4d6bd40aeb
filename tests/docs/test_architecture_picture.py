"""The picture of the packages is what the imports say."""

import importlib.util

from helpers.docs import ROOT


def test_the_picture_shows_the_imports_as_they_are():
    """docs/images/house.svg is what its script draws now."""
    spec = importlib.util.spec_from_file_location("make_architecture", ROOT / "docs" / "make_architecture.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PICTURE.read_text(encoding="utf-8") == script.picture(), "run python docs/make_architecture.py"
