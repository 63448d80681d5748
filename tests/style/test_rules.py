"""The rules of style find what is planted, and nothing in what is sound."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
import rules
from cpp_text import functions, without_literals

HEADER = """\
// Thing: what it is. Owned by main(). Any thread.
#ifndef COLLECTOR_BASE_THING_H_
#define COLLECTOR_BASE_THING_H_

{}
#endif  // COLLECTOR_BASE_THING_H_
"""


def found(rule: Callable[..., object], path: str, text: str) -> list[str]:
    return rules.findings(rule, [(PurePosixPath(path), text)])


def names_and_lines(text: str) -> list[tuple[str, int]]:
    return [(function.name, function.lines) for function in functions(text)]


# What a function is


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("void F() {}", [("F", 1)]),
        ("void F();", []),
        ("int\nF(int a,\n  int b) {\n  return a;\n}\n", [("F", 5)]),
        ("namespace a::b {\nvoid F() {\n}\n}  // namespace", [("F", 2)]),
        ('extern "C" {\nvoid F() {\n}\n}', [("F", 2)]),
        ("class A {\n public:\n  A() : a_{1}, b_(2) {\n  }\n  ~A() {}\n};", [("A", 2), ("~A", 1)]),
        ("A::A(int a)\n    : a_(a),\n      b_{a,\n         1} {\n}", [("A::A", 5)]),
        ("A::A() : a_{} {}\nA::~A() {}", [("A::A", 1), ("A::~A", 1)]),
        ("bool A::operator==(const A& a) const {\n}", [("A::operator==", 2)]),
        ("S& operator<<(S& s, T t) {\n}", [("operator<<", 2)]),
        ("struct H {\n  size_t operator()(int) const {\n  }\n};", [("operator()", 2)]),
        ("struct A { operator bool() const { return true; } };", [("operatorbool", 1)]),
        ("struct A F() {\n}", [("F", 2)]),
        ("template <class T,\n          class U = int>\nvoid F(T t) {\n}", [("F", 2)]),
        ("std::map<int, std::vector<int>> F() {\n}", [("F", 2)]),
        ("std::function<void(int)> F() {\n}", [("F", 2)]),
        ("auto F() -> std::vector<int> {\n}", [("F", 2)]),
        ("void F(std::string a = {}, int b = 1) {\n}", [("F", 2)]),
        ("void F() REQUIRES(mutex_) NO_ANALYSIS {\n}", [("F", 2)]),
        ('class CAPABILITY("mutex") M {\n void L() ACQUIRE() {}\n};', [("L", 1)]),
        ("TEST(DevoFrame, AddsANewline) {\n}", [("TEST(DevoFrame, AddsANewline)", 2)]),
        ("enum class E : int {\n  kA,\n  kB\n};\nvoid F() {}", [("F", 1)]),
        ("struct P { int x{0}; std::function<void()> f{nullptr}; };", []),
        ("constexpr int kTable[] = {\n  1,\n  2,\n};", []),
        ("constexpr R kTable[] = {\n  {1, [](int a) {\n    return a;\n  }},\n};", [("lambda", 3)]),
        ("const auto f = [](int a) -> int {\n  return a;\n};", [("lambda", 3)]),
        ("int F() {\n  auto g = [] {\n  };\n  if (1) {\n  }\n  return 0;\n}", [("F", 7)]),
        ("void F() {\n  struct L {\n    void G() {}\n  };\n}", [("F", 5)]),
        ("#define X(a) { a\nvoid F() {\n}", [("F", 2)]),
        ("#define X(a) \\\n  void a() { \\\n  }\nvoid F() {}", [("F", 1)]),
    ],
)
def test_functions_are_found_with_their_lines(text: str, expected: list[tuple[str, int]]) -> None:
    assert names_and_lines(text) == expected


@pytest.mark.parametrize(
    "literal",
    [
        '"}{{{"', r'"\"}"', "'}'", r"'\''", "'{'", 'R"(}}}")"', 'R"x(}")}\n}")x"', "1'000'000",
        '"//"', "0x1F'FF", "/* } */ 1", "// }\n 1", "// } \\\n } \n 1", 'u8"}"', "L'}'", '"a" "}"',
        'R"({"key": "it\'s"})"', "/* ' */ 1", "/* \" */ 1",
    ],
)  # fmt: skip
def test_braces_in_literals_and_comments_are_none(literal: str) -> None:
    text = f"auto F() {{\n  return {literal};\n}}\nvoid G() {{}}\n"
    lines = 3 + literal.count("\n")
    assert names_and_lines(text) == [("F", lines), ("G", 1)]


def test_text_without_literals_keeps_its_lines() -> None:
    text = 'a /* 1\n2 */ b R"(3\n4)" c // 5\nd "6\\\n7" e\n'
    assert without_literals(text).count("\n") == text.count("\n")
    assert [word for word in without_literals(text).split() if word.isalpha()] == list("abcde")


def long_function(lines: int) -> str:
    return "void F() {\n" + "  G();\n" * (lines - 2) + "}\n"


def test_a_function_is_too_long_from_71_lines_on() -> None:
    assert found(rules.function_length, "src/base/a.cc", long_function(70)) == []
    assert found(rules.function_length, "src/base/a.cc", "\n" + long_function(71)) == [
        "src/base/a.cc:2: F has 71 lines; at most 70 fit a mind"
    ]
    python = "def f():\n" + "    g()\n" * 69
    assert found(rules.function_length, "sandbox/a.py", python) == []
    assert found(rules.function_length, "sandbox/a.py", python + "    g()\n") != []
    shell = "#!/usr/bin/env python3\n" + python + "    g()\n"
    assert found(rules.function_length, "scripts/a", shell) != []


# What each rule finds, and what it lets pass: (path, sound text, faulty text)


@pytest.mark.parametrize(
    ("rule", "path", "sound", "faulty"),
    [
        (rules.columns, "src/a.cc", "a" * 50 + " " + "b" * 49, "a" * 50 + " " + "b" * 50),
        (rules.columns, "src/a.h", "// https://" + "x" * 120, "// see https://" + "x" * 120),
        (rules.columns, "a/b.py", "# " + "ü" * 96 + " x", "# " + "ü" * 97 + " x"),
        (rules.columns, "cmake/a.cmake", "x", "set(a " + "b" * 95 + ")"),
        (rules.columns, "docs/a.md", "a " * 100, "#!/bin/sh\n" + "a " * 60),
        (rules.file_length, "a.sh", "x\n" * 500, "x\n" * 501),
        (rules.layers, "src/http/a.cc", '#include "base/a.h"', '#include "aws/a.h"'),
        (rules.layers, "src/aws/a.cc", '#include "aws/sts/a.h"', '#include "collect/a.h"'),
        (rules.layers, "src/collect/a.h", "#include <aws/a.h>", '  #  include "aws/a.h"'),
        (rules.layers, "src/config/a.h", '#include "outputs/settings.h"',
         '#include "outputs/devo.h"'),
        (rules.layers, "src/outputs/a.cc", '#include "collect/a.h"', '#include "sources/a.h"'),
        (rules.layers, "src/cli/a.cc", '#include "config/a.h"', '#include "fakes/a.h"'),
        (rules.layers, "src/base/a.cc", "", '#include "observe/a.h"'),
        (rules.layers, "src/base/a.cc", "", '#include "http/a.h"  // why'),
        (rules.layers, "src/base/a.cc", '// #include "aws/a.h"', '#include "cli/a.h"'),
        (rules.layers, "src/cli/a.cc", "", '#include "nowhere/a.h"'),
        (rules.layers, "tests/base/a.cc", '#include "cli/a.h"', None),
        (rules.layers, "src/base/a.cc", "", ("src/managers/a.cc", "")),
        (rules.whole_include_paths, "src/base/a.cc", '#include "base/a.h"', '#include "a.h"'),
        (rules.whole_include_paths, "src/aws/a.cc", "#include <a>", '#include "aws/../b/a.h"'),
        (rules.heavy_headers, "src/base/a.h", "#include <nlohmann/json_fwd.hpp>",
         "#include <nlohmann/json.hpp>"),
        (rules.heavy_headers, "src/base/a.h", "#include <string>", "#include <spdlog/spdlog.h>"),
        (rules.header_guard, "src/base/thing.h", HEADER, HEADER.replace("BASE_", "")),
        (rules.header_guard, "src/base/thing.h", HEADER, HEADER.replace("#define", "#undef")),
        (rules.header_guard, "src/base/thing.h", HEADER, HEADER + "int x;\n"),
        (rules.header_guard, "src/base/thing.h", HEADER, HEADER.replace("  // COLL", "  // X")),
        (rules.header_guard, "tests/fakes/thing.h", HEADER.replace("BASE", "TESTS_FAKES"), HEADER),
        (rules.header_guard, "src/base/thing.h", HEADER, "#pragma once\nint x;\n"),
        (rules.header_comment, "src/base/thing.h", HEADER, HEADER.partition("\n")[2]),
        (rules.python_opening, "a.py", '"""What it is."""\n', "import os\n"),
        (rules.used_names, "a.cc", "using b::C;\nC c;\n", "using b::C;\nD c; // C\n"),
        (rules.used_names, "a.cc", "using C = b::C;\n", "  using a::b::C;\n"),
        (rules.left_open, "src/a.cc", "// done", "// TO" "DO: later"),
        (rules.left_open, "docs/a.md", "TO" "DOs", "(FIX" "ME)"),
        (rules.machine_paths, "README.md", "state/ /etc/a ~/b", "see /ro" "ot/b"),
        (rules.machine_paths, "README.md", "https://a/work/b /home/", 'x="/wo' 'rk/b"'),
        (rules.machine_paths, "a.cc", "a/root/b", "/var/t" "mp/b"),
        (rules.machine_paths, "a.cc", "/home", "/ho" "me/somebody/b"),
        (rules.test_names, "tests/a_test.cc", "TEST(DevoFrame, AddsANewline) {}",
         "TEST(DevoFrame, adds_a_newline) {}"),
        (rules.test_names, "tests/a_test.cc", "TEST_F(A, IsSha256OfB) {}", "TEST_F(A, Newline) {}"),
        (rules.test_names, "tests/a_test.cc", "TEST_P(A,\n       KeepsItsOrder) {}",
         "TEST_P(A, DISABLED_KeepsItsOrder) {}"),
        (rules.test_names, "tests/a_test.cc", "// TEST(a, b)", "TEST(devo_frame, AddsANewline) {}"),
        (rules.text_hygiene, "a.cc", "int x;\n", "int x;\r\n"),
        (rules.text_hygiene, "a.cc", "int x;\n", "int x; \n"),
        (rules.text_hygiene, "a.py", "x = 1\n", "\tx = 1\n"),
        (rules.text_hygiene, "CMakeLists.txt", "x()\n", "x()"),
    ],
)  # fmt: skip
def test_a_rule_finds_what_is_planted(
    rule: Callable[..., object], path: str, sound: str, faulty: str | tuple[str, str] | None
) -> None:
    assert found(rule, path, sound) == []
    if isinstance(faulty, tuple):
        path, faulty = faulty
    if faulty is not None:
        assert len(found(rule, path, faulty)) == 1


def test_every_rule_has_something_planted_for_it() -> None:
    marks = test_a_rule_finds_what_is_planted.pytestmark  # type: ignore[attr-defined]
    planted = {case[0] for mark in marks for case in mark.args[1]} | {rules.function_length}
    assert planted == set(rules.RULES)


def test_a_finding_tells_its_place() -> None:
    assert found(rules.layers, "src/http/a.cc", '\n\n#include "cli/a.h"\n') == [
        "src/http/a.cc:3: src/http may not include cli/a.h; it knows base, observe"
    ]


def test_files_that_are_made_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("/build/\n__pycache__/\n")
    for name in ("build/a.cc", "src/__pycache__/b.py", "src/c.cc", ".git/d.sh", ".ci/run"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "src" / "picture.png").write_bytes(b"\x89PNG\xff\0")
    names = [str(path) for path, _ in rules.files(tmp_path)]
    assert sorted(names) == [".ci/run", ".gitignore", "src/c.cc"]


def test_clang_format_and_bash_complain_as_the_tests_of_the_tree_expect(tmp_path: Path) -> None:
    bad = tmp_path / "bad.cc"
    bad.write_text("int  x ;\n")
    style = "--style=Google"
    done = subprocess.run(["clang-format", style, "--dry-run", "-Werror", bad], capture_output=True)
    assert done.returncode != 0 and b" error: " in done.stderr
    bad.write_text("if true; then\n")
    assert subprocess.run(["bash", "-n", bad], capture_output=True).returncode != 0
