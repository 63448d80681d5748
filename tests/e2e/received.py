"""What arrived at the Devo endpoint, and what the collector's state says of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox import Sandbox


def received(sandbox: Sandbox) -> Counter[str]:
    """How often each eventID arrived."""
    return Counter(json.loads(record["message"])["eventID"] for record in sandbox.all_records())


def compare(expected: set[str], arrived: Counter[str]) -> tuple[set[str], int]:
    """What is missing, and how many records came more than once."""
    return expected - set(arrived), sum(count - 1 for count in arrived.values())


def stored_as_delivered(state: Path, events: dict[str, float]) -> set[str]:
    """Those of `events` (id: epoch seconds) that the state file of a dead collector holds as
    delivered: by their id, or because their stretch of time is settled."""
    copy = state.parent / "state-copy"
    shutil.rmtree(copy, ignore_errors=True)
    if not (state / "positions.db").exists():
        return set()
    shutil.copytree(state, copy)
    with sqlite3.connect(copy / "positions.db") as db:
        seen = {bytes(row[0]) for row in db.execute("SELECT id FROM seen")}
        positions = [json.loads(row[0]) for row in db.execute("SELECT position FROM positions")]
    return {
        id
        for id, time in events.items()
        if uuid.UUID(id).bytes in seen or any(_is_settled(time, p) for p in positions)
    }


def _is_settled(time: float, position: dict[str, Any]) -> bool:
    def seconds(text: str) -> float:
        return datetime.fromisoformat(text).timestamp()

    pending = any(seconds(a) <= time < seconds(b) for a, b in position["pending"])
    return time < seconds(position["until"]) and not pending
