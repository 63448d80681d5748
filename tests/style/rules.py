"""The rules of style that a machine can check. Each takes a file's path, relative to the top
folder, and its text, and yields findings as "LINE: what is wrong". No rule reads anything else."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from cpp_text import functions, without_literals

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 70
MAX_FILE_LINES = 500

# What the code of a folder under src/ may include besides its own folder: folders, or single
# headers where only these are meant. Links go downward only; what collects does not know AWS,
# sources and outputs do not know each other.
LAYERS: dict[str, tuple[str, ...]] = {
    "base": (),
    "observe": ("base",),
    "http": ("base", "observe"),
    "aws": ("base", "observe", "http"),
    "decode": ("base",),
    "collect": ("base", "observe"),
    "sources": ("base", "observe", "aws", "decode", "collect"),
    "outputs": ("base", "observe", "http", "collect"),
    "config": ("base", "sources/aws_services.h", "sources/settings.h", "outputs/settings.h"),
    "setup": ("base", "observe", "http", "aws", "config"),
    "cli": ("base", "observe", "http", "aws", "collect", "sources", "outputs", "config", "setup"),
}

# Headers that cost every file that includes them a second or more: only in .cc files.
HEAVY = ("nlohmann/json.hpp", "yaml-cpp/", "spdlog/", "CLI/", "pugixml.hpp", "simdjson.h")
# Where a JSON document is the value itself.
HEAVY_ALL_THE_SAME = {"src/aws/document_operations.h", "src/setup/resource.h"}

_CODE = (".h", ".cc", ".py", ".sh", ".cmake")
_INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
_GTEST = re.compile(
    r"^\s*(?:TEST(?:_[FP])?|TYPED_TEST(?:_P)?)\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE
)
_MACHINE_PATH = re.compile(
    r"(?<![\w.~])/(?:work|root|Users|home/\w{2,}|var/tmp|mnt)/[\w.]"
)
_USING = re.compile(r"^\s*using\s+(?:\w+::)+(\w+);", re.MULTILINE)
_LEFT_OPEN = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")


def is_code(path: PurePosixPath, text: str) -> bool:
    return path.suffix in _CODE or path.name == "CMakeLists.txt" or text.startswith("#!")


def is_cpp(path: PurePosixPath) -> bool:
    return path.suffix in (".h", ".cc")


def is_python(path: PurePosixPath, text: str) -> bool:
    return path.suffix == ".py" or (text.startswith("#!") and "python" in text.partition("\n")[0])


def is_shell(path: PurePosixPath, text: str) -> bool:
    return path.suffix == ".sh" or (text.startswith("#!") and "sh" in text.partition("\n")[0])


def columns(path: PurePosixPath, text: str) -> Iterator[str]:
    if is_code(path, text):
        for number, line in enumerate(text.splitlines(), 1):
            one_word = len(line.strip(" /#").split()) <= 1  # an address, which cannot be broken
            if len(line) > MAX_COLUMNS and not one_word:
                yield f"{number}: {len(line)} columns; at most {MAX_COLUMNS} are readable"


def file_length(path: PurePosixPath, text: str) -> Iterator[str]:
    lines = text.count("\n")
    if is_code(path, text) and lines > MAX_FILE_LINES:
        yield f"{lines}: a file of {lines} lines; over {MAX_FILE_LINES} nobody knows their way"


def function_length(path: PurePosixPath, text: str) -> Iterator[str]:
    for name, first, last in _functions(path, text):
        lines = last - first + 1
        if lines > MAX_FUNCTION_LINES:
            yield f"{first}: {name} has {lines} lines; at most {MAX_FUNCTION_LINES} fit a mind"


def _functions(path: PurePosixPath, text: str) -> Iterator[tuple[str, int, int]]:
    if is_cpp(path):
        for function in functions(text):
            yield function.name, function.first_line, function.last_line
    elif is_python(path, text):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, node.lineno, node.end_lineno or node.lineno


def layers(path: PurePosixPath, text: str) -> Iterator[str]:
    if not is_cpp(path) or path.parts[0] != "src":
        return
    folder = path.parts[1]
    if folder not in LAYERS:
        yield f"1: src/{folder} has no place in the table of layers (tests/style/rules.py)"
        return
    for number, included in _own_includes(text):
        other = included.partition("/")[0]
        if other != folder and other not in LAYERS[folder] and included not in LAYERS[folder]:
            known = ", ".join(LAYERS[folder]) or "nothing"
            yield f"{number}: src/{folder} may not include {included}; it knows {known}"


def _own_includes(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _INCLUDE.match(line)) and match.group(1) == '"':
            yield number, match.group(2)


def whole_include_paths(path: PurePosixPath, text: str) -> Iterator[str]:
    """"base/result.h", never "result.h" or "../base/result.h"."""
    if is_cpp(path):
        for number, included in _own_includes(text):
            if "/" not in included or ".." in PurePosixPath(included).parts:
                yield f'{number}: include "{included}" by its path under src/ or tests/'


def heavy_headers(path: PurePosixPath, text: str) -> Iterator[str]:
    if path.suffix != ".h" or path.parts[0] != "src" or str(path) in HEAVY_ALL_THE_SAME:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if (match := _INCLUDE.match(line)) and match.group(2).startswith(HEAVY):
            yield f"{number}: {match.group(2)} is slow to compile; include it in .cc files only"


def header_guard(path: PurePosixPath, text: str) -> Iterator[str]:
    if path.suffix != ".h":
        return
    parts = path.parts[1:] if path.parts[0] == "src" else path.parts
    guard = "COLLECTOR_" + re.sub(r"\W", "_", "_".join(parts)).upper() + "_"
    code = [line for line in without_literals(text).splitlines() if line.strip()]
    wanted = [f"#ifndef {guard}", f"#define {guard}"]
    if code[:2] != wanted or code[-1].strip() != "#endif" or f"#endif  // {guard}" not in text:
        yield f"1: the header guard should be {guard}, from the first line to the last"


def header_comment(path: PurePosixPath, text: str) -> Iterator[str]:
    if path.suffix == ".h" and not text.startswith("// "):
        yield "1: a header opens by saying what it is, who owns it, which threads may call it"


def python_opening(path: PurePosixPath, text: str) -> Iterator[str]:
    if path.suffix == ".py" and text.strip() and ast.get_docstring(ast.parse(text)) is None:
        yield "1: a module opens by saying what it is"


def used_names(path: PurePosixPath, text: str) -> Iterator[str]:
    """clang-tidy sees this only where a file is a translation unit of its own."""
    if path.suffix == ".cc":
        code = without_literals(text)
        for match in _USING.finditer(code):
            if len(re.findall(rf"\b{match.group(1)}\b", code)) == 1:
                number = code.count("\n", 0, match.start(1)) + 1
                yield f"{number}: nothing uses {match.group(1)} without its namespace"


def left_open(path: PurePosixPath, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := _LEFT_OPEN.search(line):
            yield f"{number}: {match.group()}: do it now, or let it be"


def machine_paths(path: PurePosixPath, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if match := _MACHINE_PATH.search(line):
            yield f"{number}: {match.group()}... is a path of one machine"


def test_names(path: PurePosixPath, text: str) -> Iterator[str]:
    if is_cpp(path):
        for match in _GTEST.finditer(without_literals(text)):
            suite, name = match.group(1), match.group(2)
            number = text.count("\n", 0, match.start()) + 1
            if not re.fullmatch(r"(?:[A-Z][a-z0-9]*){2,}", name):
                yield f"{number}: {suite}.{name}: a test's name is a sentence in CamelCase"
            if not re.fullmatch(r"[A-Z][A-Za-z0-9]*", suite):
                yield f"{number}: {suite}: the thing tested, in CamelCase"


def text_hygiene(path: PurePosixPath, text: str) -> Iterator[str]:
    if is_code(path, text):
        if "\r" in text:
            yield "1: has carriage returns"
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip():
                yield f"{number}: ends in blanks"
            if "\t" in line:
                yield f"{number}: has a tab"
        if text and not text.endswith("\n"):
            yield "1: its last line has no end"


RULES = (columns, file_length, function_length, layers, whole_include_paths, heavy_headers,
         header_guard, header_comment, python_opening, used_names, left_open, machine_paths,
         test_names, text_hygiene)  # fmt: skip


def files(root: Path) -> Iterator[tuple[PurePosixPath, str]]:
    """The text files of a source tree, without what is made in it (as .gitignore lists it)."""
    ignored = {line.strip("/") for line in (root / ".gitignore").read_text().splitlines()}
    ignored.add(".git")
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if name not in ignored)
        for name in sorted(names):
            path = Path(folder) / name
            try:
                text = path.read_bytes().decode() if path.is_file() else ""
            except UnicodeDecodeError:
                continue  # a binary fixture
            if name not in ignored and "\0" not in text:
                yield PurePosixPath(path.relative_to(root)), text


def findings(rule: object, tree: Iterable[tuple[PurePosixPath, str]]) -> list[str]:
    """All findings of a rule, as "PATH:LINE: what is wrong"."""
    assert callable(rule)
    return [f"{path}:{finding}" for path, text in tree for finding in rule(path, text)]
