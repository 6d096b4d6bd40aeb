"""What is given out: the page of licences, the bill of materials, and what the package says of itself."""

import importlib.util
import json
import re
import tomllib
from importlib import metadata

import pytest

import hlrframe
from helpers.docs import DOCS, ROOT, table

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def maker():
    """The script that makes the page of licences."""
    spec = importlib.util.spec_from_file_location("make_licences", DOCS / "make_licences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def locked(maker):
    """What comes along by the lock file."""
    return maker.parts(tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8")))


def test_every_package_that_comes_along_has_its_licence(locked):
    """The page names each package of the lock file, at its version, for what it is needed; see make_licences.py."""
    shown = [(name, version, needed) for name, version, _, needed in table(DOCS / "licences.md", "package")]
    assert shown == [(each.name, each.version, ", ".join(each.extras) or "always") for each in locked]


def test_licences_are_what_packages_say(maker):
    """What the page says of an installed package, at the version that it names, is what the package says."""
    for name, version, said, _ in table(DOCS / "licences.md", "package"):
        installed = maker.licence(name)
        if installed is not None and _version(name) == version:
            assert said == installed, name
        assert said != "not installed here", name


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def test_nothing_comes_along_that_binds_its_users(locked):
    """No package that comes along is under a licence that reaches over to what uses it."""
    assert [row[0] for row in table(DOCS / "licences.md", "package") if re.search(r"\b(A?GPL|SSPL)", row[2])] == []


def test_the_bill_of_materials_is_the_page(maker):
    """Machines read the same packages, versions and licences as people."""
    rows = [
        (maker.Part(n, v, () if w == "always" else (w,)), s) for n, v, s, w in table(DOCS / "licences.md", "package")
    ]
    made = json.loads(maker.bill(rows, PROJECT["version"]))
    assert json.loads((DOCS / "sbom.cdx.json").read_text(encoding="utf-8")) == made


def test_the_version_is_said_once():
    """The package says the version that it is built under."""
    assert hlrframe.__version__ == PROJECT["version"]


def test_what_the_package_says_of_its_pythons_is_so():
    """The classifiers begin with the oldest Python that is allowed, and the workflow tries each."""
    classified = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    workflow = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    tried = re.findall(r'"(3\.\d+)"', next(line for line in workflow.splitlines() if "python: [" in line))
    assert classified == tried
    assert PROJECT["requires-python"] == f">={classified[0]}"
