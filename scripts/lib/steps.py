"""Long commands, shown as one line each: quiet when they work, the end of their output when not.

Steps are run one after the other; another thread may run its own beside them. On a terminal the
line is rewritten as the command goes on; elsewhere (a log) it is repeated now and then.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
LOGS = BUILD / "logs"

_LOOK_SECONDS = 0.2
_REPEAT_SECONDS = 30.0
_TAIL_BYTES = 8192
_running: set[subprocess.Popen[bytes]] = set()  # of all threads, for main() to end

_COUNT = re.compile(r"^\s*\[?(\d+)/(\d+)\]? ", re.MULTILINE)  # ninja's and ctest's


class StepFailed(Exception):
    """A command failed. The text says which one, with the end of what it wrote."""


def _end_of(path: Path, size: int) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - size))
        return file.read().decode(errors="replace")


def count_of(log: Path) -> str:
    """How far ninja or ctest is, by its log: "12/40"."""
    found = _COUNT.findall(_end_of(log, _TAIL_BYTES))
    return "/".join(found[-1]) if found else ""


def failure_of(log: Path, lines: int = 40) -> str:
    """The part of a log to show: from the first complaint of ninja on, else its end."""
    text = log.read_text(errors="replace").rstrip().splitlines()
    for number, line in enumerate(text):
        if line.startswith(("FAILED:", "CMake Error")):
            return "\n".join(text[number : number + lines])
    return "\n".join(text[-lines:])


def duration(seconds: float) -> str:
    """ "4.1 s", "3 min 12 s"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"


class _Line:
    """The line on which a running command is shown."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._terminal = sys.stdout.isatty()
        self._shown = time.monotonic()
        self._write(f"{label} ...")

    def progress(self, how_far: str, seconds: float) -> None:
        if not self._terminal and time.monotonic() - self._shown < _REPEAT_SECONDS:
            return
        self._shown = time.monotonic()
        self._write(f"{self._label} ... {how_far + '  ' if how_far else ''}{int(seconds)} s")

    def end(self, text: str) -> None:
        self._write(text)
        if self._terminal:
            print(flush=True)

    def _write(self, text: str) -> None:
        if self._terminal:
            print(f"\r\x1b[K{text}", end="", flush=True)
        else:
            print(text, flush=True)


def end_group(process: subprocess.Popen[bytes], patience_seconds: float = 10.0) -> None:
    """Ends a command that was started in a session of its own, with all that it started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience_seconds)
            break
        except subprocess.TimeoutExpired:
            continue


def run(
    label: str,
    command: Sequence[str | Path],
    *,
    log: str,
    environment: Mapping[str, str] | None = None,
    how_far: Callable[[Path], str] = count_of,
    check: bool = True,
) -> tuple[int, float]:
    """Runs a command with its output in build/logs/LOG.log. Returns its exit code and seconds.

    With `check`, an exit code that is not 0 raises StepFailed instead.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    started = time.monotonic()
    line = _Line(label)
    with path.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        _running.add(process)
        try:
            while True:
                try:
                    code = process.wait(_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    line.progress(how_far(path), time.monotonic() - started)
        except BaseException:
            line.end(f"{label}: broken off")
            end_group(process)
            raise
        finally:
            _running.discard(process)
    seconds = time.monotonic() - started
    line.end(f"{label}: {'done' if code == 0 else 'FAILED'} ({duration(seconds)})")
    if code != 0 and check:
        where = path.relative_to(ROOT)
        raise StepFailed(f"{failure_of(path)}\n\n{label} failed; all of its output is in {where}")
    return code, seconds


def main(work: Callable[[], int]) -> None:
    """Runs `work` and exits with its answer; signals end it in order, as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        sys.exit(work())
    except StepFailed as failed:
        print(f"\n{failed}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        for process in list(_running):
            end_group(process)
