"""What the benchmark of logs in S3 found, as lines while it runs and as tables at its end."""

from __future__ import annotations

import json
import os
import platform
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness import CORPUS, Json, Measured

TITLES = {"vpc": "VPC flow logs", "cloudfront": "CloudFront", "cloudtrail": "CloudTrail"}
STAGES = {
    "part inflate": "inflate (ISA-L)",
    "part frame": "+ split and frame",
    "part tls": "+ TLS, thrown away",
    "part socket": "+ socket, reader on the other core",
    "roofline": "+ GET from the load server: the roofline",
    "part zlib": "the same with zlib",
}
START = "<!-- measured: written by bench/s3/run -->"
END = "<!-- end of what was measured -->"
# What the collector is wanted to reach.
SHARE_OF_ROOFLINE = 0.70
SMALL_OBJECTS_A_SECOND = 5_000
SLOW_OBJECTS_A_SECOND = 2_000
DEARER_ON_TWO_CORES = 0.15


@dataclass
class Results:
    runs: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))
    ceiling_gets: Json = field(default_factory=dict)
    ceiling_bytes: Json = field(default_factory=dict)

    def add(self, name: str, measured: Measured) -> None:
        self.runs[name, measured.corpus].append(measured)

    def has(self, name: str, corpus: str) -> bool:
        return (name, corpus) in self.runs

    def median(self, name: str, corpus: str, value: Callable[[Measured], float]) -> float:
        return statistics.median(value(run) for run in self.runs[name, corpus])

    def speed(self, name: str, corpus: str) -> float:
        return self.median(name, corpus, lambda run: run.mb_per_second)


def line(name: str, run: Measured) -> str:
    text = (
        f"{name:13} {run.corpus:10} {run.mb_per_second:7.1f} MB/s {run.records_per_second:11,.0f}"
        f" records/s {run.objects_per_second:8,.0f} objects/s  {run.cpu_per_gb:6.2f} s/GB"
    )
    if run.peak_mb:
        text += f"  peak {run.peak_mb:.0f} MB"
    busy = run.load_cpu_seconds / run.seconds
    text += f"  (load side {busy:.0%} of a core, others {run.others:.0%})"
    if run.notes.get("redelivered"):
        text += f"  redelivered {run.notes['redelivered']}"
    return text


def ceiling_line(results: Results) -> str:
    small, big = results.ceiling_gets, results.ceiling_bytes
    return (
        f"The load server alone, client on the other core: {small['gets'] / small['seconds']:,.0f}"
        f" GETs/s of 1 KB, {big['bytes'] / big['seconds'] / 1e6:,.0f} MB/s of 3.5 MB objects."
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines) + "\n"


def _logs(results: Results, name: str) -> list[str]:
    return [log for log in TITLES if results.has(name, log)]


def _comparison(results: Results) -> str:
    rows = []
    for name, who in (("one core", "aws-collector, one core"), ("two cores", "the same, two cores"),
                      ("gzip", "the same, one core, gzip to Devo"), ("roofline", "roofline"),
                      ("python", "Python way")):  # fmt: skip
        for log in _logs(results, name):
            def of(value: Callable[[Measured], float], n: str = name, c: str = log) -> float:
                return results.median(n, c, value)

            peak = of(lambda run: run.peak_mb)
            rows.append([
                f"{TITLES[log]}: {who}",
                f"{of(lambda run: run.mb_per_second):,.1f}",
                f"{of(lambda run: run.records_per_second):,.0f}",
                f"{of(lambda run: run.cpu_per_gb):.2f}",
                f"{peak:.0f}" if peak else "",
                _ratio(results, name, log, "roofline"),
                _cpu_ratio(results, name, log),
                _ratio(results, name, log, "python"),
            ])  # fmt: skip
    rows.sort(key=lambda row: list(TITLES.values()).index(row[0].partition(":")[0]))
    head = ["", "MB/s", "records/s", "processor s/GB", "peak RSS, MB", "of the roofline",
            "by processor time", "times Python"]  # fmt: skip
    return table(head, rows) if rows else ""


def _ratio(results: Results, name: str, log: str, other: str) -> str:
    if name == other or not results.has(other, log):
        return ""
    ratio = results.speed(name, log) / results.speed(other, log)
    return f"{ratio:.0%}" if other == "roofline" else f"{ratio:.1f}"


def _cpu_ratio(results: Results, name: str, log: str) -> str:
    """The share of the roofline that neighbours on the machine do not blur."""
    if name == "roofline" or not results.has("roofline", log):
        return ""
    spent = results.median(name, log, lambda run: run.cpu_per_gb)
    return f"{results.median('roofline', log, lambda run: run.cpu_per_gb) / spent:.0%}"


def _parts(results: Results) -> str:
    if not results.has("part inflate", "vpc"):
        return ""
    rows = [
        [title, *(f"{results.speed(name, log):,.0f}" for log in TITLES if results.has(name, log))]
        for name, title in STAGES.items()
        if results.has(name, "vpc")
    ]
    return table(["roofline, MB/s", *TITLES.values()], rows)


def _objects(results: Results) -> str:
    rows = []
    for name, title, corpus in (
        ("small", "objects of 1 KB", "small"),
        ("small, 20 ms", "objects of 1 KB, 20 ms added to each answer", "small"),
        ("big", "one object of 75 MB, one core", "big"),
    ):
        if results.has(name, corpus):
            rows.append([
                title,
                f"{results.median(name, corpus, lambda run: run.objects_per_second):,.0f}",
                f"{results.speed(name, corpus):,.1f}",
                f"{results.median(name, corpus, lambda run: run.cpu_per_object) * 1e6:,.0f}",
                f"{results.median(name, corpus, lambda run: run.peak_mb):.0f}",
            ])  # fmt: skip
    head = ["two cores", "objects/s", "MB/s", "processor us/object", "peak RSS, MB"]
    return table(head, rows) if rows else ""


def _wanted(results: Results) -> str:
    found: list[tuple[str, float, float, bool]] = []
    for log in _logs(results, "one core"):
        speed = results.speed("one core", log)
        if results.has("roofline", log):
            share = speed / results.speed("roofline", log)
            found.append((f"{TITLES[log]}: share of the roofline", share, SHARE_OF_ROOFLINE, True))
        if results.has("two cores", log):
            more = results.median("two cores", log, lambda run: run.cpu_per_gb)
            dearer = more / results.median("one core", log, lambda run: run.cpu_per_gb) - 1
            found.append((f"{TITLES[log]}: processor time on two cores, more by", dearer,
                          DEARER_ON_TWO_CORES, False))  # fmt: skip
    small = {"small": SMALL_OBJECTS_A_SECOND, "small, 20 ms": SLOW_OBJECTS_A_SECOND}
    for name, wanted in small.items():
        if results.has(name, "small"):
            reached = results.median(name, "small", lambda run: run.objects_per_second)
            found.append((f"{name}: objects a second", reached, wanted, True))
    rows = []
    for what, reached, wanted, at_least in found:
        form = "{:.0%}" if wanted < 1 else "{:,.0f}"
        met = reached >= wanted if at_least else reached <= wanted
        limit = ("at least " if at_least else "at most ") + form.format(wanted)
        rows.append([what, form.format(reached), limit, "met" if met else "missed"])
    return table(["wanted", "reached", "wanted", ""], rows) if rows else ""


def _others(results: Results) -> str:
    shares = [run.others for runs in results.runs.values() for run in runs]
    if not shares:
        return ""
    return (
        f"Other processes took {statistics.median(shares):.0%} of a core meanwhile (median of the "
        f"runs), {max(shares):.0%} at most."
    )


def _machine() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = re.search(r"model name\s*: (.*)", text)
    model = found[1].strip() if found else platform.machine()
    system = "an unknown system"
    for row in Path("/etc/os-release").read_text().splitlines():
        if row.startswith("PRETTY_NAME="):
            system = row.partition("=")[2].strip('"')
    return f"{model}, {len(os.sched_getaffinity(0))} cores, {system}, Linux {platform.release()}"


def _corpora() -> str:
    names = {**TITLES, "small": "small objects (VPC)", "big": "a big object (VPC)"}
    rows = []
    for corpus, title in names.items():
        manifest = json.loads((CORPUS / corpus / "manifest.json").read_text())
        unpacked = sum(file["unpacked"] for file in manifest["files"]) / len(manifest["files"])
        rows.append([
            title, f"{manifest['bytes_a_record']:,.0f}", f"{manifest['ratio']:.1f}:1",
            f"{unpacked / manifest['ratio'] / 1e3:,.1f}",
        ])  # fmt: skip
    return table(["corpus", "bytes a record", "gzip", "file, KB packed"], rows)


def tables(results: Results, rounds: int, seconds: float) -> str:
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    parts = [
        f"Measured {date} on {_machine()}; medians of {rounds} round{'s' if rounds > 1 else ''}, "
        f"{seconds / 60:.0f} min altogether. {_others(results)}\n",
        _comparison(results),
        _parts(results),
        _objects(results),
        ceiling_line(results) + "\n" if results.ceiling_gets else "",
        _wanted(results),
        _corpora(),
    ]
    return "\n".join(part for part in parts if part)


def write(page: Path, text: str, start: str = START, end: str = END) -> None:
    """Puts figures between two marks of the page."""
    before, has_start, rest = page.read_text().partition(start)
    _, has_end, after = rest.partition(end)
    if not has_start or not has_end:
        raise SystemExit(f"{page.name} has lost the marks between which the figures stand")
    page.write_text(f"{before}{start}\n\n{text}\n{end}{after}")
