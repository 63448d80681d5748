"""The source tree keeps the rules of style: those of rules.py, bash's and clang-format's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import rules

ROOT = Path(__file__).resolve().parents[2]
TREE = list(rules.files(ROOT))


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_tree_keeps_the_rule(rule: Callable[..., object]) -> None:
    found = rules.findings(rule, TREE)
    assert not found, "\n" + "\n".join(found)


def test_the_tree_was_found() -> None:
    paths = {str(path) for path, _ in TREE}
    assert {"CMakeLists.txt", "src/base/result.h", "scripts/test"} <= paths
    assert not any(path.startswith(("build/", ".git/", ".venv/")) for path in paths)


def test_every_folder_of_the_table_of_layers_knows_only_folders_before_it() -> None:
    order = list(rules.LAYERS)
    for number, (folder, known) in enumerate(rules.LAYERS.items()):
        for name in known:
            assert name.partition("/")[0] in order[:number], f"{folder} may include {name}"


def test_shell_scripts_can_be_parsed() -> None:
    scripts = [ROOT / path for path, text in TREE if rules.is_shell(path, text)]
    assert scripts
    for script in scripts:
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert os.access(script, os.X_OK), f"{script} cannot be run"
    if shutil.which("shellcheck"):
        done = subprocess.run(["shellcheck", *scripts], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_cpp_files_are_formatted_as_clang_format_does() -> None:
    cpp = [str(path) for path, _ in TREE if rules.is_cpp(path)]
    assert cpp
    assert shutil.which("clang-format"), "clang-format is missing: scripts/install-packages test"
    done = subprocess.run(
        ["clang-format", "--dry-run", "-Werror", *cpp], cwd=ROOT, capture_output=True, text=True
    )
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if " error: " in line})
    assert done.returncode == 0, "clang-format -i " + " ".join(wrong)
