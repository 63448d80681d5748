"""The processes of the benchmark of logs in S3: the load server with the TLS reader on one core,
who is measured on another. Each measurement feeds objects, waits until all of it has arrived, and
compares what arrived with what the corpus holds: a figure of a run that lost something is none.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/bench-s3"
CORPUS = FOLDER / "corpus"
PROGRAMS = ROOT / "build/release/bench/s3"

LOAD_CORE = "1"
LONGEST_SECONDS = 180.0
LOOK_SECONDS = 0.02

Json = dict[str, Any]


class BenchError(Exception):
    """Something did not work, or not everything arrived. The text is for a person."""


@dataclass
class Measured:
    """One run. Bytes are unpacked ones."""

    who: str
    corpus: str
    objects: int
    bytes: int
    records: int
    seconds: float
    cpu_seconds: float
    peak_mb: float = 0.0
    load_cpu_seconds: float = 0.0  # of the load server and the reader, for comparison
    others: float = 0.0  # what processes that are not ours took meanwhile, in cores
    notes: Json = field(default_factory=dict)

    @property
    def mb_per_second(self) -> float:
        return self.bytes / self.seconds / 1e6

    @property
    def records_per_second(self) -> float:
        return self.records / self.seconds

    @property
    def objects_per_second(self) -> float:
        return self.objects / self.seconds

    @property
    def cpu_per_object(self) -> float:
        return self.cpu_seconds / self.objects

    @property
    def cpu_per_gb(self) -> float:
        return self.cpu_seconds / self.bytes * 1e9


def busy_seconds() -> float:
    """Of all processors, since the machine started."""
    fields = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:8]]
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")  # idle, waiting


class Watch:
    """How much others took of the machine while something was measured: what was busy, without
    this process, its children that have ended, and what else of ours the caller names."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._before = busy_seconds() - sum(os.times()[:4])

    def others(self, ours: float) -> float:
        taken = busy_seconds() - sum(os.times()[:4]) - self._before - ours
        return max(0.0, taken / (time.monotonic() - self._start))


class Load:
    """The load server and the TLS reader, running."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            ["taskset", "-c", LOAD_CORE, PROGRAMS / "s3_load", "--corpus", CORPUS, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise BenchError("The load server did not start; what it says stands above")
        self.started: Json = json.loads(line)
        self.port = int(self.started["port"])

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)

    def call(self, path: str, post: bool = False) -> str:
        url = f"http://127.0.0.1:{self.port}{path}"
        with urllib.request.urlopen(url, data=b"" if post else None, timeout=60) as answer:
            return str(answer.read().decode())

    def reset(self) -> None:
        self.call("/_reset", post=True)

    def delay(self, milliseconds: int) -> None:
        self.call(f"/_delay?milliseconds={milliseconds}", post=True)

    def feed(self, queue: str, corpus: str, objects: int) -> Json:
        path = f"/_feed?queue={queue}&corpus={corpus}&objects={objects}"
        fed: Json = json.loads(self.call(path, post=True))
        return fed

    def stats(self) -> Json:
        stats: Json = json.loads(self.call("/_stats"))
        return stats

    def first_path(self, queue: str) -> str:
        return self.call(f"/_keys?queue={queue}").partition("\n")[0]

    def tls_arguments(self) -> list[str]:
        names = ("tls_port", "chain", "cert", "key")
        return [f"--{name.replace('_', '-')}={self.started[name]}" for name in names]


@contextlib.contextmanager
def load_server(*arguments: str) -> Iterator[Load]:
    load = Load(*arguments)
    try:
        yield load
    finally:
        load.close()


def run_json(command: list[str | Path], core: str) -> Json:
    """Runs a pinned program that prints one line of JSON."""
    done = subprocess.run(
        ["taskset", "-c", core, *command], capture_output=True, text=True, timeout=LONGEST_SECONDS
    )
    if done.returncode != 0:
        raise BenchError(f"{Path(command[0]).name} failed: {done.stderr.strip()[-800:]}")
    result: Json = json.loads(done.stdout)
    return result


def check(who: str, fed: Json, stats: Json, exact: bool) -> None:
    """That what arrived is what was fed: as many records, and with `exact` the very same."""
    tls = stats["tls"]
    if tls["frames"] != fed["messages"]:
        raise BenchError(f"{who}: {fed['messages']} records were fed, {tls['frames']} arrived")
    if tls["broken"]:
        raise BenchError(f"{who}: something that arrived is not a frame")
    if exact and (tls["sum"], tls["message_bytes"]) != (fed["sum"], fed["message_bytes"]):
        raise BenchError(f"{who}: as many records as were fed, but not the same")


def ceiling(load: Load, corpus: str, connections: int, seconds: float) -> Json:
    """What the load server gives at most, to a client that does nothing with it."""
    load.reset()
    load.feed(corpus, corpus, 1)
    program = PROGRAMS / "s3_ceiling"
    path = load.first_path(corpus)
    return run_json([program, str(load.port), path, str(connections), str(seconds)], "0")


def roofline(
    load: Load, corpus: str, objects: int, stage: str = "get", *more: str, exact: bool = False
) -> Measured:
    load.reset()
    fed = load.feed(corpus, corpus, objects)
    before = load.stats()["process_cpu_seconds"]
    watch = Watch()
    command: list[str | Path] = [
        PROGRAMS / "s3_roofline", "--stage", stage, "--corpus", corpus, "--queue", corpus,
        "--objects", str(objects), "--folder", CORPUS, "--port", str(load.port), *more,
        *load.tls_arguments(),
    ]  # fmt: skip
    result = run_json(command, "0")
    stats = load.stats()
    if stage in ("socket", "get"):
        check("roofline", fed, stats, exact)
    used = stats["process_cpu_seconds"] - before
    return Measured(
        "roofline", corpus, objects, result["bytes"], result["records"], result["seconds"],
        result["cpu_seconds"], load_cpu_seconds=used, others=watch.others(used),
        notes={"cipher": result["cipher"]},
    )  # fmt: skip


def python_way(load: Load, corpus: str, objects: int) -> Measured:
    load.reset()
    fed = load.feed(corpus, corpus, objects)
    before = load.stats()["process_cpu_seconds"]
    watch = Watch()
    command: list[str | Path] = [
        ROOT / ".venv/bin/python", Path(__file__).with_name("python_way.py"), "--corpus", corpus,
        "--queue", corpus, "--objects", str(objects), "--port", str(load.port),
        *load.tls_arguments(),
    ]  # fmt: skip
    result = run_json(command, "0")
    stats = load.stats()
    check("Python", fed, stats, exact=False)
    used = stats["process_cpu_seconds"] - before
    return Measured(
        "python", corpus, objects, result["bytes"], result["records"], result["seconds"],
        result["cpu_seconds"], load_cpu_seconds=used, others=watch.others(used),
    )  # fmt: skip


def configuration(load: Load, corpus: str, gzip: bool, state: str) -> Json:
    started = load.started
    config: Json = {"address": "127.0.0.1", "port": started["tls_port"], "host_name": "bench"}
    config.update({name: started[name] for name in ("chain", "cert", "key")})
    if gzip:
        config["threshold_for_using_gzip_in_transport_layer"] = -1.0
    service: Json = {"regions": ["us-east-1"], "request_period_in_seconds": 1}
    if corpus == "cloudtrail":
        service.update({"types": ["audits_s3"], "audit_sqs_queue_name": corpus})
        services = {"audit-events-all": service}
    else:
        kind = "cloudfrontlogs" if corpus == "cloudfront" else "vpcflowlogs"
        services = {"non-cloudwatch-logs": {**service, f"{kind}_sqs_queue_name": corpus}}
    source = {
        "id": "bench",
        "credentials": {"access_key": "AKIDEXAMPLE", "access_secret": "secret"},
        "aws": {"endpoint_url": f"http://127.0.0.1:{load.port}"},
        "services": services,
    }
    return {
        "globals": {"persistence": {"config": {"directory_name": state}}},
        "outputs": {"devo": {"type": "devo_platform", "config": config}},
        "inputs": {"bench": source},
    }


def cpu_seconds(pid: int) -> float:
    """User and system time of a process with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(pid: int) -> float:
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024 / 1e6


class Collector:
    """aws-collector at work on one queue, pinned, from its start until it is stopped."""

    def __init__(self, program: Path, load: Load, corpus: str, cores: str, gzip: bool) -> None:
        self._log = FOLDER / "collector.log"
        self._folder = tempfile.TemporaryDirectory(dir=FOLDER)
        path = Path(self._folder.name) / "config.json"
        state = f"{self._folder.name}/state"
        path.write_text(json.dumps(configuration(load, corpus, gzip, state)))
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", cores, program, "run", "--config", path],
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self.pid = self._process.pid

    def must_run(self, waiting_for: str) -> None:
        if self._process.poll() is not None:
            end = self._log.read_text(errors="replace")[-1500:]
            raise BenchError(f"The collector ended, waiting for {waiting_for}:\n{end}")

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(60)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._folder.cleanup()


def _wait(collector: Collector, load: Load, what: str, done: Any) -> Json:
    until = time.monotonic() + LONGEST_SECONDS
    while True:
        stats = load.stats()
        if done(stats):
            return stats
        collector.must_run(what)
        if time.monotonic() > until:
            raise BenchError(f"Waiting for {what} took too long: {json.dumps(stats)}")
        time.sleep(LOOK_SECONDS)


def collector(
    program: Path, load: Load, corpus: str, objects: int, cores: str, gzip: bool = False,
    exact: bool = False,
) -> Measured:  # fmt: skip
    """Time runs from the feeding of the queue, at which the collector already polls, until the last
    record was read by the TLS reader; the processor's time until the last message was deleted."""
    load.reset()
    load.feed(corpus, corpus, 0)
    running = Collector(program, load, corpus, cores, gzip)
    try:
        _wait(running, load, "its first long poll", lambda s: s["sqs"]["calls"] >= 2)
        time.sleep(0.3)
        cpu = cpu_seconds(running.pid)
        before = load.stats()["process_cpu_seconds"]
        watch = Watch()
        fed = load.feed(corpus, corpus, objects)

        def delivered(stats: Json) -> bool:
            deleted = stats["queues"][corpus]["deleted"] == objects
            return bool(deleted and stats["tls"]["frames"] >= fed["messages"])

        stats = _wait(running, load, "the last record", delivered)
        cpu = cpu_seconds(running.pid) - cpu
        load_cpu = stats["process_cpu_seconds"] - before
        others = watch.others(cpu + load_cpu)
        peak = peak_mb(running.pid)
    finally:
        running.stop()
    check("collector", fed, load.stats(), exact)
    queue = stats["queues"][corpus]
    notes = {
        "deleted_after": queue["last_deleted"] - fed["time"],
        "redelivered": queue["redelivered"],
        "sqs_calls": stats["sqs"]["calls"],
        "sent_bytes": stats["tls"]["bytes"],
    }
    return Measured(
        "collector", corpus, objects, fed["unpacked"], fed["messages"],
        stats["tls"]["last"] - fed["time"], cpu, peak_mb=peak, load_cpu_seconds=load_cpu,
        others=others, notes=notes,
    )  # fmt: skip
