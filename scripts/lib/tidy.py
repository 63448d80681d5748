"""clang-tidy over src/, each file again only when it, a header of ours that it includes, or the
checks have changed: scripts/tidy, and a step of scripts/test."""

from __future__ import annotations

import argparse
import functools
import hashlib
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build import processors
from steps import BUILD, ROOT, main, run

_SOURCES = ROOT / "src"
_STAMPS = BUILD / "tidy"
_COMMANDS = BUILD / "clang"  # whose compile commands clang-tidy understands
_INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)
_FINDING = re.compile(r"^\S+:\d+:\d+: (?:warning|error): ")


@functools.cache
def _includes(path: Path) -> tuple[Path, ...]:
    """The files of ours that a file includes itself."""
    found = []
    for name in _INCLUDE.findall(path.read_bytes()):
        for folder in (_SOURCES, path.parent):
            candidate = folder / os.fsdecode(name)
            if candidate.is_file():
                found.append(candidate)
                break
    return tuple(found)


def _all_of(path: Path) -> list[Path]:
    """A file and all files of ours that it includes, however far."""
    seen, todo = {path}, [path]
    while todo:
        for other in _includes(todo.pop()):
            if other not in seen:
                seen.add(other)
                todo.append(other)
    return sorted(seen)


def _key(path: Path, common: bytes) -> str:
    """What the outcome for a file depends on."""
    mark = hashlib.sha256(common)
    for part in _all_of(path):
        mark.update(os.fsencode(part.relative_to(ROOT)) + b"\0" + part.read_bytes() + b"\0")
    return mark.hexdigest()


def _check_file(path: Path) -> list[str]:
    """Runs clang-tidy on a file: its findings, or what went wrong."""
    done = subprocess.run(
        ["clang-tidy", "-p", str(_COMMANDS), "--quiet", "--warnings-as-errors=*", str(path)],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    if done.returncode == 0:
        return []
    output = done.stdout.replace(f"{ROOT}{os.sep}", "").strip()
    if not any(_FINDING.match(line) for line in output.splitlines()):
        output = f"{path.relative_to(ROOT)}: clang-tidy failed: {output}{done.stderr.strip()}"
    return [output]


def check(everything: bool = False) -> tuple[int, list[str]]:
    """Checks the files that need it; returns how many those were and, a text a file, what is wrong.

    `everything`: also those that passed before as they are.
    """
    run("Configuring clang", ["cmake", "--preset", "clang"], log="configure-clang")
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes() + Path(__file__).read_bytes()
    todo: list[tuple[Path, Path, str]] = []
    for path in sorted(_SOURCES.rglob("*.cc")):
        stamp = _STAMPS / path.relative_to(ROOT).with_suffix(".passed")
        key = _key(path, common)
        if everything or not stamp.exists() or stamp.read_text() != key:
            todo.append((path, stamp, key))
    problems: list[str] = []
    if todo:
        print(f"Running clang-tidy on {len(todo)} files ...", flush=True)
    with ThreadPoolExecutor(processors()) as pool:
        results = pool.map(_check_file, (path for path, _, _ in todo))
        for (_, stamp, key), found in zip(todo, results, strict=True):
            problems += found
            if not found:
                stamp.parent.mkdir(parents=True, exist_ok=True)
                stamp.write_text(key)
    return len(todo), problems


def work() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/tidy",
        description="Runs clang-tidy, as .clang-tidy says, on the files of src/ that have changed "
        "since they passed it.",
    )
    parser.add_argument("--all", action="store_true", help="on all files")
    files, problems = check(parser.parse_args().all)
    for problem in problems:
        print(f"\n{problem}")
    print(f"{files} files checked, {len(problems)} with findings")
    return 1 if problems else 0


if __name__ == "__main__":
    main(work)
