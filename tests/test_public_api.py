import asyncio
import dataclasses
import importlib.metadata
import importlib.resources
import inspect
import subprocess
import sys
from enum import Enum
from types import ModuleType

import pytest

import hlrframe
from hlrframe.system import sealed

#: Slow to import or large in memory: a caller who does not use them should not pay for them.
HEAVY = {"altair", "dask", "duckdb", "ipywidgets", "IPython", "pandas", "ray"}


def public(name):
    return getattr(hlrframe, name)


def functions():
    """Gives every public function and method that this package defines, by its dotted name."""
    for name in hlrframe.__all__:
        thing = public(name)
        if isinstance(thing, ModuleType):
            yield from ((f"{name}.{each}", getattr(thing, each)) for each in thing.__all__)
        elif inspect.isclass(thing):
            yield from ((f"{name}.{each}", method) for each, method in methods(thing))
        elif name != "__version__":
            yield name, thing


def methods(thing):
    """Gives the public methods of a class, and its constructor where it was written by hand."""
    made = dataclasses.is_dataclass(thing) or issubclass(thing, (Enum, tuple, Exception))
    for name, method in inspect.getmembers(thing, inspect.isroutine):
        if not callable(method):  # to Python 3.13 a cached property is a routine
            continue
        ours = getattr(method, "__module__", None) or ""
        if ours.startswith("hlrframe") and (not name.startswith("_") or (name == "__init__" and not made)):
            yield name, method


def test_every_function_says_what_it_does():
    """Each public function and method has a docstring; a constructor's stands in its class."""
    named = [(name, function) for name, function in functions() if not name.endswith("__init__")]
    assert named
    assert [name for name, function in named if not inspect.getdoc(function)] == []


def by_position(function):
    """Gives the parameters that a call can fill without naming them."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind in kinds and each.name not in ("self", "cls")]


def test_all_is_sorted():
    """The list of public names reads like an index, each name once."""
    assert list(hlrframe.__all__) == sorted(set(hlrframe.__all__))


def test_all_is_the_public_namespace():
    """What can be seen without an underscore is what is promised, modules that were merely imported apart."""
    seen = {name for name in dir(hlrframe) if not name.startswith("_") and not is_part(public(name))}
    promised = {name for name in hlrframe.__all__ if not is_part(public(name))}
    assert seen == promised - {"__version__"}


def is_part(thing):
    return isinstance(thing, ModuleType) and thing.__name__.startswith("hlrframe.")


@pytest.mark.parametrize(
    "name",
    [
        *("Client", "Settings", "Store", "emulator", "enrich", "enrich_async", "enrich_file", "enrich_with_report"),
        *("estimate", "lookup", "summarize"),
    ],
)
def test_the_names_of_the_plan_are_public(name):
    """The names that users are told of are there, whatever else is."""
    assert name in hlrframe.__all__
    assert name in dir(hlrframe)


def test_every_name_resolves_and_says_what_it_is():
    """Each public name is there and, values apart, has a docstring of its own."""
    assert hlrframe.__all__
    silent = [name for name in hlrframe.__all__ if name != "__version__" and not inspect.getdoc(public(name))]
    assert silent == []


def test_parameters_after_the_second_are_keyword_only():
    """A call reads by itself: at most two arguments go by position, and three where a file goes to a file."""
    counted = {name: by_position(function) for name, function in functions() if inspect.isroutine(function)}
    assert any(counted.values())
    files = ["source", "destination", "column"]
    assert {name: names for name, names in counted.items() if len(names) > 2} == {
        "clean_file": files,
        "enrich_file": files,
    }


def test_importing_brings_in_nothing_heavy():
    """``import hlrframe`` imports neither pandas nor duckdb nor altair nor a cluster."""
    script = "import sys, hlrframe; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=50)
    assert HEAVY & set(done.stdout.split()) == set()
    assert "hlrframe" in done.stdout.split()


HELP = """
import sys
from hlrframe.cli import main
code = main(["--help"])
print(code, *{name.partition(".")[0] for name in sys.modules}, file=sys.stderr)
"""


def test_help_waits_for_no_library():
    """``hlrframe --help`` loads neither columns nor HTTP: it is there at once."""
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True, timeout=50)
    code, *loaded = done.stderr.split()
    assert (code, "usage: hlrframe" in done.stdout) == ("0", True)
    assert {"polars", "pyarrow", "httpx", "duckdb", "phonenumbers"} & set(loaded) == set()


def test_each_name_is_loaded_from_where_it_is_at_home():
    """The table of the root speaks of public names alone, and every name comes from the front it names."""
    assert set(hlrframe._HOMES) <= set(hlrframe.__all__)
    with pytest.raises(AttributeError, match="nothing_such"):
        public("nothing_such")


def test_importing_says_nothing():
    """``import hlrframe`` prints nothing and warns of nothing."""
    command = [sys.executable, "-c", "import hlrframe"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_version_is_that_of_the_distribution():
    """``__version__`` and the installed metadata cannot disagree."""
    assert hlrframe.__version__ == importlib.metadata.version("hlrframe")


def test_the_package_is_typed():
    """The marker that lets type checkers read the package is shipped with it."""
    assert importlib.resources.files("hlrframe").joinpath("py.typed").is_file()


def test_one_base_catches_every_error():
    """Each public error descends from the one that catches them all, or is a warning."""
    errors = [public(name) for name in hlrframe.__all__ if inspect.isclass(public(name))]
    errors = [each for each in errors if issubclass(each, Exception)]
    assert errors
    assert [each for each in errors if not issubclass(each, (hlrframe.HlrframeError, Warning))] == []


@pytest.mark.parametrize(
    ("function", "keyword", "words"),
    [
        ("enrich", "region", "did you mean 'region_column'\\? what to ask and how goes into settings="),
        ("enrich_async", "colums", "did you mean 'columns'"),
        ("clean", "defaultregion", "did you mean 'default_region'"),
        ("enrich_file", "max_credits", "what to ask and how goes into settings="),
        ("select", "textible", "did you mean 'textable'"),
        ("Store", "pth", "did you mean 'path'"),
    ],
)
def test_a_keyword_that_is_none_is_guessed_at(function, keyword, words):
    """A keyword that a function does not have is refused with what was probably meant, and where settings go."""

    def call():
        called = public(function)(**{keyword: "x"})
        return asyncio.run(called) if inspect.isawaitable(called) else called

    with pytest.raises(TypeError, match=f"unexpected keyword argument '{keyword}': {words}"):
        call()


def test_a_mistake_further_in_is_left_alone():
    """What a function of this package calls wrongly is not taken for a mistake of its caller."""

    @sealed
    def outer(region):
        return outer.__wrapped__(regions=region)

    with pytest.raises(TypeError, match=r"argument 'regions'$"):
        outer("x")
