"""scripts/demo: audit events travel from an AWS account (the sandbox) to a Devo endpoint."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import time
from collections import Counter
from typing import Any

from build import build
from demo_processes import COLLECTOR_LOG, CONFIG, FOLDER, Programs, lock_folder, stop_kept
from python_environment import python_environment
from steps import ROOT, StepFailed, main

sys.path.insert(0, str(ROOT))

from sandbox import Controls  # noqa: E402  the checkout's; standard library only
from sandbox.show import Printer  # noqa: E402

REGIONS = ("us-east-1", "eu-west-1")
LIVE_EVENTS = 10
LIVE_EVERY_SECONDS = 0.7
REQUEST_PERIOD_SECONDS = 2
SHOWN_OF_THE_PAST = 16
CONFIG_TEXT = """\
inputs:
  my-account:
    id: demo
    credentials:
      access_key: {access_key}
      access_secret: {access_secret}
    aws:
      endpoint_url: {aws_url}   # the sandbox; without this line it is AWS
    services:
      audit-events-all:
        regions: [{regions}]
        start_time: {start_time}
        request_period_in_seconds: {period}
outputs:
  devo:
    type: devo_platform
    config:
      address: {address}
      port: {port}
      chain: chain.crt   # in certs/, beside this file
      cert: domain.crt
      key: domain.key
"""


class Screen:
    """What the person sees."""

    def __init__(self, color: bool) -> None:
        self._color = color
        self._printer = Printer(shutil.get_terminal_size((140, 24)).columns, color)
        self._log_read = 0

    def heading(self, text: str) -> None:
        print(f"\n{self._paint('1', text)}", flush=True)

    def text(self, text: str, shade: str = "") -> None:
        print("\n".join(f"  {self._paint(shade, line)}" for line in text.splitlines()), flush=True)

    def table_heading(self) -> None:
        print(self._printer.heading())

    def record(self, record: dict[str, Any]) -> None:
        print(self._printer.line(record), flush=True)

    def collector_lines(self) -> None:
        """What the collector has said since the last time."""
        with COLLECTOR_LOG.open("rb") as log:
            log.seek(self._log_read)
            said = log.read()
        whole = said[: said.rfind(b"\n") + 1]
        self._log_read += len(whole)
        if whole:
            said_lines = whole.decode(errors="replace").splitlines()
            self.text("\n".join(f"collector: {line}" for line in said_lines), "2")

    def verdict(self, text: str, good: bool) -> None:
        print(f"\n{self._paint('1;32' if good else '1;31', text)}", flush=True)

    def _paint(self, shade: str, text: str) -> str:
        return f"\x1b[{shade}m{text}\x1b[0m" if self._color and shade else text


class Demo:
    def __init__(self, screen: Screen, programs: Programs, controls: Controls, records: int):
        self._screen = screen
        self._programs = programs
        self._controls = controls
        self._past_events = records
        self._seeded: set[str] = set()
        self._live: dict[str, int] = {}  # when each happened
        self._arrived: list[dict[str, Any]] = []
        self._deadline = 0.0

    def seed_the_past(self) -> int:
        """Puts events into both regions; returns when the first can have happened."""
        now = int(time.time())
        start = now - 3600
        for number, region in enumerate(REGIONS):
            count = self._past_events // 2 + (self._past_events % 2 if number == 0 else 0)
            self._seed(region, count, start=start + 1, end=now)
            self._screen.text(f"{region}: {count} events of the last hour")
        return start

    def show_the_past(self) -> None:
        """Runs until everything seeded so far has arrived."""
        self._deadline = time.monotonic() + 45 + self._past_events / 100
        every = max(1, self._past_events // SHOWN_OF_THE_PAST)
        started = time.monotonic()
        while len(self._arrived_ids()) < len(self._seeded) and not self._too_late():
            for record in self._next_records():
                if not self._arrived:
                    self._screen.table_heading()
                if len(self._arrived) % every == 0:
                    self._screen.record(record)
                self._arrived.append(record)
        shown = f"one of {every} shown" if every > 1 else "all shown"
        seconds = time.monotonic() - started
        self._screen.text(f"{len(self._arrived)} records in {seconds:.1f} s, {shown}")

    def show_the_present(self) -> None:
        """Makes events while the collector runs, and shows each as it arrives."""
        next_event = time.monotonic()
        self._deadline = next_event + LIVE_EVENTS * LIVE_EVERY_SECONDS + 30
        self._screen.table_heading()
        while not self._too_late():
            if len(self._live) < LIVE_EVENTS and time.monotonic() >= next_event:
                # Its time is a whole second, as CloudTrail's are, and it shows from then on.
                happens = int(time.time()) + 1
                region = REGIONS[len(self._live) % 2]
                for event_id in self._seed(region, 1, start=happens, end=happens + 1):
                    self._live[event_id] = happens
                next_event += LIVE_EVERY_SECONDS
            for record in self._next_records():
                self._screen.record(record)
                self._arrived.append(record)
            if len(self._live) == LIVE_EVENTS and self._arrived_ids() >= self._seeded:
                break
        waits = [
            record["received_at"] - self._live[record["id"]]
            for record in self._arrived
            if record["id"] in self._live
        ]
        if waits:
            self._screen.text(
                f"{len(waits)} events were in Devo {statistics.median(waits):.1f} s after they"
                f" happened (the slowest after {max(waits):.1f} s; CloudTrail is asked every"
                f" {REQUEST_PERIOD_SECONDS} s)"
            )

    def wait_for_duplicates(self) -> None:
        """Two more polls read the same events again: were they sent again, they would show."""
        until = time.monotonic() + 2 * REQUEST_PERIOD_SECONDS
        while time.monotonic() < until:
            self.take_the_rest()

    def take_the_rest(self) -> None:
        for record in self._next_records():
            self._screen.record(record)
            self._arrived.append(record)

    def compare(self) -> bool:
        """Prints what differs and, as the last line, seeded against arrived."""
        documents = {
            event["event_id"]: event["document"]
            for region in REGIONS
            for event in self._controls.events(region)
        }
        counts = Counter(record["id"] for record in self._arrived)
        missing = sorted(self._seeded - counts.keys())
        strange = sorted(counts.keys() - self._seeded)
        twice = sorted(event_id for event_id, count in counts.items() if count > 1)
        altered = sorted(
            record["id"]
            for record in self._arrived
            if record["id"] in documents and record.get("message") != documents[record["id"]]
        )
        kinds = (("missing", missing), ("arrived more than once", twice), ("altered", altered),
                 ("never seeded", strange))  # fmt: skip
        for name, ids in kinds:
            if ids:
                more = f" and {len(ids) - 10} more" if len(ids) > 10 else ""
                self._screen.text(f"{name}: {', '.join(ids[:10])}{more}", "31")
        good = not (missing or strange or twice or altered)
        self._screen.verdict(
            f"{len(self._seeded)} events seeded, {len(self._arrived)} records arrived: "
            f"{len(missing)} missing, {len(self._arrived) - len(counts)} duplicates, "
            f"{len(altered)} altered, {len(strange)} unknown", good,
        )  # fmt: skip
        return good

    def _seed(self, region: str, count: int, **how: Any) -> list[str]:
        ids = self._controls.generate_events(region, count, **how)
        self._seeded.update(ids)
        return ids

    def _next_records(self) -> list[dict[str, Any]]:
        """What arrived, waiting a moment for it; each record gets its `id`."""
        self._programs.check_alive()
        since = self._arrived[-1]["n"] if self._arrived else 0
        found = self._controls.records(since, 1000, 0.2)
        self._screen.collector_lines()
        for record in found:
            try:
                record["id"] = json.loads(record["message"])["eventID"]
            except (KeyError, TypeError, ValueError):
                record["id"] = f"(record {record['n']} without an eventID)"
        return found

    def _arrived_ids(self) -> set[str]:
        return {record["id"] for record in self._arrived}

    def _too_late(self) -> bool:
        if time.monotonic() < self._deadline:
            return False
        self._screen.text("that took too long; going on with what has arrived", "31")
        return True


def write_configuration(start: int) -> str:
    """config.yaml, as a user would write it."""
    sandbox = json.loads((FOLDER / "sandbox.json").read_text())
    credentials = sandbox["credentials"]["collector"]
    text = CONFIG_TEXT.format(
        access_key=credentials["access_key_id"], access_secret=credentials["secret_access_key"],
        aws_url=sandbox["aws_url"], regions=", ".join(REGIONS), period=REQUEST_PERIOD_SECONDS,
        start_time=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(start)),
        address=sandbox["devo"]["address"], port=sandbox["devo"]["port"],
    )  # fmt: skip
    CONFIG.write_text(text)
    CONFIG.chmod(0o600)
    return text


def tell_how_to_look(screen: Screen) -> None:
    folder = FOLDER.relative_to(ROOT)
    screen.heading("Left running")
    screen.text(
        f"watch records    .venv/bin/python -m sandbox.show --dir {folder}\n"
        f"make events      .venv/bin/python -m sandbox.seed --dir {folder} --count 5"
        f" --region {REGIONS[0]} --start $(date +%s) --end $(($(date +%s) + 1))\n"
        f"the collector    tail -f {COLLECTOR_LOG.relative_to(ROOT)}\n"
        f"the sandbox      {folder}/sandbox.json, sandbox/README.md\n"
        f"end both         scripts/demo --stop"
    )


def play(screen: Screen, programs: Programs, records: int, keep: bool) -> int:
    """The demo itself, once everything is built."""
    shutil.rmtree(FOLDER / "state", ignore_errors=True)  # the sandbox forgets too
    screen.heading("An AWS account and a Devo endpoint: the sandbox")
    programs.start_sandbox()
    while not (FOLDER / "sandbox.json").exists():
        programs.check_alive()
        time.sleep(0.05)
    controls = Controls.of_folder(FOLDER)
    controls.wait_until_loaded()
    demo = Demo(screen, programs, controls, records)
    start = demo.seed_the_past()
    screen.heading(f"The configuration, {CONFIG.relative_to(ROOT)}")
    screen.text(write_configuration(start), "36")
    screen.heading("The collector catches up; what the Devo endpoint receives over mutual TLS:")
    programs.start_collector()
    demo.show_the_past()
    screen.heading(f"{LIVE_EVENTS} more events happen while it runs:")
    demo.show_the_present()
    demo.wait_for_duplicates()
    memory, seconds = programs.collector_usage()
    code = 0
    if not keep:
        screen.heading("The collector is ended in order (SIGTERM):")
        code = programs.stop_collector()
        demo.take_the_rest()
        screen.collector_lines()
    screen.text(f"it used at most {memory:.1f} MB of memory and {seconds:.2f} s of processor time")
    if keep:
        tell_how_to_look(screen)
    if code != 0:
        screen.text(f"the collector ended with exit code {code}; expected 0", "31")
    good = demo.compare() and code == 0
    if keep:
        programs.keep()
    return 0 if good else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Audit events travel from an AWS account (the sandbox) to a Devo endpoint. "
        "Installs, builds and starts all it needs; exits 0 when all that was seeded arrived once.",
    )
    parser.add_argument("--keep", action="store_true", help="leave the sandbox and the collector"
                        " running, and tell how to look at them")  # fmt: skip
    parser.add_argument("--stop", action="store_true", help="end what --keep left running")
    parser.add_argument("--no-color", action="store_true", help="plain text")
    parser.add_argument("--records", type=int, default=800, metavar="N",
                        help="events of the last hour to begin with (default 800)")  # fmt: skip
    given = parser.parse_args()
    if not 2 <= given.records <= 100_000:
        parser.error("--records takes a number from 2 to 100000")
    return given


def work() -> int:
    given = arguments()
    lock = lock_folder()
    stopped = stop_kept()
    if given.stop:
        print("Ended what was left running" if stopped else "Nothing was left running")
        return 0
    build("release", "aws-collector")
    python_environment()
    color = sys.stdout.isatty() and not given.no_color and "NO_COLOR" not in os.environ
    programs = Programs(given.keep)
    try:
        return play(Screen(color), programs, given.records, given.keep)
    except OSError as problem:
        raise StepFailed(f"the demo cannot go on: {problem}") from problem
    finally:
        programs.stop_all()
        lock.close()


if __name__ == "__main__":
    main(work)
