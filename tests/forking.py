"""Programs in processes that are forked from one which has imported everything: a start takes a tenth of a second instead of two.

`python forking.py` reads one request a line, {"words", "script", "folder", "environ", "out", "err", "seconds"}, and answers with the
exit code. `script` is a file to run as `python script words…` would; without one the words are those of `wasl`.
"""

import gc
import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

_WANTED = ("wasl.api", "wasl.cli", "wasl.client", "wasl.demo.playground", "wasl.server.app", "wasl_smtp", "wasl_webhook")
_PATIENCE = 60  # seconds, after which a program is ended by SIGALRM: its exit code is then -14


class Forking:
    """The process that has imported everything."""

    def __init__(self) -> None:
        environ = {**os.environ, "PYTHONUTF8": "1"}
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)

    def run(
        self, words: Sequence[str], folder: Path, environ: Mapping[str, str], kept: Path, *, script: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command, or a script, to its end; `kept` is a folder for what it says."""
        out, err = kept / "out", kept / "err"
        told = {"words": words, "folder": str(folder), "environ": dict(environ), "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({**told, "script": script and str(script), "seconds": _PATIENCE}) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(words, code, out.read_text("utf-8"), err.read_text("utf-8"))

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


def _fork_for_each_request() -> None:
    for name in _WANTED:
        import_module(name)
    gc.freeze()  # a collection in a child would copy what is shared
    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(told)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(told: Mapping[str, object]) -> None:
    """The program that was asked for, from here to its end."""
    environ, words = told["environ"], told["words"]
    assert isinstance(environ, dict)
    assert isinstance(words, list)
    signal.alarm(int(str(told["seconds"])))
    for number, name in enumerate(("out", "err"), 1):
        os.dup2(os.open(str(told[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(str(told["folder"]))
    os.environ.clear()
    os.environ.update(environ)
    os.environ["PYTEST_ADDOPTS"] = "-W 'ignore:Module already imported:pytest.PytestAssertRewriteWarning'"  # of wasl, for its fixtures
    try:
        _run(words, told["script"], environ.get("PYTHONPATH", ""))
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


def _run(words: list[str], script: object, places: str) -> None:
    sys.path[1:1] = filter(None, places.split(os.pathsep))
    if isinstance(script, str):
        sys.argv, sys.path[0] = [script, *words], str(Path(script).parent)
        runpy.run_path(script, run_name="__main__")
        return
    from wasl.cli import main

    sys.argv = ["wasl", *words]
    main()


if __name__ == "__main__":
    _fork_for_each_request()
