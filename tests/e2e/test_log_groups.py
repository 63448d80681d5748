"""CloudWatch Logs: the events of log groups, each once, also those that are shown late."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from conftest import ACCOUNT, REGIONS, Collector, iso
from setup_account import Account

from sandbox import Sandbox

GROUPS = ("/aws/lambda/orders", "app")
STREAMS = ("2026/11/25/[$LATEST]a", "web-1")


class Logs:
    """Writes events, and remembers them."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.written: list[str] = []
        for region in REGIONS:
            for group in GROUPS:
                self._logs(region).create_log_group(logGroupName=group)
                for stream in STREAMS:
                    self._logs(region).create_log_stream(logGroupName=group, logStreamName=stream)

    def _logs(self, region: str) -> Any:
        return self._account.client("logs", region)

    def write(self, region: str, group: str, stream: str, times: list[float]) -> None:
        events = []
        for at in sorted(times):
            text = f'{{"n": {len(self.written)}, "text": "\\u00fc \\"{group} {stream}\\""}}'
            self.written.append(text)
            events.append({"timestamp": int(at * 1000), "message": text})
        self._logs(region).put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=events
        )

    def write_everywhere(self, times: list[float]) -> None:
        for region in REGIONS:
            for group in GROUPS:
                for stream in STREAMS:
                    self.write(region, group, stream, times)


@pytest.fixture
def logs(collector: Collector, account: Account) -> Logs:
    logs = Logs(account)
    key, secret = collector.sandbox.credentials("admin")
    collector.secrets.append(secret)
    collector.input["credentials"] = {"access_key": key, "access_secret": secret}
    collector.input["services"] = {
        f"cwl_{number}": {
            "regions": list(REGIONS), "log_group": group, "request_period_in_seconds": 1,
            "start_time": iso(time.time() - 3600), "look_back_in_seconds": 600,
        }
        for number, group in enumerate(GROUPS)
    }  # fmt: skip
    return logs


def messages(sandbox: Sandbox) -> Counter[str]:
    return Counter(record["message"] for record in sandbox.all_records())


def test_every_event_arrives_once_though_many_share_a_millisecond(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.write_everywhere([now - 3000 + i // 5 for i in range(200)] + [now - 100] * 50)
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)
    tags = {record["tag"] for record in sandbox.all_records()}
    kinds = ("cloud.aws.cloudwatch.logs", "my.app.lambda.logs")
    assert tags == {f"{kind}.{ACCOUNT}.{region}" for region in REGIONS for kind in kinds}
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


# L-2
def test_an_event_that_is_shown_late_arrives_once(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.write_everywhere([now - 300, now - 60, now - 5])
    assert collector.run_once() == 0, collector.said()
    logs.write_everywhere([now - 120, now - 90, now - 60])
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


# L-1
@pytest.mark.parametrize("at", [0, 1, 3])
def test_a_page_that_fails_moves_no_position(
    sandbox: Sandbox, collector: Collector, logs: Logs, at: int
) -> None:
    now = time.time()
    logs.write_everywhere([now - 2000, now - 1000, now - 10])
    collector.input["services"]["cwl_0"]["pull_retries"] = 0
    collector.input["services"]["cwl_1"]["pull_retries"] = 0
    fault = sandbox.add_fault("denied", operation="logs:FilterLogEvents", skip=at)
    assert collector.run_once() == 1
    assert "logs:FilterLogEvents of log group" in collector.said()
    sandbox.clear_faults(fault)
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


def test_an_envelope_tells_where_a_message_comes_from(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = int(time.time()) - 50
    logs.write("eu-west-1", "app", "web-1", [now])
    logs.write("eu-west-1", "app", STREAMS[0], [now])
    collector.input["services"] = {"app": {
        "regions": ["eu-west-1"], "log_group": "app", "log_stream": "web-1",
        "envelope": "json", "start_time": iso(now - 60), "tag": "my.app.{log_group}.{log_stream}",
        "request_period_in_seconds": 1,
    }}  # fmt: skip
    assert collector.run_once() == 0, collector.said()
    (record,) = sandbox.all_records()
    assert record["tag"] == "my.app.app.web-1"
    whole = json.loads(record["message"])
    assert whole.pop("ingestion_time") >= now * 1000
    assert whole == {
        "account": ACCOUNT, "region": "eu-west-1", "log_group": "app", "log_stream": "web-1",
        "timestamp": now * 1000, "message": logs.written[0],
    }  # fmt: skip
