"""Configures and builds presets: scripts/build, and a step of the other scripts."""

from __future__ import annotations

import argparse
import os

from steps import BUILD, run
from steps import main as steps_main

PRESETS = ("release", "dev", "asan", "tsan", "clang", "fuzz")


def processors() -> int:
    return len(os.sched_getaffinity(0))


def build(preset: str, *targets: str) -> float:
    """Configures and builds targets of a preset (without one: all). Returns the seconds it took."""
    _, configured = run(
        f"Configuring {preset}", ["cmake", "--preset", preset], log=f"configure-{preset}"
    )
    command = ["cmake", "--build", BUILD / preset, "--parallel", str(processors())]
    if targets:
        command += ["--target", *targets]
    what = f"Building {', '.join(targets) or 'all'} ({preset})"
    _, built = run(
        what, command, log=f"build-{preset}", environment={"NINJA_STATUS": "[%f/%t] "}
    )
    return configured + built


def _work() -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/build",
        description="Installs what is missing, then configures and builds presets into build/.",
    )
    parser.add_argument(
        "presets", nargs="*", default=["release"], metavar="PRESET",
        help=f"one of {', '.join(PRESETS)} (default: release)",
    )  # fmt: skip
    parser.add_argument("--target", action="append", default=[], help="only this, e.g. devo_test")
    arguments = parser.parse_args()
    for preset in arguments.presets:
        if preset not in PRESETS:
            parser.error(f"there is no preset {preset}; the presets are {', '.join(PRESETS)}")
    for preset in arguments.presets:
        build(preset, *arguments.target)
    return 0


if __name__ == "__main__":
    steps_main(_work)
