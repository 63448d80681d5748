"""The two programs of the demo, the sandbox and the collector: started, kept, ended."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO

from python_environment import PYTHON
from steps import BUILD, ROOT, StepFailed

FOLDER = BUILD / "demo"
CONFIG = FOLDER / "config.yaml"
COLLECTOR = BUILD / "release" / "aws-collector"
COLLECTOR_LOG = FOLDER / "collector.log"
SANDBOX_LOG = FOLDER / "sandbox.log"
_KEPT = FOLDER / "kept.json"
_PATIENCE_SECONDS = 15.0


def lock_folder() -> IO[str]:
    """One demo at a time in a checkout; the lock lives as long as the file returned."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    lock = (FOLDER / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise StepFailed("another scripts/demo is running in this checkout") from None
    return lock


class Programs:
    """What was started, so that it is ended whatever happens. With `keep` it outlives us."""

    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start_sandbox(self) -> None:
        """Starts it; it is ready when FOLDER/sandbox.json appears."""
        (FOLDER / "sandbox.json").unlink(missing_ok=True)
        command = [str(PYTHON), "-m", "sandbox", "--dir", str(FOLDER), "--json"]
        if not self._keep:
            command.append("--end-with-stdin")
        self._start("sandbox", command, SANDBOX_LOG, {"PYTHONPATH": str(ROOT)})

    def start_collector(self) -> None:
        command = [str(COLLECTOR), "run", "--config", str(CONFIG)]
        if not self._keep:  # so that it cannot be left behind, not even by kill -9
            command = ["setpriv", "--pdeathsig", "TERM", *command]
        self._start("collector", command, COLLECTOR_LOG, {})

    def check_alive(self) -> None:
        """Raises StepFailed when one of them has ended, with the end of what it wrote."""
        for name, process in self._running.items():
            if process.poll() is not None:
                log = COLLECTOR_LOG if name == "collector" else SANDBOX_LOG
                said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
                raise StepFailed(f"{said}\n\nthe {name} ended with exit code {process.returncode}")

    def collector_usage(self) -> tuple[float, float]:
        """The collector's largest resident memory in MB, and its processor seconds."""
        folder = Path("/proc") / str(self._running["collector"].pid)
        status = dict(
            line.split(":", 1) for line in (folder / "status").read_text().splitlines()
        )
        times = (folder / "stat").read_text().rpartition(")")[2].split()
        ticks = int(times[11]) + int(times[12])
        return int(status["VmHWM"].split()[0]) / 1024, ticks / os.sysconf("SC_CLK_TCK")

    def stop_collector(self) -> int:
        """Ends the collector in order (SIGTERM) and returns its exit code."""
        process = self._running.pop("collector")
        process.terminate()
        try:
            return process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return -signal.SIGKILL

    def keep(self) -> None:
        """Leaves what runs to itself and notes it for stop_kept()."""
        _KEPT.write_text(json.dumps({n: p.pid for n, p in self._running.items()}))
        self._running.clear()

    def stop_all(self) -> None:
        for name in sorted(self._running):  # the collector first
            process = self._running.pop(name)
            process.terminate()
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _start(self, name: str, command: list[str], log: Path, environment: dict[str, str]) -> None:
        with log.open("wb") as output:
            self._running[name] = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **environment}, stdout=output, stderr=output,
                stdin=subprocess.DEVNULL if self._keep else subprocess.PIPE,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )  # fmt: skip


def _is_ours(pid: int) -> bool:
    try:
        command = (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return False
    return os.fsencode(FOLDER) in command


def stop_kept() -> bool:
    """Ends what an earlier demo left running; False when there was nothing."""
    if not _KEPT.exists():
        return False
    pids = [pid for _, pid in sorted(json.loads(_KEPT.read_text()).items()) if _is_ours(pid)]
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while _is_ours(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
    _KEPT.unlink()
    return bool(pids)
