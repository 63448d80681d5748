"""Makes .venv/, the Python environment of the sandbox and the tests: scripts/python-environment."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from steps import ROOT, main, run

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
_SYSTEM_PYTHON = "/usr/bin/python3"
_REQUIREMENTS = ROOT / "sandbox" / "requirements.txt"


def python_environment() -> float:
    """Makes .venv/ with what sandbox/requirements.txt pins, unless it is there already."""
    wanted = _REQUIREMENTS.read_bytes()
    stamp = VENV / ".made-from"
    mark = hashlib.sha256(wanted + os.path.realpath(_SYSTEM_PYTHON).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == mark and PYTHON.exists():
        return 0.0
    shutil.rmtree(VENV, ignore_errors=True)
    _, made = run(
        "Making the Python environment .venv/", [_SYSTEM_PYTHON, "-m", "venv", VENV], log="venv"
    )
    lines = (line.partition(b"#")[0].strip() for line in wanted.splitlines())
    count = sum(1 for line in lines if line)

    def how_far(log: Path) -> str:
        return f"{min(count, log.read_bytes().count(b'Collecting '))}/{count}"

    _, installed = run(
        "Installing Python packages into .venv/",
        [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input",
         "--progress-bar", "off", "-r", _REQUIREMENTS],
        log="pip", how_far=how_far,
    )  # fmt: skip
    stamp.write_text(mark)
    return made + installed


def _work() -> int:
    python_environment()
    return 0


if __name__ == "__main__":
    main(_work)
