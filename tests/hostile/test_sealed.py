"""Every way into the package is sealed: no error leaves it with frames whose locals hold numbers, keys or bodies."""

import asyncio
import dataclasses
import inspect
import traceback
from datetime import UTC, datetime
from enum import Enum
from types import ModuleType

import msgspec
import pandas as pd
import polars as pl
import pytest

import hlrframe as hf
import hlrframe.pandas as hlr_pandas
import hlrframe.polars as hlr_polars
from helpers.emulator import mobiles
from hlrframe.files.job import FileJob
from hlrframe.frames.accessors import _Method
from hlrframe.frames.stream import EnrichedBatches
from hlrframe.model import LookupKind, Question
from hlrframe.provider.hlr_lookup.session import Session
from hlrframe.store import Asked, Claim, Journal
from hlrframe.system import is_sealed, sealed, sealed_class

NUMBERS = mobiles(5)
KEY, SECRET = "k3y-of-the-account", "s3cret-of-the-account"
#: What is given to a caller beside the public names.
HANDED_OUT = [
    EnrichedBatches,
    FileJob,
    Session,
    Journal,
    Claim,
    *(getattr(hlr_polars, each) for each in hlr_polars.__all__),
]
HANDED_OUT += [getattr(hlr_pandas, each) for each in hlr_pandas.__all__]
#: Words, errors and pairs are made by Python itself.
BY_THEMSELVES = (Enum, BaseException, tuple, msgspec.Struct)


def entries():
    """Every public function, method and property of ours, by its dotted name."""
    for module in (hf, hf.emulator):
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isclass(thing):
                yield from members(thing)
            elif not isinstance(thing, ModuleType):
                yield name, thing
    for owner in HANDED_OUT:
        yield from members(owner)


def members(owner):
    for base in owner.__mro__:
        if issubclass(base, BY_THEMSELVES) or not base.__module__.startswith("hlrframe"):
            continue
        made = dataclasses.is_dataclass(base)
        for name, found in vars(base).items():
            member = found._function if isinstance(found, _Method) else found
            ours = not name.startswith("_") or (name in {"__init__", "__next__", "__enter__", "__exit__"} and not made)
            inside = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if ours and (inspect.isroutine(inside) or isinstance(member, property)):
                yield f"{owner.__name__}.{name}", member


def test_every_way_in_is_sealed():
    """Each public function, method and property is sealed, and what makes a generator or context manager inside too."""
    ways = dict(entries())
    assert len(ways) > 100
    assert [name for name, way in ways.items() if not is_sealed(way)] == []
    innermost = {name: inspect.unwrap(way) for name, way in ways.items() if callable(way)}
    running = [
        name for name, way in innermost.items() if inspect.isgeneratorfunction(way) or inspect.isasyncgenfunction(way)
    ]
    assert running
    assert [name for name in running if not runs_sealed(ways[name])] == []


def runs_sealed(way):
    """Whether a function that makes a generator is sealed by one that does, and not only as it is called."""
    kinds = []
    while way is not None:
        kinds.append(inspect.isgeneratorfunction(way) or inspect.isasyncgenfunction(way))
        way = getattr(way, "__wrapped__", None)
    return sum(kinds) > 1


def kept(error):
    """What is kept of the package's own frames, by whatever looks into them."""
    chain, texts = [error], []
    while chain:
        each = chain.pop()
        frames = [frame for frame, _ in traceback.walk_tb(each.__traceback__)]
        ours = [frame for frame in frames if "hlrframe" in frame.f_globals.get("__name__", "")]
        texts += [f"{name}={seen(value)}" for frame in ours for name, value in frame.f_locals.items()]
        chain += filter(None, (each.__cause__, each.__context__))
    return "\n".join(texts)


def seen(value, depth=3):
    """A value as a tool shows it that looks into objects, too."""
    inside = getattr(value, "__dict__", None)
    if not depth or not isinstance(inside, dict):
        return repr(value)
    return f"{value!r} {[seen(each, depth - 1) for each in inside.values()]}"


def frame():
    return pl.DataFrame({"phone": NUMBERS, "hlr_state": ["x"] * 5})


def client(**options):
    return hf.Client(KEY, SECRET, base_url="http://127.0.0.1:9/apiv2", timeout=1, **options)


def write(folder, name="in.csv", text=None):
    path = folder / name
    path.write_text(text or "phone\n" + "\n".join(f"+{each}" for each in NUMBERS), encoding="utf-8")
    return path


def damaged(folder):
    """A store whose marker is none."""
    (folder / "store").mkdir()
    (folder / "store" / "store.json").write_text("{")
    return hf.Store(folder / "store")


def journaled(folder):
    """A journal that is written once it was sealed."""
    journal = hf.Store(folder / "s").journal(Question(LookupKind.HLR, "emulator"))
    journal.seal()
    journal.write([Asked(NUMBERS, datetime.now(UTC))])


def exhausted(numbers):
    """Numbers that break off."""
    yield from numbers
    raise ZeroDivisionError


async def with_session(folder):
    async with client().session() as session:
        await session.ask([*NUMBERS, *NUMBERS * 20], wait=1)


def job(folder):
    done = FileJob(write(folder), folder / "out.csv", "phone", settings=hf.Settings())
    done.read()
    return done


def served():
    with hf.emulator.running(hf.emulator.Emulator()):
        raise ValueError(NUMBERS)


CALLS = {
    "enrich": lambda _: hf.enrich(frame(), "phone", client=client()),
    "lookup": lambda _: hf.lookup([*NUMBERS, object()], client=client()),
    "estimate": lambda _: hf.estimate(frame(), "telephone"),
    "explain": lambda _: hf.explain(frame(), 77),
    "explain an odd row": lambda _: hf.explain(frame(), 0, prefix="no_"),
    "select": lambda _: hf.select(frame(), "nonsense = ("),
    "clean": lambda _: hf.clean(frame(), "telephone"),
    "batches": lambda _: list(hf.enrich_batches(frame().drop("hlr_state").to_arrow(), "phone", client=client())),
    "file": lambda folder: hf.enrich_file(write(folder), folder / "out.xyz", "phone", client=client()),
    "file that is asked": lambda folder: hf.enrich_file(write(folder), folder / "out.csv", "phone", client=client()),
    "estimate of a file": lambda folder: hf.estimate_file(write(folder), "telephone"),
    "selection of a file": lambda folder: hf.select_file(write(folder), folder / "out.csv", "nonsense = ("),
    "job": lambda folder: job(folder).run(client()),
    "job's estimate": lambda folder: job(folder).estimate(store=folder / "in.csv"),
    "job that is made": lambda folder: FileJob(write(folder), folder / "o.csv", "tel", settings=hf.Settings()).read(),
    "summary": lambda folder: hf.summarize(write(folder)),
    "store": lambda folder: damaged(folder).scan(),
    "store that forgets": lambda folder: hf.Store(folder / "s").forget([*NUMBERS, "nobody"]),
    "store that forgets a stream": lambda folder: hf.Store(folder / "s").forget(exhausted(NUMBERS)),
    "journal": journaled,
    "history": lambda folder: damaged(folder).history(NUMBERS[0]),
    "balance": lambda _: client().balance(),
    "client": lambda _: client(transport=object()).balance(),
    "session": lambda folder: asyncio.run(with_session(folder)),
    "polars": lambda _: frame().hlr.enrich("phone", client=client()),
    "polars series": lambda _: frame()["phone"].hlr.msisdn(region="nowhere"),
    "polars expression": lambda _: frame().select(pl.struct("phone").hlr.msisdn()),
    "pandas": lambda _: frame().to_pandas().hlr.enrich("phone", client=client()),
    "pandas series": lambda _: pd.Series(NUMBERS).hlr.msisdn(region="nowhere"),
    "emulator": lambda _: served(),
    "emulator's past": lambda folder: hf.emulator.backdate(damaged(folder), hf.Store(folder / "b"), days=1),
    "budget": lambda _: hf.Budget.parse(f"{NUMBERS[0]} {SECRET}"),
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::hlrframe.IncompleteWarning")
@pytest.mark.parametrize("call", CALLS)
def test_no_error_leaves_with_numbers_or_keys_in_its_frames(tmp_path, monkeypatch, call):
    """Whatever is called, and however it fails: the frames of the package hold nobody's number and no key."""
    monkeypatch.setattr("hlrframe.run.schedule.limits.FIRST_PATIENCE", 0.0)  # nobody is there, and never will be
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each fails in its own way
        CALLS[call](tmp_path)
    told = kept(caught.value)
    assert not [each for each in (KEY, SECRET, *NUMBERS, NUMBERS[0][2:]) if each in told], told[:2000]


def test_a_sealed_generator_passes_everything_on():
    """What is sent into a sealed generator of either kind, or thrown, arrives; what it returns and raises comes out."""

    @sealed
    def plain():
        try:
            got = yield 1
        except KeyError:
            got = yield 2
        return got

    @sealed
    async def other():
        try:
            got = yield 1
        except KeyError:
            got = yield 2
        yield got

    def drive():
        return (yield from plain())

    first = plain()
    assert (next(first), first.throw(KeyError())) == (1, 2)
    second = drive()
    next(second)
    with pytest.raises(StopIteration) as ended:
        second.send("x")
    assert ended.value.value == "x"

    async def main():
        generator = other()
        told = [await anext(generator), await generator.athrow(KeyError()), await generator.asend("y")]
        await generator.aclose()
        return told

    assert asyncio.run(main()) == [1, 2, "y"]


def test_a_sealed_class_is_the_same_to_whoever_uses_it():
    """Class methods, static methods, properties and their documentation are as they were."""

    @sealed_class
    class Owner:
        """Words."""

        @classmethod
        def made(cls):
            """Makes one."""
            return cls()

        @staticmethod
        def plain(x, *, y=2):
            return x + y

        @property
        def held(self):
            """What it holds."""
            return 3

    assert (type(Owner.made()), Owner.plain(1), Owner().held, Owner.held.__doc__) == (Owner, 3, 3, "What it holds.")
    assert str(inspect.signature(Owner.plain)) == "(x, *, y=2)"
