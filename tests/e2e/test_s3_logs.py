"""Logs in S3 the long way round: every service that announces them, what stays in a queue until it
can be read, an unwilling SQS, and outputs that are slow or away."""

from __future__ import annotations

import gzip
import json
from datetime import datetime, timezone
from typing import Any

from conftest import ACCOUNT, REGIONS, Collector, wait_until
from s3_account import FLOW_HEADER, S3Account, expected_of, messages, s3_record, write_logs

from sandbox import Sandbox

FLOW_PREFIX = f"AWSLogs/{ACCOUNT}/vpcflowlogs"


def file_of(lines: list[str]) -> bytes:
    """A flow log, not packed."""
    return ("\n".join([FLOW_HEADER, *lines]) + "\n").encode()


def flow_queue(account: S3Account) -> str:
    return str(account.sqs.get_queue_url(QueueName="flow")["QueueUrl"])


def visibilities(sandbox: Sandbox, since: int = 0) -> list[tuple[int, str]]:
    """What the collector set, call by call, with the handle it was set for."""
    calls = sandbox.calls("sqs:ChangeMessageVisibilityBatch")
    return [
        (int(entry["VisibilityTimeout"]), str(entry["ReceiptHandle"]))
        for call in calls
        if call["status"] == 200
        for entry in call["parameters"]["Entries"]
    ][since:]


def make_visible(account: S3Account, url: str, handles: list[str]) -> None:
    """The back-off of these messages is over."""
    for handle in handles:
        account.sqs.change_message_visibility(
            QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0
        )


# V-1, V-4, S-12: however an object is packed, a record has the tag of its log and its own time.
def test_each_record_has_its_own_tag_and_time(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    expected: dict[str, tuple[str, str]] = {}
    for account in accounts:
        known = set(account.expected)
        for packing in range(4):
            lines = [account.flow_line(f"eni{packing}") for _ in range(20)]
            whole = file_of(lines)
            key = f"{FLOW_PREFIX}/{account.region}/2026/11/24/{packing}.log"
            members = b"".join(gzip.compress(whole[i : i + 500]) for i in range(0, 5_000, 500))
            body = [whole, gzip.compress(whole), members, members + bytes(512)][packing]
            account.put(key + (".gz" if packing in (0, 2) else ""), body)
        for line in set(account.expected) - known:
            moment = datetime.fromtimestamp(int(line.split(" ")[10]), timezone.utc)
            expected[line] = (f"cloud.aws.vpc.flow.{ACCOUNT}.{account.region}",
                              f"{moment:%Y-%m-%d %H:%M:%S}")  # fmt: skip
        known = set(account.expected)
        account.cloudfront_log(30)
        for line in set(account.expected) - known:
            expected[line] = (f"web.aws.cloudfront.access-w3c.{account.region}.E2EXAMPLE0",
                              " ".join(line.split("\t")[:2]))  # fmt: skip
        known = set(account.expected)
        account.trail_log(30)
        for event in set(account.expected) - known:
            moment = datetime.fromisoformat(json.loads(event)["eventTime"])
            expected[event] = (f"cloud.aws.cloudtrail.events.{ACCOUNT}.{account.region}",
                               f"{moment:%Y-%m-%d %H:%M:%S}")  # fmt: skip
    assert logs.run_once() == 0, logs.said()
    assert messages(sandbox) == expected_of(accounts)
    for record in sandbox.all_records():
        tag, moment = expected[record["message"]]
        assert (record["tag"], record["time"][:19]) == (tag, moment)


class Announcer:
    """A bucket that announces through every service that can."""

    def __init__(self, account: S3Account) -> None:
        self.account = account
        self.urls = {name: account.queue(name) for name in ("wrapped", "raw", "bridge")}
        self.urls["direct"] = account.queue("direct", "direct/")
        sns, events = account.client("sns"), account.client("events")
        topics = []
        for name in ("wrapped", "raw"):
            topic = sns.create_topic(Name=name)["TopicArn"]
            sns.subscribe(
                TopicArn=topic, Protocol="sqs", Endpoint=self.arn(name),
                Attributes={"RawMessageDelivery": "true" if name == "raw" else "false"},
            )  # fmt: skip
            rules = [{"Name": "prefix", "Value": f"{name}/"}]
            topics.append({"TopicArn": topic, "Events": ["s3:ObjectCreated:*"],
                           "Filter": {"Key": {"FilterRules": rules}}})  # fmt: skip
        pattern = {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "bridge/"}]}}}
        events.put_rule(Name="logs", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="logs", Targets=[{"Id": "1", "Arn": self.arn("bridge")}])
        account.announce(TopicConfigurations=topics, EventBridgeConfiguration={})

    def arn(self, queue: str) -> str:
        return f"arn:aws:sqs:{self.account.region}:{ACCOUNT}:{queue}"


# S-1 to S-4: the messages are those that the services make themselves, test events among them.
def test_objects_announced_by_s3_sns_and_eventbridge_arrive_once(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    announcer = Announcer(account)
    for way in announcer.urls:
        for name in ("plain", "a space", "a+plus", "100%25", "=&?#", "umläut/日本"):
            line = account.flow_line(f"{way}-{name}")
            account.put(f"{way}/{name}.log", file_of([line]))
    logs.input["services"] = {
        "non-cloudwatch-logs": {
            "regions": [account.region], "sqs_queue_names": list(announcer.urls),
            "default_format": "vpc-flow",
        }
    }  # fmt: skip
    seen = {way: account.left(url) for way, url in announcer.urls.items()}
    assert all(count >= 6 for count in seen.values()), f"moto announced too little: {seen}"
    assert logs.run_once() == 0, logs.said()
    assert messages(sandbox) == account.expected
    assert {way: account.left(url) for way, url in announcer.urls.items()} == dict.fromkeys(seen, 0)


# S-10, S-13: both come again, later each time, and are told once for each time. Repaired, the
# object is delivered, from its first line.
def test_what_cannot_be_read_backs_off_until_it_can(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    url = flow_queue(account)
    key = f"by-hand/{FLOW_PREFIX}/{account.region}/2026/11/24/damaged.log.gz"
    account.put(key, gzip.compress(file_of(["never whole"] * 100))[:-5])
    announced = json.dumps({"Records": [s3_record(account.bucket, key)]})
    account.sqs.send_message(QueueUrl=url, MessageBody=announced)
    account.sqs.send_message(QueueUrl=url, MessageBody='{"Records": "poison"}')
    logs.start()
    for received, back_off in ((1, 30), (2, 60)):
        wait_until(lambda b=back_off: [v for v, _ in visibilities(sandbox)].count(b) == 2, 30,
                   f"both are put off by {back_off} s")  # fmt: skip
        logs.wait_for_line(f"left in the queue (received {received} times")
        assert logs.said().count("is left in the queue") == received
        assert logs.said().count("damaged.log.gz is not read") == received
        wait_until(lambda: account.left(url) == 2, 30, "both stay, and nothing else")
        if received == 2:
            write_logs(account, 2)  # others are not held up
            lines = [account.flow_line("repaired") for _ in range(50)]
            account.put(key, file_of(lines))
        handles = [handle for value, handle in visibilities(sandbox) if value == back_off]
        make_visible(account, url, handles)
    wait_until(lambda: not account.expected - messages(sandbox), 30, "what can be read arrives")
    wait_until(lambda: account.left(url) == 1, 30, "the message of the object is deleted")
    assert logs.stop() == 0
    arrived = messages(sandbox)
    assert arrived.pop("never whole", 0) <= 100
    assert arrived == account.expected


# S-11: nothing is lost while the permission is missing, and nothing comes twice when it is given.
def test_refused_objects_wait_until_they_may_be_read(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    url = flow_queue(account)
    fault = sandbox.add_fault("denied", "s3:GetObject")
    for _ in range(5):
        account.flow_log(20)
    logs.start()
    wait_until(lambda: [v for v, _ in visibilities(sandbox)].count(30) == 5, 30, "all are put off")
    wait_until(lambda: account.left(url) == 5, 30, "all stay, and nothing else")
    assert logs.said().count("is not read, its message stays") == 5
    assert not messages(sandbox)
    sandbox.clear_faults(fault)
    make_visible(account, url, [handle for value, handle in visibilities(sandbox) if value == 30])
    assert sandbox.wait_for_records(100, 30), logs.said()
    wait_until(lambda: account.left(url) == 0, 30, "the messages are deleted")
    assert logs.stop() == 0
    assert messages(sandbox) == account.expected


# S-8, S-9: SQS throttles, fails, and does what it was asked without a word.
def test_every_line_arrives_once_from_an_unwilling_queue(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    for account in accounts:
        write_logs(account, 10)
    for kind in ("throttle", "500", "html_500", "hang_up"):
        sandbox.add_fault(kind, "sqs:*", probability=0.1, count=10, seed=2)
    for kind in ("reset", "truncate"):  # received and never heard of, until they are visible again
        sandbox.add_fault(kind, "sqs:ReceiveMessage", skip=2, count=2)
        sandbox.add_fault(kind, "sqs:DeleteMessageBatch", count=2)
    for service in logs.input["services"].values():
        service["visibility_timeout_in_seconds"] = 5
    logs.start()
    expected = expected_of(accounts)
    assert sandbox.wait_for_records(sum(expected.values()), 60), logs.said()
    for account in accounts:
        wait_until(lambda a=account: a.left(flow_queue(a)) == 0, 30, "all messages are deleted")
    assert logs.stop() == 0
    assert sum(fault["hits"] for fault in sandbox.faults()) > 10
    assert messages(sandbox) == expected


# S-14, S-25: many blocks are delivered before each break; what follows it begins where it broke.
def test_a_big_object_that_breaks_off_arrives_once(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    lines = [account.flow_line("big") for _ in range(30_000)]
    account.put(f"{FLOW_PREFIX}/{account.region}/2026/11/24/big.log", file_of(lines))
    for kind in ("truncate", "503", "truncate", "reset", "throttle"):
        sandbox.add_fault(kind, "s3:GetObject", count=1)
    assert logs.run_once() == 0, logs.said()
    assert [fault["hits"] for fault in sandbox.faults()] == [1] * 5
    assert messages(sandbox) == account.expected


# S-7: delivering takes three times as long as the message stays invisible.
def test_a_slow_endpoint_gets_each_record_once(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    account = accounts[0]
    logs.input["services"]["non-cloudwatch-logs"]["visibility_timeout_in_seconds"] = 3
    lines = [account.flow_line("slow") for _ in range(4_000)]
    account.put(f"{FLOW_PREFIX}/{account.region}/2026/11/24/slow.log", file_of(lines))
    sandbox.devo_mode(slow_bytes_per_second=90_000, receive_buffer_bytes=16_384)
    logs.start()
    wait_until(lambda: len(visibilities(sandbox)) >= 4, 30, "its message is kept four times")
    assert account.left(flow_queue(account)) == 1
    sandbox.devo_mode(slow_bytes_per_second=0)
    wait_until(lambda: account.left(flow_queue(account)) == 0, 30, "the message is deleted")
    assert logs.stop() == 0
    assert messages(sandbox) == account.expected


# D-5: who comes next need not wait until the messages become visible by themselves.
def test_what_is_not_delivered_is_given_back_at_the_end(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    for account in accounts:
        write_logs(account, 20)
    for service in logs.input["services"].values():
        service["visibility_timeout_in_seconds"] = 600
        service["parallel_objects"] = 2
    sandbox.add_fault("slow", "s3:GetObject", seconds=0.3)
    logs.start()
    assert sandbox.wait_for_records(1, 30), logs.said()
    assert logs.stop() == 0
    expected = expected_of(accounts)
    assert messages(sandbox) != expected, "all was read at once: the test shows nothing"
    sandbox.clear_faults()
    assert [account.all_hidden() for account in accounts] == [0, 0]
    assert logs.run_once(30) == 0, logs.said()
    assert messages(sandbox) == expected
    # A run ends when the queues are empty, without a long poll of 20 s.
    assert logs.run_once(12) == 0, logs.said()
    assert messages(sandbox) == expected


# D-2: a message is deleted when every output has its records. Devo may get some twice.
def test_every_output_gets_every_line_while_one_restarts(
    sandbox: Sandbox, accounts: list[S3Account], logs: Collector
) -> None:
    for account in accounts:
        write_logs(account, 25)
    path = logs.folder / "out.jsonl"
    logs.config["outputs"]["disk"] = {"type": "file", "config": {"path": str(path)}}
    sandbox.devo_mode(slow_bytes_per_second=150_000)
    logs.start()
    for wanted in (100, 600, 1_100):
        assert sandbox.wait_for_records(wanted, 30), logs.said()
        connections = sandbox.devo_stats()["connections"]
        sandbox.restart_devo(0.3)
        wait_until(lambda c=connections: sandbox.devo_stats()["connections"] > c, 30, "it is back")
    sandbox.devo_mode(slow_bytes_per_second=0)
    expected = expected_of(accounts)
    wait_until(lambda: not expected - messages(sandbox), 60, "all records")
    assert logs.stop() == 0
    arrived = messages(sandbox)
    print(f"3 restarts: {sum((arrived - expected).values())} duplicates")
    assert set(arrived) == set(expected)
    written: dict[str, Any] = {}
    for line in path.read_text().split("\n")[:-1]:
        message = json.loads(line)["message"]
        written[message] = written.get(message, 0) + 1
    assert written == expected
    assert {r["tag"].split(".")[-1] for r in sandbox.all_records()} >= set(REGIONS)
