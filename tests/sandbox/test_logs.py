"""What the sandbox adds to moto's CloudWatch Logs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

Client = Callable[..., Any]
NOW = int(time.time() * 1000)


@pytest.fixture
def logs(sandbox: Any, client: Client) -> Any:
    sandbox.check_signatures(False)
    logs = client("logs")
    for name in ("plain", "rare"):
        log_class = "INFREQUENT_ACCESS" if name == "rare" else "STANDARD"
        logs.create_log_group(logGroupName=name, logGroupClass=log_class)
        for stream in ("web-1", "db-1"):
            logs.create_log_stream(logGroupName=name, logStreamName=stream)
            logs.put_log_events(
                logGroupName=name, logStreamName=stream,
                logEvents=[{"timestamp": NOW + n, "message": f"{stream} {n}"} for n in range(20)],
            )  # fmt: skip
    yield logs
    for name in ("plain", "rare"):
        logs.delete_log_group(logGroupName=name)
    sandbox.log_settings(page_events=10_000, empty_pages=0.0)


def test_a_group_has_a_class_which_filter_log_events_may_refuse(logs: Any) -> None:
    groups = logs.describe_log_groups()["logGroups"]
    classes = {group["logGroupName"]: group["logGroupClass"] for group in groups}
    assert classes == {"plain": "STANDARD", "rare": "INFREQUENT_ACCESS"}
    with pytest.raises(ClientError, match="InvalidOperationException"):
        logs.filter_log_events(logGroupName="rare")
    events = logs.get_log_events(logGroupName="rare", logStreamName="web-1")["events"]
    assert len(events) == 20


def test_pages_can_be_short_and_empty_and_hold_everything_once(sandbox: Any, logs: Any) -> None:
    sandbox.log_settings(page_events=7, empty_pages=0.5)
    pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName="plain"))
    found = [event["message"] for page in pages for event in page["events"]]
    assert sorted(found) == sorted(f"{stream} {n}" for stream in ("web-1", "db-1")
                                   for n in range(20))  # fmt: skip
    assert max(len(page["events"]) for page in pages) == 7
    assert any(not page["events"] for page in pages[:-1])


def test_streams_can_be_chosen_by_their_prefix(logs: Any) -> None:
    events = logs.filter_log_events(logGroupName="plain", logStreamNamePrefix="web-")["events"]
    assert {event["logStreamName"] for event in events} == {"web-1"}
    assert not logs.filter_log_events(logGroupName="plain", logStreamNamePrefix="x")["events"]


def test_a_setting_that_is_none_is_refused(sandbox: Any) -> None:
    with pytest.raises(Exception, match="page_events and empty_pages"):
        sandbox.log_settings(pages=3)
