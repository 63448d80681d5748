"""What was called on the AWS side: when, by whom, with which parameters and which result.

Who: `aws_front.py` records, `control.py` reads. Threads: any; one lock.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import asdict, dataclass
from typing import Any

_KEPT_CALLS = 20_000
_LONGEST_PARAMETER_TEXT = 4_096


@dataclass
class CallRecord:
    """One call. Times are epoch seconds; `seconds` is how long we took over it."""

    n: int
    time: float
    seconds: float
    operation: str
    region: str
    account: str
    access_key: str
    connection: int
    status: int
    error: str | None
    fault: str | None
    request_id: str | None
    parameters: Any


class CallLog:
    """The last 20,000 calls and the counts of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: deque[CallRecord] = deque(maxlen=_KEPT_CALLS)
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._next = 1

    def add(self, **what: Any) -> None:
        if len(str(what["parameters"])) > _LONGEST_PARAMETER_TEXT:
            what["parameters"] = str(what["parameters"])[:_LONGEST_PARAMETER_TEXT] + "..."
        with self._lock:
            call = CallRecord(n=self._next, **what)
            self._next += 1
            self._calls.append(call)
            self._counts[call.operation, call.region, call.status] += 1

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._counts.clear()

    def counts(self) -> list[dict[str, Any]]:
        with self._lock:
            return [
                {"operation": operation, "region": region, "status": status, "count": count}
                for (operation, region, status), count in sorted(self._counts.items())
            ]

    def calls(
        self, operation: str | None, region: str | None, since: int, limit: int
    ) -> list[dict[str, Any]]:
        """The calls numbered above `since`, oldest first."""
        with self._lock:
            chosen = [
                call
                for call in self._calls
                if call.n > since
                and operation in (None, call.operation)
                and region in (None, call.region)
            ]
        return [asdict(call) for call in chosen[:limit]]
