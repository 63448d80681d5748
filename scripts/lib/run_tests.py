"""scripts/test: builds everything and runs every test, with a table of it all at the end."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import time
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import tidy
from build import build, processors
from python_environment import python_environment
from steps import BUILD, LOGS, ROOT, StepFailed, duration, main, run

# Halting at the first finding is the default of both; these make their reports complete.
_SANITIZERS = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=1:strict_string_checks=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}
_GTEST_COUNT = re.compile(r"^\[  (PASSED|FAILED)  \] (\d+) tests?[.,]", re.MULTILINE)
_PYTEST_COUNT = re.compile(r"(\d+) (passed|failed|errors?)\b(?=.* in [\d.]+s)")
_SHOWN_LINES = 80


@dataclass
class Row:
    """A line of the table at the end."""

    what: str
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    note: str = ""


def cases_of(output: str, passed: bool) -> tuple[int, int]:
    """The cases of one ctest test that passed and failed, by what it wrote.

    A test that does not tell, or died before it could, counts as one.
    """
    good = bad = 0
    for word, number in _GTEST_COUNT.findall(output):
        if word == "PASSED":
            good += int(number)
        else:
            bad += int(number)
    for number, word in _PYTEST_COUNT.findall(output):
        if word == "passed":
            good += int(number)
        else:
            bad += int(number)
    if passed:
        return max(good, 1), 0
    return good, max(bad, 1)


def with_fixed_addresses() -> list[str]:
    """ThreadSanitizer dies where a kernel spreads addresses further than it expects."""
    command = ["setarch", "--addr-no-randomize"]
    allowed = subprocess.run([*command, "true"], capture_output=True).returncode == 0
    return command if allowed else []


def ctest(preset: str, arguments: list[str], what: str = "") -> Row:
    """Runs ctest of a preset and counts its cases; what fails is shown.

    `what`: a part of its tests, which then has a report of its own.
    """
    name = f"{preset}-{what}" if what else preset
    report = BUILD / preset / f"tests{'-' + what if what else ''}.xml"
    report.unlink(missing_ok=True)
    command = with_fixed_addresses() if preset == "tsan" else []
    command += ["ctest", "--test-dir", str(BUILD / preset), "--output-on-failure",
                "--no-tests=error", "--parallel", str(processors()), "--output-junit", str(report),
                "--test-output-truncation", "head", *arguments]  # fmt: skip
    code, seconds = run(
        f"Testing ({name})", command, log=f"test-{name}", environment=_SANITIZERS, check=False
    )
    row = Row(f"tests, {name}", seconds=seconds)
    if report.exists():
        for case in xml.parse(report).iter("testcase"):
            good, bad = cases_of(case.findtext("system-out") or "", case.get("status") == "run")
            row.passed += good
            row.failed += bad
    if code != 0:
        row.failed = max(row.failed, 1)
        show_failures(LOGS / f"test-{name}.log")
    return row


def show_failures(log: Path) -> None:
    """The output of the tests that failed, each cut to its end, and ctest's list of them."""
    text = log.read_text(errors="replace")
    parts = re.split(r"(?m)^(?=\s*\d+/\d+ Test\s+#\d+:)", text)
    for part in parts:
        head, _, rest = part.partition("\n")
        if re.search(r"\*\*\*|Failed|Not Run", head):
            lines = rest.partition("\nThe following tests FAILED:")[0].rstrip().splitlines()
            print("\n" + head)
            if len(lines) > _SHOWN_LINES:
                before = len(lines) - _SHOWN_LINES
                print(f"... {before} lines before are in {log.relative_to(ROOT)}")
            print("\n".join(lines[-_SHOWN_LINES:]))
    listed = text.partition("\nThe following tests FAILED:")[2].rstrip()
    if listed:
        print(f"\nThe following tests FAILED:{listed}", flush=True)
    elif len(parts) == 1:
        print(text[-4000:], flush=True)


def release_tests(rows: list[Row], of_ctest: list[str], everything: bool) -> Thread | None:
    """The tests of the release build.

    With more to come, the end-to-end ones, which mostly wait, run beside it; the thread ends with
    them.
    """
    if not everything or of_ctest:
        rows.append(ctest("release", of_ctest))
        return None
    beside = Thread(
        target=lambda: rows.append(ctest("release", ["-L", "e2e"], "e2e")), daemon=True
    )
    beside.start()
    rows.append(ctest("release", ["-LE", "e2e"]))
    return beside


def stage(
    rows: list[Row], what: str, preset: str, targets: list[str], tests: list[str] | None
) -> None:
    """Builds a preset (no targets: all) and runs its tests, if any; adds both to the table."""
    started = time.monotonic()
    row = Row(f"build, {preset}", note=what)
    rows.append(row)
    try:
        build(preset, *targets)
    except StepFailed as failed:
        print(f"\n{failed}\n", flush=True)
        row.failed, row.note = 1, "did not build"
    row.seconds = time.monotonic() - started
    if not row.failed and tests is not None:
        rows.append(ctest(preset, tests))


def analyse(rows: list[Row]) -> None:
    """clang-tidy over what changed since it last passed."""
    started = time.monotonic()
    files, problems = tidy.check()
    seconds = time.monotonic() - started
    note = f"{files} files" if files else "nothing has changed since the last time"
    rows.append(Row("clang-tidy", failed=len(problems), seconds=seconds, note=note))
    for problem in problems:
        print(problem)


def table(rows: list[Row]) -> str:
    cells = [("", "passed", "failed", "time", "")]
    for row in rows:
        counts = (str(row.passed), str(row.failed)) if row.what.startswith("tests") else (
            ("", str(row.failed)) if row.failed else ("", ""))  # fmt: skip
        cells.append((row.what, *counts, duration(row.seconds), row.note))
    widths = [max(len(line[i]) for line in cells) for i in range(4)]
    return "\n".join(
        f"{line[0]:<{widths[0]}}  {line[1]:>{widths[1]}}  {line[2]:>{widths[2]}}"
        f"  {line[3]:>{widths[3]}}  {line[4]}".rstrip()
        for line in cells
    )


def arguments() -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="scripts/test",
        usage="scripts/test [--quick] [arguments of ctest]",
        description="Builds everything and runs every test: all of them in the release build, then "
        "the unit and simulator tests with AddressSanitizer, UndefinedBehaviorSanitizer and "
        "ThreadSanitizer, clang's thread safety analysis, and clang-tidy.",
        epilog="For example: scripts/test --quick -R devo_test   (one program of tests)   "
        "scripts/test --quick -L e2e   (the end-to-end tests)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="only the release build and its tests"
    )
    return parser.parse_known_args()


def work() -> int:
    given, of_ctest = arguments()
    started = time.monotonic()
    rows: list[Row] = []
    python_environment()
    stage(rows, "g++", "release", [], None)
    if not rows[0].failed:
        beside = release_tests(rows, of_ctest, not given.quick)
        if not given.quick:
            # Tests that talk to each other by the clock go before compilers.
            os.nice(5)
            needed, unit = ["unit_tests"], ["-L", "unit", *of_ctest]
            stage(rows, "clang, address and undefined behaviour", "asan", needed, unit)
            stage(rows, "clang, threads and lock annotations", "tsan", needed, unit)
            analyse(rows)
        if beside is not None:
            beside.join()
    passed, failed = sum(row.passed for row in rows), sum(row.failed for row in rows)
    print(f"\n{table(rows)}\n\nin {duration(time.monotonic() - started)}")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    main(work)
