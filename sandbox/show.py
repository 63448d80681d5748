"""`python -m sandbox.show --dir DIR`: prints the records that the Devo endpoint receives."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
import unicodedata
from pathlib import Path
from typing import Any, TextIO

from . import ControlError, Controls

_DIM, _BOLD, _RED, _GREEN, _CYAN, _YELLOW, _PLAIN = (
    f"\x1b[{n}m" for n in ("2", "1", "31", "32", "36", "33", "0")
)


def _who(record: dict[str, Any]) -> str:
    """The person or service behind an audit event, in few words."""
    identity = record.get("userIdentity") or {}
    kind = identity.get("type")
    if kind == "Root":
        return "root"
    if kind == "AssumedRole":
        role, _, session = str(identity.get("arn", "")).partition("assumed-role/")[2].partition("/")
        return f"{role}/{session}"
    if kind == "FederatedUser":
        return str(identity.get("arn", "")).rpartition("/")[2]
    for name in ("userName", "invokedBy", "principalId", "credentialId"):
        if identity.get(name):
            return str(identity[name])
    return "-"


def _one_line(text: str) -> str:
    """Without what would upset a terminal."""
    return "".join(c if c.isprintable() else "\N{MIDDLE DOT}" for c in text)


def _cells(text: str) -> int:
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(bool(unicodedata.combining(c)) for c in text)


def _fit(text: str, width: int) -> str:
    """Exactly so many cells: padded, or cut with an ellipsis."""
    text = _one_line(text)
    if _cells(text) > width:
        while text and _cells(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _cells(text))


def _fit_tag(text: str, width: int) -> str:
    """Like _fit, but cut in the middle: a tag's end tells the account and the region."""
    if _cells(text) > width >= 8:
        head = width // 3
        text = text[:head] + "…" + text[head + 1 - width :]
    return _fit(text, width)


class Printer:
    """Formats records as lines of a table that fits the width."""

    def __init__(self, width: int, color: bool) -> None:
        self._color = color
        left = max(40, width - 23 - 4 * 2)  # the time and the gaps
        self._tag = min(52, left * 42 // 100)
        self._event = min(29, left * 22 // 100)
        self._who = min(40, left * 22 // 100)
        self._where = max(8, min(39, left - self._tag - self._event - self._who))

    def heading(self) -> str:
        cells = [_fit("TIME", 23), _fit("TAG", self._tag), _fit("EVENT", self._event),
                 _fit("WHO", self._who), _fit("FROM", self._where)]  # fmt: skip
        return self._paint(_BOLD, "  ".join(cells).rstrip())

    def line(self, record: dict[str, Any]) -> str:
        message = record.get("message", "")
        try:
            inner = json.loads(message)
        except ValueError:
            inner = None
        when = self._paint(_DIM, _fit(record["time"] or "no header", 23))
        tag = self._paint(_CYAN, _fit_tag(record["tag"], self._tag))
        if not isinstance(inner, dict) or "eventName" not in inner:
            rest = message if isinstance(message, str) and message else "(not text)"
            room = self._event + self._who + self._where + 4
            return f"{when}  {tag}  {_fit(rest, room).rstrip()}"
        wrong = inner.get("errorCode") or inner.get("errorMessage")
        shade = _RED if wrong else _GREEN if inner.get("readOnly") else _YELLOW
        event = self._paint(shade, _fit(str(inner["eventName"]), self._event))
        who = _fit(_who(inner), self._who)
        where = _fit(str(inner.get("sourceIPAddress", "-")), self._where).rstrip()
        return f"{when}  {tag}  {event}  {who}  {where}"

    def _paint(self, shade: str, text: str) -> str:
        return f"{shade}{text}{_PLAIN}" if self._color else text


def follow(
    control_url: str,
    *,
    seconds: float | None = None,
    until: int | None = None,
    every: int = 1,
    output: TextIO = sys.stdout,
) -> int:
    """Prints records until the time is over or `until` records were seen; returns how many were.

    `every`: prints one of so many, for when there are more than a person can read.
    """
    controls = Controls(control_url)
    terminal = output.isatty() and "NO_COLOR" not in os.environ
    printer = Printer(shutil.get_terminal_size((160, 24)).columns, terminal)
    deadline = None if seconds is None else time.monotonic() + seconds
    since = seen = 0
    while until is None or seen < until:
        left = 10.0 if deadline is None else deadline - time.monotonic()
        if left <= 0:
            break
        limit = 1000 if until is None else min(1000, until - seen)
        page = controls.records(since, limit, min(left, 10.0))
        if page and not seen:
            print(printer.heading(), file=output)
        for record in page:
            if seen % every == 0:
                print(printer.line(record), file=output)
            seen += 1
            since = record["n"]
        output.flush()
    return seen


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.show",
        description="Prints the records that the sandbox's Devo endpoint receives.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="the sandbox's folder")
    parser.add_argument("--seconds", type=float, metavar="S", help="end after so many seconds")
    parser.add_argument("--until", type=int, metavar="N", help="end after so many records")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="print one of N records")
    arguments = parser.parse_args()
    try:
        controls = Controls.of_folder(arguments.dir)
        seen = follow(controls.control_url, seconds=arguments.seconds, until=arguments.until,
                      every=max(1, arguments.every))  # fmt: skip
    except (KeyboardInterrupt, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (ControlError, OSError) as problem:
        print(f"sandbox.show: {problem}", file=sys.stderr)
        return 1
    return 0 if arguments.until is None or seen >= arguments.until else 1


if __name__ == "__main__":
    sys.exit(main())
