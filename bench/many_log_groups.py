"""What 10,000 log groups take of the collector while nothing happens in them: resident memory,
processor time, calls; and how late it finds an event of one of them.

    .venv/bin/python bench/many_log_groups.py [--collector build/release/aws-collector]
                                              [--groups 10000] [--minutes 4] [--by-name]

Runs it against the sandbox, in one region with the default period of 60 s. AWS allows five
FilterLogEvents calls a second, so a round of all groups takes half an hour: what is measured is
the part of it that fits into the minutes. Exits with 1 when a bound is exceeded.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "bench"))

from footprint import memory  # noqa: E402

from sandbox import Sandbox  # noqa: E402

REGION = "us-east-1"
MOST_MB = 150
MOST_CPU = 0.02  # of a core
MOST_CALLS = 5.0  # a second


def make_groups(sandbox: Sandbox, count: int) -> list[str]:
    key, secret = sandbox.credentials("admin")
    logs = boto3.client(
        "logs", region_name=REGION, endpoint_url=sandbox.aws_url, aws_access_key_id=key,
        aws_secret_access_key=secret, config=Config(max_pool_connections=8),
    )  # fmt: skip
    names = [f"/aws/lambda/function-{n:05}" for n in range(count)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: logs.create_log_group(logGroupName=name), names))
    return names


def configuration(folder: Path, sandbox: Sandbox, groups: list[str]) -> Path:
    """Written as JSON, which is YAML too."""
    key, secret = sandbox.credentials()
    files = {name: sandbox.certificates[name] for name in ("chain", "cert", "key")}
    endpoint = {"address": sandbox.devo["address"], "port": sandbox.devo["port"], **files}
    source = {
        "credentials": {"access_key": key, "access_secret": secret},
        "aws": {"endpoint_url": sandbox.aws_url},
        "services": {"cwl_1": {"regions": [REGION], "log_groups": groups}},
    }
    config: dict[str, Any] = {
        "globals": {"persistence": {"config": {"directory_name": str(folder / "state")}}},
        "outputs": {"devo": {"type": "devo_platform", "config": endpoint}},
        "inputs": {"aws": source},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def known_to_status(collector: str, config: Path) -> int:
    done = subprocess.run(
        [collector, "status", "--config", config], capture_output=True, text=True, check=False
    )
    return sum("/aws/lambda/function-" in line for line in done.stdout.splitlines())


def wait_for_all(collector: str, config: Path, groups: int) -> float:
    began = time.monotonic()
    while known_to_status(collector, config) < groups:
        if time.monotonic() - began > 300:
            raise SystemExit("not all groups were found")
        time.sleep(2)
    return time.monotonic() - began


def measure(process: Any, sandbox: Sandbox, seconds: float) -> dict[str, float]:
    sandbox.forget_calls()
    cpu, began = cpu_seconds(process.pid), time.monotonic()
    resident = []
    while time.monotonic() - began < seconds:
        time.sleep(1)
        resident.append(memory(process.pid, "VmRSS") * 1024**2 / 1e6)
    took = time.monotonic() - began
    calls = len(list(sandbox.calls("logs:FilterLogEvents", REGION)))
    return {
        "resident memory, median, MB": statistics.median(resident),
        "resident memory, at most, MB": max(resident),
        "processor, of a core": (cpu_seconds(process.pid) - cpu) / took,
        "FilterLogEvents calls a second": calls / took,
    }


def main() -> int:
    assert __doc__
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--collector", default=str(ROOT / "build/release/aws-collector"))
    parser.add_argument("--groups", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=4)
    parser.add_argument("--by-name", action="store_true", help="each by its name, no pattern")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as sandbox:
        sandbox.wait_until_loaded()
        names = make_groups(sandbox, options.groups)
        wanted = names if options.by_name else ["/aws/lambda/**"]
        config = configuration(Path(folder), sandbox, wanted)
        process = subprocess.Popen(
            [options.collector, "run", "--config", str(config)], stderr=subprocess.DEVNULL
        )
        try:
            took = wait_for_all(options.collector, config, options.groups)
            figures = measure(process, sandbox, options.minutes * 60)
        finally:
            process.terminate()
            process.wait(60)
    print(f"{options.groups} groups, all in the status after {took:.0f} s")
    for name, value in figures.items():
        print(f"{name:32} {value:8.3f}")
    bounds = (MOST_MB, MOST_MB, MOST_CPU, MOST_CALLS * 1.01)
    return int(any(v > bound for v, bound in zip(figures.values(), bounds, strict=True)))


if __name__ == "__main__":
    raise SystemExit(main())
