"""The collector as a user runs it: a configuration file and a process."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from sandbox import Sandbox

BINARY = Path(os.environ["AWS_COLLECTOR"])
REGIONS = ["us-east-1", "eu-west-1"]


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """Returns what `condition` gives as soon as it is true; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what}")


class Collector:
    """One configuration, its state folder and the process that runs with it."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self.folder = folder
        self.sandbox = sandbox
        self.aws_url = sandbox.aws_url
        key, secret = sandbox.credentials()
        self.secrets = [secret]
        self.log = folder / "collector.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.service: dict[str, Any] = {
            "regions": list(REGIONS),
            "request_period_in_seconds": 3,
            "look_back_in_seconds": 12,
        }
        self.output: dict[str, Any] = {
            "type": "devo_platform",
            "config": {
                "address": sandbox.devo["address"],
                "port": sandbox.devo["port"],
                "chain": sandbox.certificates["chain"],
                "cert": sandbox.certificates["cert"],
                "key": sandbox.certificates["key"],
                "connecting_max_wait_in_seconds": 1,
            },
        }
        self.input: dict[str, Any] = {
            "id": "e2e",
            "credentials": {"access_key": key, "access_secret": secret},
            "services": {"audit-events-all": self.service},
        }
        self.config: dict[str, Any] = {
            "globals": {"persistence": {"config": {"directory_name": str(folder / "state")}}},
            "outputs": {"devo": self.output},
            "inputs": {"aws": self.input},
        }

    def command(self, *arguments: str) -> list[str]:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump(self.config))
        return [str(BINARY), arguments[0], "--config", str(path), *arguments[1:]]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": self.aws_url}

    def start(self, *arguments: str, **popen: Any) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command("run", *arguments), env=self.environment(), stderr=log,
                cwd=self.folder, **popen,
            )  # fmt: skip
        return self.process

    def run_once(self, seconds: float = 90, **popen: Any) -> int:
        return self.start("--once", **popen).wait(seconds)

    def stop(self, seconds: float = 60) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    def output_of(self, *arguments: str, waiting_for: str = "", seconds: float = 30) -> str:
        """What another command prints, as soon as that holds a text."""

        def output() -> str | None:
            done = subprocess.run(
                self.command(*arguments), env=self.environment(), cwd=self.folder, text=True,
                capture_output=True, timeout=60,
            )  # fmt: skip
            return done.stdout if done.returncode == 0 and waiting_for in done.stdout else None

        return str(wait_until(output, seconds, f"{arguments[0]} says {waiting_for}"))

    def wait_for_line(self, text: str, seconds: float = 30) -> str:
        def line() -> str | None:
            return next((one for one in self.said().splitlines() if text in one), None)

        try:
            return str(wait_until(line, seconds, text))
        except AssertionError as e:
            raise AssertionError(f"{e}; the log:\n{self.said()}") from None
