"""Logs in S3, announced through SQS: every record of every object arrives, and once."""

from __future__ import annotations

import gzip
import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import ACCOUNT, REGIONS, Collector, wait_until
from s3_account import (
    FLOW_HEADER,
    S3Account,
    expected_of,
    messages,
    s3_record,
    write_logs,
)

from sandbox import Sandbox


# S-5, S-12, S-19, V-1, V-4, T-1
def test_every_line_of_three_hundred_objects_arrives_once(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    for account in accounts:
        write_logs(account, 50)
    assert logs.run_once(180) == 0, logs.said()
    expected = expected_of(accounts)
    assert messages(sandbox) == expected
    tags = {record["tag"] for record in sandbox.all_records()}
    assert tags == {
        tag for region in REGIONS
        for tag in (
            f"cloud.aws.vpc.flow.{ACCOUNT}.{region}",
            f"cloud.aws.cloudtrail.events.{ACCOUNT}.{region}",
            *(f"web.aws.cloudfront.access-w3c.{region}.E2EXAMPLE{i}" for i in range(3)),
        )
    }  # fmt: skip
    for record in sandbox.all_records():
        assert record["time"].startswith("2026-11-24 03:") or "vpc.flow" in record["tag"]
    for account in accounts:
        for name in ("flow", "cf", "trail"):
            url = account.sqs.get_queue_url(QueueName=name)["QueueUrl"]
            wait_until(lambda url=url, a=account: a.left(url) == 0, 30, f"{url} is empty")


# S-1 to S-4, S-6, T-3: the same object may be announced in any of these forms.
def test_each_envelope_is_understood(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    url = account.queue("any")
    logs.input["services"] = {
        "non-cloudwatch-logs": {"regions": [account.region], "sqs_queue_names": ["any"],
                                "default_format": "vpc-flow"}
    }  # fmt: skip
    bucket, keys = account.bucket, []
    for name in ("direct", "with space+plus%25", "umläut/日本", "sns", "raw", "bridge", "trail"):
        line = account.flow_line(name)
        keys.append(f"hand-made/{name}.log")
        account.put(keys[-1], f"{FLOW_HEADER}\n{line}\n".encode())
    direct = {"Records": [s3_record(bucket, key) for key in keys[:3]]}
    bodies: list[Any] = [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": bucket},
        direct,
        direct,  # announced twice
        {"Records": [s3_record(bucket, "gone.log") | {"eventName": "ObjectRemoved:Delete"}]},
        {"Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:us-east-1:1:t",
         "Message": json.dumps({"Records": [s3_record(bucket, keys[3])]})},
        {"Records": [s3_record(bucket, keys[4])]},
        {"version": "0", "id": "1", "detail-type": "Object Created", "source": "aws.s3",
         "account": ACCOUNT, "region": account.region,
         "detail": {"bucket": {"name": bucket}, "object": {"key": keys[5], "etag": "e"}}},
        {"Type": "Notification", "MessageId": "2", "TopicArn": "arn:aws:sns:us-east-1:1:t",
         "Message": json.dumps({"s3Bucket": bucket, "s3ObjectKey": [keys[6]]})},
    ]  # fmt: skip
    for body in bodies:
        account.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body))
    assert logs.run_once() == 0, logs.said()
    assert messages(sandbox) == account.expected
    assert account.left(url) == 0


# S-10 to S-13: what cannot be read stays, what is gone goes, and nothing holds up the others.
def test_what_cannot_be_read_stays_in_the_queue(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    url = account.sqs.get_queue_url(QueueName="flow")["QueueUrl"]
    account.sqs.send_message(QueueUrl=url, MessageBody="this is no notification")
    gone = account.flow_log(1)
    account.expected.clear()
    account.s3.delete_object(Bucket=account.bucket, Key=gone)
    damaged = f"AWSLogs/{ACCOUNT}/vpcflowlogs/{account.region}/2026/11/24/damaged.log.gz"
    account.put(damaged, gzip.compress(b"never whole\n" * 100)[:-5])
    write_logs(account, 3)
    logs.start()
    wait_until(lambda: account.left(url) == 2, 60, "all but two messages are deleted")
    logs.wait_for_line("is no JSON object")
    logs.wait_for_line("damaged.log.gz is not read")
    logs.wait_for_line(f"{gone} does not exist any more")
    assert logs.stop() == 0
    arrived = messages(sandbox)
    assert not account.expected - arrived
    assert set(arrived) - set(account.expected) <= {"never whole"}
    assert account.left(url) == 2


# S-14: broken in the middle, throttled: each is tried again until it works.
@pytest.mark.parametrize("fault", ["truncate", "reset", "throttle", "500"])
def test_objects_arrive_once_when_reading_them_fails(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector, fault: str
) -> None:
    operation = "sqs:*" if fault == "500" else "s3:GetObject"
    sandbox.add_fault(fault, operation, probability=0.3, count=12, seed=3)
    for account in accounts:
        write_logs(account, 4)
    logs.start()
    expected = expected_of(accounts)
    assert sandbox.wait_for_records(sum(expected.values()), 90), logs.said()
    assert logs.stop() == 0
    assert messages(sandbox) == expected


# S-7: an object takes far longer than its message stays invisible.
def test_a_slow_object_is_delivered_once(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    logs.input["services"]["non-cloudwatch-logs"]["visibility_timeout_in_seconds"] = 4
    account.flow_log(3_000)
    sandbox.add_fault("slow", "s3:GetObject", seconds=9)
    logs.start()
    assert sandbox.wait_for_records(3_000, 60), logs.said()
    url = account.sqs.get_queue_url(QueueName="flow")["QueueUrl"]
    wait_until(lambda: account.left(url) == 0, 30, "the message is deleted")
    assert logs.stop() == 0
    assert messages(sandbox) == account.expected
    assert "changed" not in logs.said()


# D-5: what is begun is finished, the rest is given back at once.
def test_a_restart_in_order_repeats_nothing(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    for account in accounts:
        write_logs(account, 25)
    expected = expected_of(accounts)
    for service in logs.input["services"].values():
        service["parallel_objects"] = 4
    slow = sandbox.add_fault("slow", "s3:GetObject", seconds=0.2)  # so that something is under way
    for run in (1, 2, 3):
        logs.start()
        wait_until(lambda run=run: logs.said().count("connected to") == run, 60, "it has begun")
        assert logs.stop() == 0
        assert messages(sandbox) != expected, "all was read at once: the test shows nothing"
        # Nor is anything kept that SQS had given out when the end came.
        assert [account.all_hidden() for account in accounts] == [0, 0]
    sandbox.clear_faults(slow)
    logs.start()
    assert sandbox.wait_for_records(sum(expected.values()), 60), logs.said()
    assert logs.stop() == 0
    assert messages(sandbox) == expected


# D-1, D-6: two collectors share a queue, and one or the other is killed at 30 random moments.
def test_nothing_is_missing_after_thirty_kills_of_two_collectors(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector, tmp_path: Path
) -> None:
    chance = random.Random(7)
    for account in accounts:
        write_logs(account, 50)
    other = Collector(tmp_path / "other", sandbox)
    other.folder.mkdir()
    other.input["services"] = logs.input["services"]
    both = [logs, other]
    for one in both:
        for service in one.input["services"].values():
            service["visibility_timeout_in_seconds"] = 3
        one.start()
    sandbox.devo_mode(slow_bytes_per_second=60_000)
    for _ in range(30):
        time.sleep(chance.uniform(0.02, 0.6))  # the moment is what the test is about
        one = chance.choice(both)
        one.kill()
        one.start()
    sandbox.devo_mode(slow_bytes_per_second=0)
    expected = expected_of(accounts)
    wait_until(lambda: not set(expected) - set(messages(sandbox)), 120, "all records")
    for one in both:
        assert one.stop() == 0
    arrived = messages(sandbox)
    assert not expected - arrived
    print(f"30 kills: {sum(arrived.values()) - sum(expected.values())} duplicates of "
          f"{sum(expected.values())} records")  # fmt: skip
    assert set(arrived) == set(expected)
