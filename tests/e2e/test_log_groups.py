"""CloudWatch Logs: the events of log groups, each once, also those that are shown late."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from collector_process import wait_until
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

    def make(self, group: str, log_class: str = "STANDARD", region: str = "eu-west-1") -> None:
        logs = self._logs(region)
        logs.create_log_group(logGroupName=group, logGroupClass=log_class)
        for stream in STREAMS:
            logs.create_log_stream(logGroupName=group, logStreamName=stream)

    def delete(self, group: str, region: str = "eu-west-1") -> None:
        self._logs(region).delete_log_group(logGroupName=group)

    def repeat(
        self, region: str, group: str, stream: str, at: float, text: str, times: int
    ) -> None:
        events = [{"timestamp": int(at * 1000), "message": text}] * times
        self.written += [text] * times
        self._logs(region).put_log_events(
            logGroupName=group, logStreamName=stream, logEvents=events
        )

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


def tags(sandbox: Sandbox) -> set[str]:
    return {record["tag"] for record in sandbox.all_records()}


def of_groups(collector: Collector, groups: list[str], **more: Any) -> None:
    collector.input["services"] = {
        "cwl_1": {
            "regions": ["eu-west-1"], "log_groups": groups, "request_period_in_seconds": 1, **more,
        }
    }  # fmt: skip


# L-4, L-7
def test_pages_that_are_short_or_empty_are_followed_to_their_end(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.write_everywhere([now - 3000 + i // 5 for i in range(200)])
    sandbox.log_settings(page_events=37, empty_pages=0.4)
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


# L-5, L-11
def test_a_group_of_the_class_infrequent_access_is_read_stream_by_stream(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.make("rare", "INFREQUENT_ACCESS")
    for stream in STREAMS:
        logs.write("eu-west-1", "rare", stream, [now - 500] * 30 + [now - 20, now - 5])
    logs.repeat("eu-west-1", "rare", STREAMS[0], now - 400, "the same", 3)
    of_groups(collector, ["rare"], start_time=iso(now - 3600))
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)
    logs.write("eu-west-1", "rare", STREAMS[1], [now - 450, now - 1])  # the first one is late
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)
    of_groups(collector, ["rare"], filter_pattern="x", start_time=iso(now - 3600))
    assert collector.run_once() == 1
    assert "filter_pattern cannot be used" in collector.said()


# L-9, L-11
def test_groups_that_come_while_it_runs_are_read_and_those_that_go_end_quietly(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.make("app/a")
    logs.make("app/not-this")
    logs.write("eu-west-1", "app/a", STREAMS[0], [now - 30])
    logs.write("eu-west-1", "app/not-this", STREAMS[0], [now - 20])
    unwanted = logs.written.pop()
    of_groups(
        collector, ["app/**"], exclude_log_groups=["**/not-*"], start_time=iso(now - 60),
        tag="my.app.{log_group}",
    )  # fmt: skip
    collector.start()
    assert sandbox.wait_for_records(1)
    logs.make("app/b/c")
    logs.write("eu-west-1", "app/b/c", STREAMS[0], [time.time(), time.time() - 3])
    assert sandbox.wait_for_records(3)
    logs.delete("app/a")
    collector.wait_for_line("cwl_1 eu-west-1 app/a: is no more in AWS")
    logs.write("eu-west-1", "app/b/c", STREAMS[0], [time.time()])
    assert sandbox.wait_for_records(4)
    logs.make("app/a")  # again, and nothing of it is taken for what was there before
    logs.write("eu-west-1", "app/a", STREAMS[0], [time.time()])
    assert sandbox.wait_for_records(5)
    assert collector.stop() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)
    assert unwanted not in messages(sandbox)
    assert tags(sandbox) == {"my.app.app_a", "my.app.app_b_c"}


# L-11, L-13
def test_a_group_that_was_made_while_no_collector_ran_is_read_from_its_making(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    of_groups(collector, ["app/**"])
    logs.make("app/old")
    logs.write("eu-west-1", "app/old", STREAMS[0], [time.time() - 100])
    logs.written.clear()  # of before the first start
    assert collector.run_once() == 0, collector.said()
    logs.make("app/new")
    for group in ("app/old", "app/new"):
        logs.write("eu-west-1", group, STREAMS[0], [time.time()])
    time.sleep(1.1)  # what is of this very second is left for the next period
    assert collector.run_once() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


# L-8
def test_two_services_read_one_group_with_different_patterns(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    now = time.time()
    logs.write("eu-west-1", "app", STREAMS[0], [now - 50])
    logs.write("eu-west-1", "app", "web-1", [now - 40])
    both = {"regions": ["eu-west-1"], "log_group": "app", "start_time": iso(now - 60)}
    collector.input["services"] = {
        "cwl_1": {**both, "log_stream_prefix": "web-", "tag": "my.app.one"},
        "cwl_2": {**both, "tag": "my.app.two"},
    }
    assert collector.run_once() == 0, collector.said()
    arrived = Counter((record["tag"], record["message"]) for record in sandbox.all_records())
    assert arrived == Counter([
        ("my.app.one", logs.written[1]), ("my.app.two", logs.written[0]),
        ("my.app.two", logs.written[1]),
    ])  # fmt: skip


# L-11
def test_a_group_that_does_not_exist_holds_up_no_other_and_is_read_once_it_does(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    of_groups(collector, ["app", "later"])
    collector.start()
    collector.wait_for_line("log group later")
    logs.write("eu-west-1", "app", STREAMS[0], [time.time()])
    assert sandbox.wait_for_records(1)
    logs.make("later")
    logs.write("eu-west-1", "later", STREAMS[0], [time.time()])
    assert sandbox.wait_for_records(2)
    assert collector.stop() == 0, collector.said()
    assert messages(sandbox) == Counter(logs.written)


def test_status_tells_how_far_each_group_is(
    sandbox: Sandbox, collector: Collector, logs: Logs
) -> None:
    logs.make("app/slow")
    of_groups(collector, ["app", "app/**"], start_time=iso(time.time() - 7200))
    sandbox.add_fault("denied", operation="logs:FilterLogEvents")
    collector.start()
    collector.wait_for_line("app/slow")
    status = collector.output_of("status", waiting_for="app/slow")
    lines = {line.split("  ")[0]: line for line in status.splitlines()}
    assert {"cwl_1 eu-west-1 app", "cwl_1 eu-west-1 app/slow"} <= set(lines)
    for name in ("cwl_1 eu-west-1 app", "cwl_1 eu-west-1 app/slow"):
        assert "2 h" in lines[name] and "failing" in lines[name]
    sandbox.clear_faults()
    assert collector.stop() == 0, collector.said()


def test_cloudwatch_tells_which_groups_have_events(
    sandbox: Sandbox, collector: Collector, account: Account, logs: Logs
) -> None:
    account.client("cloudwatch", "eu-west-1").put_metric_data(
        Namespace="AWS/Logs",
        MetricData=[{
            "MetricName": "IncomingLogEvents", "Value": 3.0, "Timestamp": time.time() - 30,
            "Dimensions": [{"Name": "LogGroupName", "Value": "app"}],
        }],
    )  # fmt: skip
    logs.write("eu-west-1", "app", STREAMS[0], [time.time() - 10])
    of_groups(collector, ["app", "/aws/**"], activity_first=True, start_time=iso(time.time() - 60))
    collector.start()
    assert sandbox.wait_for_records(1)
    wait_until(
        lambda: any(
            len(call["parameters"]["MetricDataQueries"]) == 2
            for call in sandbox.calls("monitoring:GetMetricData", "eu-west-1")
        ), 30, "both groups are asked for",
    )  # fmt: skip
    assert collector.stop() == 0, collector.said()
    assert "activity" not in collector.said()
    assert messages(sandbox) == Counter(logs.written)
