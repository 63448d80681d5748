"""An AWS account in a process (moto, with what it lacks) and a Devo endpoint.

`Sandbox` runs it as a process of its own and offers its controls; it needs the standard library
only. `Controls` talks to one that is running. README.md tells the rest.

    with Sandbox(folder) as sandbox:
        ids = sandbox.generate_events("us-east-1", 100)
        ...
        assert sandbox.wait_for_records(100)
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

__all__ = ["Controls", "ControlError", "Sandbox"]

Json = dict[str, Any]


class ControlError(Exception):
    """The sandbox refused a control request; the text says why."""


class Controls:
    """The controls of a running sandbox. Usable from several threads."""

    def __init__(self, control_url: str) -> None:
        self.control_url = control_url
        self._place = urlsplit(control_url)
        self._local = threading.local()

    @classmethod
    def of_folder(cls, folder: Path | str, timeout_seconds: float = 30.0) -> Controls:
        """Waits until the sandbox of this folder is running."""
        path = Path(folder) / "sandbox.json"
        deadline = time.monotonic() + timeout_seconds
        while not path.exists():
            if time.monotonic() > deadline:
                raise FileNotFoundError(f"no sandbox is running in {folder}: {path} is missing")
            time.sleep(0.02)
        return cls(json.loads(path.read_text())["control_url"])

    def request(self, method: str, path: str, body: Json | None = None, **arguments: Any) -> Json:
        """Any control request: `path` after /_sandbox/. Raises ControlError."""
        given = {name: value for name, value in arguments.items() if value is not None}
        target = f"/_sandbox/{path}" + (f"?{urlencode(given)}" if given else "")
        data = None if body is None else json.dumps(body)
        for attempt in (1, 2):
            connection = getattr(self._local, "connection", None)
            if connection is None:
                assert self._place.hostname is not None
                connection = http.client.HTTPConnection(
                    self._place.hostname, self._place.port, timeout=120
                )
                self._local.connection = connection
            try:
                connection.request(method, target, data)
                response = connection.getresponse()
                answer: Json = json.loads(response.read())
                break
            except (http.client.HTTPException, ConnectionError):
                connection.close()
                self._local.connection = None
                if attempt == 2:
                    raise
        if response.status != 200:
            raise ControlError(answer.get("error", response.status))
        return answer

    def wait_until_loaded(self) -> None:
        """Returns when moto is loaded, so that the first AWS call is as fast as the others."""
        self.request("GET", "health", wait=1)

    # CloudTrail

    def seed_events(self, region: str, events: list[Any], account: str | None = None) -> list[str]:
        """Records (dicts), texts kept byte for byte, or dicts with `document` and `visible_at` or
        `late_seconds` (from now). Returns the event ids."""
        body = _without_none(region=region, events=events, account=account)
        return list(self.request("POST", "cloudtrail/events", body)["event_ids"])

    def generate_events(self, region: str, count: int, **how: Any) -> list[str]:
        """Realistic records. `how`: account, start, end (epoch seconds or ISO 8601), seed,
        late_fraction, late_seconds, duplicate_fraction. Returns the event ids."""
        body = {"region": region, "count": count, **how}
        return list(self.request("POST", "cloudtrail/generate", body)["event_ids"])

    def events(self, region: str, account: str | None = None, documents: bool = True) -> list[Json]:
        """All events of a region: event_id, time, visible_at, name, document."""
        shown = "true" if documents else "false"
        return list(
            self.request(
                "GET", "cloudtrail/events", region=region, account=account, documents=shown
            )["events"]
        )

    def history(self) -> Json:
        """How many events each region has, and the settings of LookupEvents."""
        return self.request("GET", "cloudtrail")

    def forget_events(self) -> None:
        self.request("DELETE", "cloudtrail/events")

    def lookup_settings(self, **settings: Any) -> Json:
        """lookup_calls_per_second, lookup_burst, token_seconds, token_on_last_page or
        ragged_pages; returns all of them."""
        return self.request("POST", "cloudtrail/settings", settings)

    def log_settings(self, **settings: Any) -> Json:
        """page_events or empty_pages of FilterLogEvents; returns both."""
        return self.request("POST", "logs/settings", settings)

    # AWS

    def check_signatures(self, wanted: bool) -> None:
        self.request("POST", "auth", {"check_signatures": wanted})

    def moto_errors(self, wanted: bool) -> None:
        """Failed checks of signature and permission come as moto's XML, not as AWS writes them."""
        self.request("POST", "auth", {"moto_errors": wanted})

    def add_fault(self, kind: str, operation: str = "*", **how: Any) -> str:
        """`how`: count, skip, probability, seconds, seed, region, account, code, message."""
        fault = {"kind": kind, "operation": operation, **how}
        return str(self.request("POST", "faults", fault)["id"])

    def faults(self) -> list[Json]:
        return list(self.request("GET", "faults")["faults"])

    def clear_faults(self, id: str | None = None) -> None:
        self.request("DELETE", "faults", id=id)

    def calls(self, operation: str | None = None, region: str | None = None) -> list[Json]:
        """The AWS calls made: time, operation, region, status, error, access_key, parameters ..."""
        return list(self.request("GET", "calls", operation=operation, region=region)["calls"])

    def call_counts(self) -> list[Json]:
        """Per operation, region and status."""
        return list(self.request("GET", "calls", limit=0)["counts"])

    def aws_connections(self) -> int:
        """How many connections were made to the AWS side so far."""
        return int(self.request("GET", "calls", limit=0)["connections"])

    def forget_calls(self) -> None:
        self.request("DELETE", "calls")

    # Devo

    def records(self, since: int = 0, limit: int = 10_000, wait_seconds: float = 0) -> list[Json]:
        """One page of the records numbered above `since`, oldest first."""
        found = self.request(
            "GET", "devo/records", since=since, limit=limit, wait_seconds=wait_seconds
        )
        return list(found["records"])

    def all_records(self) -> list[Json]:
        found: list[Json] = []
        since = 0
        while page := self.records(since):
            found += page
            since = page[-1]["n"]
        return found

    def devo_stats(self) -> Json:
        return self.request("GET", "devo/stats")

    def wait_for_records(self, count: int, timeout_seconds: float = 60.0) -> bool:
        """True when at least `count` records have arrived (since the last `forget_records`)."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            stats = self.devo_stats()
            if stats["records"] >= count:
                return True
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.records(stats["last_n"], 1, min(left, 1.0))

    def forget_records(self) -> None:
        self.request("DELETE", "devo/records")

    def devo_mode(self, **mode: Any) -> Json:
        """Any of the modes and orders of README.md, several at once."""
        return self.request("POST", "devo/mode", mode)

    def stall(self, wanted: bool = True) -> None:
        self.devo_mode(stall=wanted)

    def reset_connections(self, drain: bool = False) -> None:
        """Resets all connections now. `drain`: what the kernel acknowledged is read first."""
        self.devo_mode(**{"drain_and_reset" if drain else "reset": True})

    def half_close(self) -> None:
        self.devo_mode(half_close=True)

    def close_clean(self) -> None:
        self.devo_mode(close_clean=True)

    def restart_devo(self, seconds_down: float) -> None:
        self.devo_mode(restart=seconds_down)

    def set_devo_listening(self, wanted: bool) -> None:
        self.devo_mode(listening=wanted)


class Sandbox(Controls):
    """A sandbox in a process of its own, which ends with this object, or when we die.

    `options` go to `python -m sandbox`, e.g. "--no-auth", "--lookup-rate=100".
    """

    def __init__(self, folder: Path | str, *options: str, python: str = sys.executable) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "sandbox.json").unlink(missing_ok=True)
        home = str(Path(__file__).resolve().parent.parent)
        path = os.pathsep.join(p for p in (home, os.environ.get("PYTHONPATH")) if p)
        command = [python, "-m", "sandbox", "--dir", str(self.folder), "--json", "--end-with-stdin"]
        self._log = open(self.folder / "sandbox.log", "wb")
        self._process = subprocess.Popen(
            [*command, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self.close()
            problem = (self.folder / "sandbox.log").read_text(errors="replace")
            raise RuntimeError(f"the sandbox did not start:\n{problem}")
        self.description: Json = json.loads(line)
        super().__init__(self.description["control_url"])

    @property
    def aws_url(self) -> str:
        return str(self.description["aws_url"])

    @property
    def aws_https_url(self) -> str:
        """The same AWS side behind TLS; its authority is `certificates["chain"]`."""
        return str(self.description["aws_https_url"])

    @property
    def devo(self) -> Json:
        """address, port, other ports, certificates, passphrase."""
        return dict(self.description["devo"])

    @property
    def certificates(self) -> dict[str, str]:
        """Paths: chain, cert, key, expired_cert, mismatched_key, other_ca_chain, ..."""
        return dict(self.description["devo"]["certificates"])

    def credentials(self, user: str = "collector") -> tuple[str, str]:
        """Key and secret of a user: collector, admin, nobody."""
        found = self.description["credentials"][user]
        return found["access_key_id"], found["secret_access_key"]

    def close(self) -> None:
        """Ends the process and waits for it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _without_none(**values: Any) -> Json:
    return {name: value for name, value in values.items() if value is not None}
