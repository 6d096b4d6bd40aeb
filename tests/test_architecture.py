"""The house plan as rules over the source: floors, imports, state, sizes.

Each rule is a function from parsed modules to a list of breaches, so that it can be shown to bite on planted code.
"""

import ast
import functools
import graphlib
import itertools
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "hlrframe"

#: From the ground up: a package may import those before it, through their fronts.
PACKAGES = (
    *("errors", "system", "model", "phone", "store", "provider", "run", "report", "emulator", "frames", "files"),
    *("polars", "pandas", "cli", "__main__"),
)
#: Packages that do not know each other, whatever their order.
STRANGERS = ({"phone", "provider"}, {"store", "provider"})

#: Outside packages that only some packages may import; one that is not named here may import none of them.
RESERVED = {
    "narwhals": {"frames", "report"},
    "httpx": {"provider", "emulator"},
    "httptools": {"provider"},
    "duckdb": {"report"},
    "altair": {"report"},
    "pandas": {"pandas"},
    "obstore": {"store"},
    "filelock": {"system"},
    "cryptography": {"store"},
    "fastexcel": set(),
    "xlsxwriter": set(),
}
#: What values and decisions do without: clocks, threads, processes, the system. Chance comes in as an argument.
IMPURE = {"asyncio", "logging", "os", "secrets", "socket", "subprocess", "tempfile", "threading", "time"}
PURE = (
    "hlrframe.errors",
    "hlrframe.model",
    "hlrframe.phone",
    "hlrframe.provider.hlr_lookup.wire",
    "hlrframe.run.schedule",
)

MUTABLE = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
MAKERS = {"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: The body of a class that has too many.
METHODS = "".join(f"  def m{number}(self): ...\n" for number in range(16))


@dataclass(frozen=True)
class Module:
    """One file of the package under its full name."""

    name: str
    source: str

    @functools.cached_property
    def tree(self):
        """The file as syntax."""
        return ast.parse(self.source, filename=self.name)

    @property
    def part(self):
        """The module or package directly under hlrframe; empty for hlrframe itself."""
        return part_of(self.name)


def part_of(name):
    return name.partition(".")[2].partition(".")[0]


def load(root):
    """Gives every module under a package folder by its full name."""
    modules = {}
    for path in sorted(root.rglob("*.py")):
        names = ("hlrframe", *path.relative_to(root).with_suffix("").parts)
        name = ".".join(names[:-1] if names[-1] == "__init__" else names)
        modules[name] = Module(name, path.read_text(encoding="utf-8"))
    return modules


def imported(module) -> Iterator[str]:
    """Gives every name that is imported anywhere in a module, under ``if TYPE_CHECKING`` and in functions too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def edges(module, modules):
    """Gives the modules of the package that a module imports."""
    inside = [name for name in imported(module) if name.split(".")[0] == "hlrframe"]
    return {name if name in modules else name.rpartition(".")[0] or name for name in inside}


def homeless(modules):
    return sorted({module.part for module in modules.values()} - {"", *PACKAGES})


def upward(modules):
    rank = {name: place for place, name in enumerate((*PACKAGES, ""))}
    return [
        f"{name} imports {other}"
        for name, module in modules.items()
        for other in edges(module, modules)
        if module.part != part_of(other) and rank.get(part_of(other), 0) >= rank.get(module.part, 0)
    ]


def strange(modules):
    return [
        f"{name} imports {other}"
        for name, module in modules.items()
        for other in edges(module, modules)
        for group in STRANGERS
        if {module.part, part_of(other)} <= group and module.part != part_of(other)
    ]


def past_the_front(modules):
    """Gives the imports that reach into another package; a user's own modules of the root are no fronts."""
    return [
        f"{name} imports {node.module}"
        for name, module in modules.items()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hlrframe.")
        if module.part not in {"", part_of(node.module)} and node.module.count(".") > 1
    ]


def cycle(modules):
    graph = {name: edges(module, modules) - {name} for name, module in modules.items()}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def out_of_bounds(modules):
    return [
        f"{module.name} imports {name}"
        for module in modules.values()
        for name in imported(module)
        if module.part not in RESERVED.get(name.split(".")[0], {module.part})
    ]


def impure(modules):
    return [
        f"{module.name} imports {name}"
        for module in modules.values()
        for name in imported(module)
        if module.name.startswith(PURE) and name.split(".")[0] in IMPURE
    ]


def at_import(node) -> Iterator[ast.AST]:
    """Gives the nodes that run when a module is imported: everything but the bodies of functions."""
    yield node
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        children = [*getattr(node, "decorator_list", []), *node.args.defaults, *filter(None, node.args.kw_defaults)]
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from at_import(child)


def reads_environment(modules):
    names = {"environ", "environb", "getenv"}
    return [
        f"{module.name}:{node.lineno}"
        for module in modules.values()
        for node in at_import(module.tree)
        if (isinstance(node, ast.Attribute) and node.attr in names) or (isinstance(node, ast.Name) and node.id in names)
    ]


def is_mutable(value):
    called = value.func if isinstance(value, ast.Call) else None
    return isinstance(value, MUTABLE) or getattr(called, "attr", getattr(called, "id", None)) in MAKERS


def is_constant(name, annotation):
    return name == "__all__" or name.isupper() or "Final" in annotation


def assignments(body) -> Iterator[tuple[str, str, ast.expr, int]]:
    """Gives name, annotation, value and line of the assignments in a body and in its if, try and with blocks."""
    for node in body:
        if isinstance(node, ast.Assign):
            yield from ((ast.unparse(each), "", node.value, node.lineno) for each in node.targets)
        elif isinstance(node, ast.AnnAssign) and node.value:
            yield ast.unparse(node.target), ast.unparse(node.annotation), node.value, node.lineno
        elif isinstance(node, (ast.If, ast.Try, ast.With)):
            yield from assignments([child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)])


def state(modules):
    kept = [
        f"{module.name}:{line} {name}"
        for module in modules.values()
        for name, annotation, value, line in assignments(module.tree.body)
        if is_mutable(value) and not is_constant(name, annotation)
    ]
    rebound = [
        f"{module.name}:{node.lineno} global {', '.join(node.names)}"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global)
    ]
    return kept + rebound


def lengths(modules):
    """Gives the lines of every function, its docstring apart: a signature's account may be as long as it needs."""
    return {
        f"{module.name}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1 - docstring_lines(node)
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, FUNCTIONS)
    }


def docstring_lines(function):
    if ast.get_docstring(function) is None:
        return 0
    first = function.body[0]
    return first.end_lineno - first.lineno + 1


def too_long(modules):
    functions = [f"{name}: {lines} lines" for name, lines in lengths(modules).items() if lines > 50]
    files = {name: len(module.source.splitlines()) for name, module in modules.items()}
    return functions + [f"{name}: {lines} lines" for name, lines in files.items() if lines > 400]


def too_many_methods(modules):
    """Gives the classes with more than 15 methods and no line ``# Many methods: ...`` above them that says why."""
    return [
        f"{module.name}.{node.name}: {count} methods"
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
        if (count := sum(isinstance(each, FUNCTIONS) for each in node.body)) > 15
        if not any(each.startswith("# Many methods: ") for each in comment_above(module, node))
    ]


def comment_above(module, node):
    """Gives the lines of the comment that ends directly above a class."""
    first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
    above = reversed(module.source.splitlines()[: first - 1])
    return list(itertools.takewhile(lambda line: line.startswith("#"), above))


@pytest.fixture(scope="module")
def modules():
    return load(SOURCE)


def test_every_package_has_its_place(modules):
    """A new package is put in the list on purpose, and every one of the list is there."""
    assert homeless(modules) == []
    assert {module.part for module in modules.values()} == {"", *PACKAGES}


def test_the_house_has_few_rooms():
    """A stranger finds at most twelve things at the top, the public modules apart."""
    public = {"__init__.py", "__main__.py", "polars.py", "pandas.py", "py.typed", "__pycache__"}
    assert len({path.name for path in SOURCE.iterdir()} - public) <= 12


def test_imports_go_down(modules):
    """A package imports only from those before it; nobody imports the root."""
    assert upward(modules) == []


def test_rooms_on_one_floor_do_not_know_each_other(modules):
    """The provider meets numbers and the store in the run alone."""
    assert strange(modules) == []


def test_a_package_is_entered_by_its_front(modules):
    """Others import what a package's own ``__init__`` gives, so that its inside can change."""
    assert past_the_front(modules) == []


def test_a_front_draws_what_is_inside(modules):
    """The docstring of a package names each of its modules and packages."""
    missing = [
        f"{front.name} says nothing of {name}"
        for front in modules.values()
        for name in modules
        if name.rpartition(".")[0] == front.name != "hlrframe" and name.rpartition(".")[2] != "__main__"
        if name.rpartition(".")[2] not in (ast.get_docstring(front.tree) or "")
    ]
    assert missing == []


def test_no_import_goes_round(modules):
    """There is no cycle of imports, those under TYPE_CHECKING and in functions included."""
    assert cycle(modules) == []


def test_outside_packages_stay_behind_their_doors(modules):
    """narwhals, httpx and duckdb are each imported by the modules that are their door; pandas by none."""
    assert out_of_bounds(modules) == []


def test_no_door_is_left_open(modules):
    """Whoever may import an outside package does: a permission that nobody uses any more is taken back."""
    unused = [
        f"{part} and {name}"
        for name, parts in RESERVED.items()
        for part in parts
        if not any(re.search(rf"\b{name}\b", each.source) for each in modules.values() if each.part == part)
    ]
    assert unused == []


def test_values_and_decisions_touch_nothing(modules):
    """Values, the provider's JSON and the schedule have no clock, no threads, no files of their own, no asyncio."""
    assert impure(modules) == []


def test_importing_reads_no_environment(modules):
    """The environment is read when somebody asks, never at import."""
    assert reads_environment(modules) == []


def test_modules_hold_no_state(modules):
    """A module-level list, dict or set is a constant by name or annotation, and nothing is rebound with global."""
    assert state(modules) == []


def test_functions_and_modules_stay_short(modules):
    """No function has more than 50 lines, its docstring apart, and no module more than 400."""
    assert too_long(modules) == []


def test_classes_hold_one_idea(modules):
    """A class has at most 15 methods, or says directly above it why they belong together."""
    assert too_many_methods(modules) == []


def test_most_functions_are_shorter_still(modules):
    """Half of the functions have at most 8 lines, nine in ten at most 30."""
    counts = sorted(lengths(modules).values())
    assert statistics.median(counts) <= 8
    assert counts[len(counts) * 9 // 10] <= 30


def plant(root, files):
    """Writes a small package and loads it."""
    for name, source in {"__init__": "", **files}.items():
        path = root.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(source, encoding="utf-8")
    return load(root)


@pytest.mark.parametrize(
    ("rule", "files", "breach"),
    [
        pytest.param(homeless, {"misc": ""}, "misc", id="no floor"),
        pytest.param(upward, {"errors": "import hlrframe.run", "run": ""}, "hlrframe.run", id="floor"),
        pytest.param(upward, {"errors": "from hlrframe import model", "model": ""}, "hlrframe.model", id="order"),
        pytest.param(upward, {"cli": "import hlrframe"}, "imports hlrframe", id="root"),
        pytest.param(upward, {"run": "def f():\n from hlrframe.cli import g", "cli": ""}, "hlrframe.cli", id="lazy"),
        pytest.param(upward, {"model": "from hlrframe.store.parts import P"}, "hlrframe.store", id="package"),
        pytest.param(
            strange, {"provider": "from hlrframe.store import S", "store": ""}, "hlrframe.store", id="strange"
        ),
        pytest.param(past_the_front, {"run": "from hlrframe.store.parts import P"}, "store.parts", id="front"),
        pytest.param(
            cycle,
            {"store.a": "if TYPE_CHECKING:\n from hlrframe.store.b import B", "store.b": "import hlrframe.store.a"},
            "hlrframe.store.b",
            id="cycle",
        ),
        pytest.param(out_of_bounds, {"frames": "import pandas as pd"}, "pandas", id="pandas"),
        pytest.param(out_of_bounds, {"run": "from httpx import AsyncClient"}, "httpx", id="httpx"),
        pytest.param(impure, {"run.schedule.scheduler": "from time import monotonic"}, "time", id="clock"),
        pytest.param(reads_environment, {"cli": "import os\ndef f(key=os.environ['K']): ..."}, ":2", id="environ"),
        pytest.param(reads_environment, {"cli": "class C:\n  key = getenv('K')"}, ":2", id="getenv"),
        pytest.param(state, {"cli": "try:\n  cache = {}\nexcept E: ..."}, "cache", id="display"),
        pytest.param(state, {"cli": "seen: dict[str, int] = defaultdict(int)"}, "seen", id="call"),
        pytest.param(state, {"cli": "def f():\n  global x\n  x = 1"}, "global x", id="global"),
        pytest.param(too_long, {"cli": "def f():\n" + "  x()\n" * 50}, "f: 51 lines", id="function"),
        pytest.param(too_long, {"cli": "x()\n" * 401}, "cli: 401", id="module"),
        pytest.param(too_many_methods, {"cli": f"# Many\nclass C:\n{METHODS}"}, "C: 16 methods", id="methods"),
    ],
)
def test_the_rules_bite(tmp_path, rule, files, breach):
    """Each rule names the breach in a package that was planted with one."""
    assert any(breach in each for each in rule(plant(tmp_path, files)))


@pytest.mark.parametrize(
    ("rule", "files"),
    [
        pytest.param(upward, {"cli": "from hlrframe import errors", "errors": ""}, id="down"),
        pytest.param(upward, {"store.a": "import hlrframe.store.b", "store.b": ""}, id="inside a package"),
        pytest.param(upward, {"__init__": "from hlrframe.cli import main", "cli": ""}, id="the root re-exports"),
        pytest.param(out_of_bounds, {"emulator.app": "import httpx"}, id="a door"),
        pytest.param(reads_environment, {"cli": "import os\ndef f():\n  return os.environ"}, id="asked"),
        pytest.param(state, {"errors": "WORDS = {}\n_x: Final = []\n__all__ = []\ny = ()"}, id="constants"),
        pytest.param(
            too_many_methods, {"cli": f"# Many methods: an event each,\n# all told.\n@d\nclass C:\n{METHODS}"}, id="why"
        ),
        pytest.param(too_long, {"errors": "def f():\n  '''" + "doc\n" * 60 + "'''"}, id="a long docstring"),
    ],
)
def test_the_rules_let_pass_what_is_right(tmp_path, rule, files):
    """No rule complains of what the plan allows."""
    assert rule(plant(tmp_path, files)) == []
