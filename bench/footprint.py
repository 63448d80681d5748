"""What the collector takes: time from its start to its first AWS request, and resident memory.

    .venv/bin/python bench/footprint.py [--collector build/release/aws-collector] [--runs 7]

Runs it against the sandbox, two regions with 2,000 events each, which it delivers over mutual TLS.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sandbox import Sandbox  # noqa: E402

REGIONS = ["us-east-1", "eu-west-1"]
EVENTS = 2_000


def configuration(folder: Path, sandbox: Sandbox) -> Path:
    """Written as JSON, which is YAML too."""
    key, secret = sandbox.credentials()
    files = {name: sandbox.certificates[name] for name in ("chain", "cert", "key")}
    endpoint = {"address": sandbox.devo["address"], "port": sandbox.devo["port"], **files}
    service = {"regions": REGIONS, "start_time": time.strftime("%Y-%m-%d")}
    source = {
        "credentials": {"access_key": key, "access_secret": secret},
        "aws": {"endpoint_url": sandbox.aws_url},
        "services": {"audit-events-all": service},
    }
    config = {
        "globals": {"persistence": {"config": {"directory_name": str(folder / "state")}}},
        "outputs": {"devo": {"type": "devo_platform", "config": endpoint}},
        "inputs": {"aws": source},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return path


def memory(pid: int, field: str) -> float:
    """VmRSS or VmHWM of a process, in MB."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / 1024


def one_run(collector: str, sandbox: Sandbox, records: int) -> tuple[float, float, float]:
    """Milliseconds to the first request; MB resident when all is delivered, and at most."""
    sandbox.forget_calls()
    sandbox.forget_records()
    with tempfile.TemporaryDirectory() as folder:
        config = configuration(Path(folder), sandbox)
        began = time.time()
        process = subprocess.Popen(
            [collector, "run", "--config", str(config)], stderr=subprocess.DEVNULL
        )
        try:
            if not sandbox.wait_for_records(records, 300):
                raise SystemExit("not all records arrived")
            first = min(call["time"] for call in sandbox.calls())
            used = memory(process.pid, "VmRSS"), memory(process.pid, "VmHWM")
        finally:
            process.terminate()
            process.wait(60)
    return (first - began) * 1000, *used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--collector", default=str(ROOT / "build/release/aws-collector"))
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Sandbox(Path(folder) / "sandbox") as sandbox:
        sandbox.wait_until_loaded()
        sandbox.lookup_settings(lookup_calls_per_second=0)
        day = time.time() // 86_400 * 86_400
        for region in REGIONS:
            sandbox.generate_events(region, EVENTS, start=day, end=time.time() - 1, seed=1)
        runs = [
            one_run(options.collector, sandbox, EVENTS * len(REGIONS)) for _ in range(options.runs)
        ]
    names = ["start to first AWS request, ms", "resident memory, MB", "at most, MB"]
    print(f"{options.runs} runs{'':26} {'min':>8} {'median':>8} {'max':>8}")
    for name, values in zip(names, zip(*runs, strict=True), strict=True):
        print(f"{name:32} {min(values):8.1f} {statistics.median(values):8.1f} {max(values):8.1f}")


if __name__ == "__main__":
    main()
