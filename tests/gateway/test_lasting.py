"""A process whose event loop stands still ends itself, and no other does."""

import os
import signal
import subprocess
import sys
import time

from wasl.cli.exits import EPILOG, ExitCode
from wasl.lasting import HUNG

PROGRAM = """
import asyncio, json, os, re, sys, time
from datetime import timedelta
from wasl import log
from wasl.lasting import watched
log.configure({})

def plugin_that_sleeps(secret="a-secret-value"):
    time.sleep(60)

def plugin_that_lets_nobody_run():
    re.fullmatch("(a+)+b", "a" * 60)

async def busy():
    for _ in range(200):
        await asyncio.sleep(0.005)

async def main():
    with watched(timedelta(seconds=float(sys.argv[1]))):
        print("watched", flush=True)
        await asyncio.sleep(0.05)
        {doing}
    print("over", flush=True)

asyncio.run(main())
"""


def started(doing: str, patience: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", PROGRAM.replace("{doing}", doing), str(patience)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"})


def test_a_loop_that_is_blocked_ends_the_process_and_tells_the_names_of_the_functions_alone() -> None:
    process = started("plugin_that_sleeps()", 0.3)

    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (HUNG, "watched\n")
    assert "worker.hung" in err
    assert "plugin_that_sleeps < __main__.main" in err
    assert "a-secret-value" not in err


def test_code_that_lets_no_other_thread_run_is_ended_too() -> None:
    process = started("plugin_that_lets_nobody_run()", 0.3)

    _, err = process.communicate(timeout=20)

    assert process.returncode == 1
    assert "plugin_that_lets_nobody_run" in err


def test_a_loop_that_turns_is_left_alone_however_long_it_runs() -> None:
    process = started("await busy()", 0.5)

    out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err) == (0, "watched\nover\n", "")


def test_a_process_that_was_stopped_itself_is_not_taken_for_one_that_hangs() -> None:
    process = started("await busy()", 1.2)
    assert process.stdout is not None
    assert process.stdout.readline() == "watched\n"

    process.send_signal(signal.SIGSTOP)
    time.sleep(1.6)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out, err) == (0, "over\n", "")


def test_the_exit_code_is_documented() -> None:
    assert ExitCode.HUNG == HUNG
    assert f" {HUNG} ended by itself because it hung" in EPILOG
