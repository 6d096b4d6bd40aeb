"""The bridge: results and errors come over, running loops do not matter, a Ctrl-C lets the work land."""

import asyncio
import contextlib
import contextvars
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError

import pytest

from hlrframe.system.sync import _Worker, run_sync

LANDING = """
import asyncio, sys
from hlrframe.system.sync import run_sync

async def work():
    say("working")
    try:
        await asyncio.Event().wait()
    finally:
        say("landing")
        await {landing}
        say("landed")

def say(word):
    print(word, flush=True)

try:
    run_sync(work)
finally:
    say(sys.exc_info()[0].__name__)
"""


def start(landing):
    script = [sys.executable, "-c", LANDING.format(landing=landing)]
    process = subprocess.Popen(script, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "working\n"
    return process


def end(process):
    said, complaints = process.communicate(timeout=30)
    assert process.returncode == -signal.SIGINT
    assert complaints.rstrip().endswith("KeyboardInterrupt")
    return said.split()


async def answer():
    await asyncio.sleep(0)
    return 42


async def complain():
    await asyncio.sleep(0)
    raise LookupError("nothing there")


def test_a_result_comes_over():
    """What the coroutine returns is returned."""
    assert run_sync(answer) == 42


@pytest.mark.parametrize(
    "error", [LookupError("nothing there"), TimeoutError("late"), KeyboardInterrupt(), SystemExit(3)]
)
def test_an_error_comes_over_as_it_is(error):
    """What the coroutine raises is raised, the very same object."""

    async def fail():
        raise error

    with pytest.raises(type(error)) as caught:
        run_sync(fail)
    assert caught.value is error


def test_a_running_loop_does_not_matter():
    """It works where an event loop already runs, as in a notebook."""

    async def notebook():
        return run_sync(answer)

    assert asyncio.run(notebook()) == 42


def test_it_can_be_used_inside_itself():
    """A coroutine that runs through the bridge may use the bridge."""

    async def outer():
        return run_sync(answer)

    assert run_sync(outer) == 42


def test_context_variables_come_along():
    """Context variables of the caller are those of the coroutine."""
    language = contextvars.ContextVar("language", default="en")
    language.set("fr")

    async def read():
        return language.get()

    assert run_sync(read) == "fr"


@pytest.mark.parametrize("main", [answer, complain])
def test_no_thread_is_left_behind(main):
    """When it returns or raises its thread has ended."""
    before = threading.active_count()
    with contextlib.suppress(LookupError):
        run_sync(main)
    assert threading.active_count() == before


def test_a_cancellation_of_its_own_is_a_keyboard_interrupt():
    """A coroutine that is cancelled by nobody we know of ends as a Ctrl-C would."""

    async def cancelled():
        raise asyncio.CancelledError

    with pytest.raises(KeyboardInterrupt):
        run_sync(cancelled)


def test_what_an_interrupted_coroutine_returns_counts():
    """A coroutine that answers a Ctrl-C with a result gives that result."""
    main_thread = threading.main_thread().ident

    async def work():
        signal.pthread_kill(main_thread, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "what there was"

    assert run_sync(work) == "what there was"


def test_what_an_interrupted_coroutine_raises_counts():
    """A coroutine that answers a Ctrl-C with an error raises that error."""
    main_thread = threading.main_thread().ident

    async def work():
        signal.pthread_kill(main_thread, signal.SIGINT)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LookupError("stopped, and everything is safe") from None

    with pytest.raises(LookupError, match="everything is safe"):
        run_sync(work)


def test_an_interrupt_before_the_loop_runs_is_not_lost():
    """A Ctrl-C that comes before the coroutine has begun cancels it at its first await."""
    reached = []

    async def work():
        await asyncio.sleep(0)
        reached.append("paid work")

    worker = _Worker(work)
    worker.cancel()
    with pytest.raises(CancelledError):
        worker.result()
    assert reached == []


def test_ctrl_c_lets_the_work_land():
    """A Ctrl-C waits until what is in flight has landed, and then is a KeyboardInterrupt."""
    process = start("asyncio.sleep(0)")
    process.send_signal(signal.SIGINT)
    assert end(process) == ["landing", "landed", "KeyboardInterrupt"]


def test_a_second_ctrl_c_cuts_the_landing_short():
    """A second Ctrl-C ends a landing that would take for ever."""
    process = start("asyncio.Event().wait()")
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "landing\n"
    process.send_signal(signal.SIGINT)
    assert end(process) == ["KeyboardInterrupt"]
