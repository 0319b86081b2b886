"""`wasl` in processes that are forked from one which has imported everything: a start takes a tenth of a second instead of two.

`python forking.py` reads one request a line, {"words", "folder", "environ", "out", "err"}, and answers with the exit code.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


class Forking:
    """The process that has imported everything."""

    def __init__(self) -> None:
        environ = {**os.environ, "PYTHONUTF8": "1"}
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ)

    def run(self, words: Sequence[str], folder: Path, environ: Mapping[str, str], kept: Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `kept` is a folder for what it says."""
        out, err = kept / "out", kept / "err"
        told = {"words": words, "folder": str(folder), "environ": dict(environ), "out": str(out), "err": str(err)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told) + "\n")
        self._process.stdin.flush()
        code = int(self._process.stdout.readline())
        return subprocess.CompletedProcess(words, code, out.read_text("utf-8"), err.read_text("utf-8"))

    def close(self) -> None:
        with self._process:
            assert self._process.stdin is not None
            self._process.stdin.close()


def _fork_for_each_request() -> None:
    import wasl.api
    import wasl.cli
    import wasl.server.app  # noqa: F401 - imported for the children

    for line in sys.stdin:
        told = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(told)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(told: Mapping[str, object]) -> None:
    """The command that was asked for, from here to its end."""
    from wasl.cli import main

    environ = told["environ"]
    assert isinstance(environ, dict)
    for number, name in enumerate(("out", "err"), 1):
        os.dup2(os.open(str(told[name]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.chdir(str(told["folder"]))
    os.environ.clear()
    os.environ.update(environ)
    sys.path[1:1] = filter(None, environ.get("PYTHONPATH", "").split(os.pathsep))
    sys.argv = ["wasl", *told["words"]]  # type: ignore[misc]  # a list of words
    try:
        main()
        code: object = 0
    except SystemExit as ended:
        code = ended.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    _fork_for_each_request()
