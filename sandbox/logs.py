"""What moto's CloudWatch Logs lacks of AWS's: the class of a log group, pages that are short or
empty and go on, the prefix of streams.

Who: `aws_front.py` registers it with moto; `control.py` changes its settings.
Threads: any; what it keeps are single writes to a dict.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from typing import Any

_EMPTY = "empty/"  # a token that an empty page gave: what follows is moto's


@dataclass
class Logs:
    page_events: int = 10_000  # of a page of FilterLogEvents, at most
    empty_pages: float = 0.0  # the share of pages that are empty and have a token
    classes: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def change(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Raises ValueError for what is no setting."""
        for name, value in wanted.items():
            if name not in ("page_events", "empty_pages"):
                raise ValueError(f"no setting '{name}'; there are page_events and empty_pages")
            setattr(self, name, type(getattr(self, name))(value))
        return {"page_events": self.page_events, "empty_pages": self.empty_pages}


def _streams(backend: Any, group: str, prefix: str) -> list[str]:
    found = backend.groups.get(group)
    return [name for name in (found.streams if found else ()) if name.startswith(prefix)]


def register(logs: Logs) -> None:
    """Changes moto's responses; once, when it is loaded."""
    from moto.logs.responses import LogsResponse

    create, describe = LogsResponse.create_log_group, LogsResponse.describe_log_groups
    filter_events = LogsResponse.filter_log_events
    dice = random.Random(1)

    def key(response: Any, name: str) -> tuple[str, str, str]:
        return response.current_account, response.region, name

    def create_log_group(self: Any) -> Any:
        answer = create(self)
        name = self._get_param("logGroupName")
        logs.classes[key(self, name)] = self._get_param("logGroupClass") or "STANDARD"
        return answer

    def describe_log_groups(self: Any) -> Any:
        answer = json.loads(describe(self))
        for group in answer["logGroups"]:
            known = logs.classes.get(key(self, group["logGroupName"]))
            group["logGroupClass"] = known or "STANDARD"
        return json.dumps(answer)

    def filter_log_events(self: Any) -> Any:
        asked = json.loads(self.body)
        name = asked.get("logGroupName", "")
        if logs.classes.get(key(self, name)) == "INFREQUENT_ACCESS":
            problem = {
                "__type": "InvalidOperationException",
                "message": f"The log group {name} is of log-group-class INFREQUENT_ACCESS. "
                "FilterLogEvents is not supported for this log class.",
            }
            return json.dumps(problem), {"status": 400}
        token = asked.pop("nextToken", "")
        if token.startswith(_EMPTY):
            token = token.removeprefix(_EMPTY)
        elif dice.random() < logs.empty_pages:
            return json.dumps({"events": [], "nextToken": _EMPTY + token})
        if token:
            asked["nextToken"] = token
        asked["limit"] = min(asked.get("limit", 10_000), logs.page_events)
        if prefix := asked.pop("logStreamNamePrefix", ""):
            asked["logStreamNames"] = _streams(self.logs_backend, name, prefix) or ["none"]
        self.body = json.dumps(asked)
        return filter_events(self)

    LogsResponse.create_log_group = create_log_group  # type: ignore[method-assign]
    LogsResponse.describe_log_groups = describe_log_groups  # type: ignore[method-assign]
    LogsResponse.filter_log_events = filter_log_events  # type: ignore[method-assign]
