"""The scripts: what they count, what they show, and that they end what they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LIB = ROOT / "scripts" / "lib"
sys.path.insert(0, str(LIB))

import run_tests  # noqa: E402
import steps  # noqa: E402
import tidy  # noqa: E402


@pytest.fixture(autouse=True)
def own_logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logs of a run of scripts/test, which may be what runs us, stay as they are."""
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "LOGS", tmp_path / "logs")


GTEST_GOOD = "[==========] 12 tests from 2 test suites ran. (3 ms total)\n[  PASSED  ] 12 tests.\n"
GTEST_BAD = (
    "[  PASSED  ] 9 tests.\n[  FAILED  ] 3 tests, listed below:\n[  FAILED  ] A.B\n"
    "[  FAILED  ] A.C\n[  FAILED  ] A.D\n\n 3 FAILED TESTS\n"
)


@pytest.mark.parametrize(
    ("output", "passed", "expected"),
    [
        (GTEST_GOOD, True, (12, 0)),
        (GTEST_BAD, False, (9, 3)),
        ("[  PASSED  ] 1 test.\n", True, (1, 0)),
        ("......\n118 passed in 1.04s\n", True, (118, 0)),
        ("FAILED a\n4 failed, 112 passed, 1 error in 1.04s\n", False, (112, 5)),
        ("112 passed, 1 warning in 61.04s (0:01:01)\n", True, (112, 0)),
        ("5 failed attempts\n", True, (1, 0)),  # not a line of pytest's
        ("", True, (1, 0)),
        ("Segmentation fault", False, (0, 1)),
        (GTEST_GOOD + "ThreadSanitizer: data race", False, (12, 1)),
    ],
)
def test_cases_are_counted(output: str, passed: bool, expected: tuple[int, int]) -> None:
    assert run_tests.cases_of(output, passed) == expected


def test_the_table_lines_up_and_sums_nothing_itself() -> None:
    rows = [run_tests.Row("build, release", seconds=61.5, note="g++"),
            run_tests.Row("tests, release", 9, 3, 4.04)]  # fmt: skip
    assert run_tests.table(rows).splitlines() == [
        "                passed  failed       time",
        "build, release                  1 min 1 s  g++",
        "tests, release       9       3      4.0 s",
    ]


def test_a_step_tells_how_long_it_took_and_keeps_the_output(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, seconds = steps.run("Speaking", ["echo", "hello"], log="a")
    assert code == 0 and seconds < 10
    assert (tmp_path / "logs" / "a.log").read_text() == "hello\n"
    assert capfd.readouterr().out.startswith("Speaking ...\nSpeaking: done (")


def test_a_step_that_fails_shows_the_first_complaint_of_the_build() -> None:
    script = "seq 100; echo 'FAILED: a.o'; echo 'a.cc:1: error: no'; exit 3"
    with pytest.raises(steps.StepFailed) as failed:
        steps.run("Building", ["sh", "-c", script], log="a")
    text = str(failed.value)
    assert text.startswith("FAILED: a.o\na.cc:1: error: no\n")
    assert text.endswith("Building failed; all of its output is in logs/a.log")
    code, _ = steps.run("Building", ["sh", "-c", script], log="a", check=False)
    assert code == 3


def test_a_step_that_fails_otherwise_shows_its_end() -> None:
    with pytest.raises(steps.StepFailed) as failed:
        steps.run("Counting", ["sh", "-c", "seq 1000; exit 1"], log="a")
    assert "\n1000\n" in str(failed.value) and "\n900\n" not in str(failed.value)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("[1/40] Building a\n[12/40] Building b\n", "12/40"),
        (" 3/20 Test  #3: a_test ....   Passed    0.01 sec\n", "3/20"),
        ("nothing of the kind: 1/2\n", ""),
        ("", ""),
    ],
)
def test_how_far_a_build_or_a_test_run_is(tmp_path: Path, log: str, expected: str) -> None:
    (tmp_path / "log").write_text(log)
    assert steps.count_of(tmp_path / "log") == expected


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_step_with_all_that_it_started(
    tmp_path: Path, number: signal.Signals
) -> None:
    script = (
        f"import sys; sys.path.insert(0, {str(LIB)!r})\n"
        "import pathlib, steps\n"
        f"steps.LOGS = pathlib.Path({str(tmp_path)!r})\n"
        "command = ['sh', '-c', 'sleep 300 & echo $!; wait']\n"
        "steps.main(lambda: steps.run('Waiting', command, log='a')[0])\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True,
        # Whoever runs the tests under nohup has them ignore the signal, and it is inherited.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )  # fmt: skip
    log = tmp_path / "a.log"
    wait_for(lambda: log.exists() and log.read_text().strip() != "")
    grandchild = int(log.read_text())
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert b"broken off" in output
    wait_for(lambda: not is_running(grandchild))


def wait_for(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_clang_tidy_runs_again_when_a_header_far_below_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "src"
    for folder in ("base", "http"):
        (source / folder).mkdir(parents=True)
    (source / "base" / "a.h").write_text("int a;\n")
    (source / "base" / "other.h").write_text("int other;\n")
    (source / "http" / "b.h").write_text('#include "base/a.h"\n#include <string>\n')
    (source / "http" / "b.cc").write_text('#include "http/b.h"\n')
    monkeypatch.setattr(tidy, "ROOT", tmp_path)
    monkeypatch.setattr(tidy, "_SOURCES", source)

    def key(common: bytes = b"checks") -> str:
        tidy._includes.cache_clear()
        return tidy._key(source / "http" / "b.cc", common)

    first = key()
    assert key() == first
    assert key(b"other checks") != first
    (source / "base" / "other.h").write_text("int changed;\n")
    assert key() == first
    (source / "base" / "a.h").write_text("int changed;\n")
    assert key() != first


def test_a_suite_of_pytest_that_skips_or_is_empty_has_failed(tmp_path: Path) -> None:
    cases = {
        "def test_a(): pass\n": 0,
        "": pytest.ExitCode.NO_TESTS_COLLECTED,
        "import pytest\n\ndef test_a(): pass\n\ndef test_b(): pytest.skip('why')\n": 1,
        "import pytest\n\n@pytest.mark.skip\ndef test_a(): pass\n": 1,
        "import pytest\n\ndef test_a(): pass\n\ndef test_b(): pytest.xfail('why')\n": 1,
        "import pytest\npytest.skip('why', allow_module_level=True)\n": 1,
        "def test_a(): assert False\n": 1,
    }
    path = f"{ROOT / 'tests' / 'pytest_plugins'}"
    for text, expected in cases.items():
        (tmp_path / "test_it.py").write_text(text)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no_skips", "-p", "no:cacheprovider",
             "--rootdir", str(tmp_path), str(tmp_path)],
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        assert (done.returncode != 0) == (expected != 0), text + done.stdout


def test_packages_are_asked_for_only_when_they_are_missing(tmp_path: Path) -> None:
    """With a dpkg-query that knows all of them nothing is said; without some, and without root and
    sudo, one sentence says what to run."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "env", "dirname", "basename", "awk", "cat", "mktemp", "rm", "grep"):
        (tools / name).symlink_to(f"/usr/bin/{name}")
    script(tools / "dpkg-query", '[ "$4" = "${MISSING:-}" ] || printf installed')
    script(tools / "id", "echo 1000")
    environment = {"PATH": str(tools)}
    install = [ROOT / "scripts" / "install-packages"]
    done = subprocess.run(install, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    environment["MISSING"] = "ccache"
    done = subprocess.run(install, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == (
        "install-packages: packages are missing, and installing needs root, but there is no sudo."
        " As root: apt-get install --no-install-recommends ccache\n"
    )
    only_tests = [*install, "test"]  # ccache is not among them
    assert subprocess.run(only_tests, env=environment, capture_output=True).returncode == 0


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
