"""clang-tidy over src/, each file again only when it, a header of ours that it includes, or the
checks have changed: scripts/tidy, and a step of scripts/test.

Nearly all of its time goes into headers, so the files of a folder are checked as one translation
unit. Only where that has findings is each file checked by itself, and what is said of it then
counts."""

from __future__ import annotations

import argparse
import functools
import hashlib
import itertools
import json
import os
import shlex
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from build import processors
from steps import BUILD, ROOT, main, run

_SOURCES = ROOT / "src"
_STAMPS = BUILD / "tidy"
_COMMANDS = BUILD / "clang"  # whose compile commands clang-tidy understands
_GROUP_FILES = 18
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


def _clang_tidy(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["clang-tidy", "--quiet", "--warnings-as-errors=*", *arguments],
        cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _check_file(path: Path) -> list[str]:
    """Runs clang-tidy on a file: its findings, or what went wrong."""
    done = _clang_tidy("-p", str(_COMMANDS), str(path))
    if done.returncode == 0:
        return []
    output = done.stdout.replace(f"{ROOT}{os.sep}", "").strip()
    if not any(_FINDING.match(line) for line in output.splitlines()):
        output = f"{path.relative_to(ROOT)}: clang-tidy failed: {output}{done.stderr.strip()}"
    return [output]


def _flags(path: Path) -> list[str]:
    """With what a file is compiled, less the names of the compiler and of files."""
    for entry in json.loads((_COMMANDS / "compile_commands.json").read_text()):
        if entry["file"] == str(path):
            words = shlex.split(entry["command"])
            start = next(i for i, word in enumerate(words) if word.startswith("-"))
            return words[start : words.index("-o")]
    return []


def _check_together(paths: list[Path]) -> list[list[str]]:
    """Checks files of one folder; for each of them its findings."""
    if len(paths) > 1:
        group = _STAMPS / f"{paths[0].relative_to(ROOT).with_suffix('')}.group.cc"
        group.parent.mkdir(parents=True, exist_ok=True)
        group.write_text("".join(f'#include "{path}"\n' for path in paths))
        done = _clang_tidy(
            "--header-filter=/src/", "--checks=-bugprone-suspicious-include", str(group),
            "--", *_flags(paths[0]),
        )  # fmt: skip
        if done.returncode == 0:
            return [[] for _ in paths]
    return [_check_file(path) for path in paths]


def _in_groups(paths: list[Path]) -> list[list[Path]]:
    """The files by their folder, a part of it where that is large."""
    return [
        files[first : first + _GROUP_FILES]
        for _, of_folder in itertools.groupby(paths, key=lambda path: path.parent)
        for files in [list(of_folder)]
        for first in range(0, len(files), _GROUP_FILES)
    ]


def _stamp(path: Path) -> Path:
    """Where it is kept as what a file passed."""
    return _STAMPS / path.relative_to(ROOT).with_suffix(".passed")


def check(everything: bool = False) -> tuple[int, list[str]]:
    """Checks the files that need it; returns how many those were and, a text a file, what is wrong.

    `everything`: also those that passed before as they are.
    """
    run("Configuring clang", ["cmake", "--preset", "clang"], log="configure-clang")
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (ROOT / ".clang-tidy").read_bytes() + Path(__file__).read_bytes()
    todo: dict[Path, str] = {}
    for path in sorted(_SOURCES.rglob("*.cc")):
        stamp, key = _stamp(path), _key(path, common)
        if everything or not stamp.exists() or stamp.read_text() != key:
            todo[path] = key
    problems: list[str] = []
    if todo:
        print(f"Running clang-tidy on {len(todo)} files ...", flush=True)
    groups = _in_groups(list(todo))
    with ThreadPoolExecutor(processors()) as pool:
        for paths, results in zip(groups, pool.map(_check_together, groups), strict=True):
            for path, found in zip(paths, results, strict=True):
                problems += found
                if not found:
                    _stamp(path).parent.mkdir(parents=True, exist_ok=True)
                    _stamp(path).write_text(todo[path])
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
