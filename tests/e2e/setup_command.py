"""`aws-collector setup` as a user runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from collector_process import BINARY, Collector, wait_until


class Setup:
    """The command, for the configuration of `collector`."""

    def __init__(self, collector: Collector, user: str = "admin") -> None:
        self.collector = collector
        key, secret = collector.sandbox.credentials(user)
        collector.secrets.append(secret)
        collector.input["credentials"] = {"access_key": key, "access_secret": secret}

    def run(self, verb: str, *arguments: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        path = self.collector.command("setup")[3]
        done = subprocess.run(
            [str(BINARY), "setup", verb, "--config", path, *arguments], input=answer, text=True,
            capture_output=True, env=self.collector.environment(), timeout=120, check=False,
        )  # fmt: skip
        for secret in self.collector.secrets:
            assert secret not in done.stdout + done.stderr
        return done

    def kill_when(self, condition: Callable[[], bool], verb: str, *arguments: str) -> None:
        path = self.collector.command("setup")[3]
        process = subprocess.Popen(
            [str(BINARY), "setup", verb, "--config", path, *arguments],
            env=self.collector.environment(), stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_until(condition, 30, "the call at which it is to be killed")
        finally:
            process.kill()
            process.wait()

    def apply(self, *arguments: str) -> str:
        done = self.run("apply", "--yes", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
