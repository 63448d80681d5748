"""Service events: what a rule of EventBridge puts into a queue reaches Devo, each event once."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections import Counter
from typing import Any

import pytest
from conftest import REGIONS, Collector, wait_until
from s3_account import ACCOUNT, S3Account, messages

from sandbox import Sandbox

QUEUE = "devo-collector-service-events-all.fifo"


class Bus:
    """One region: a FIFO queue as the rule's target, and the events that go there."""

    def __init__(self, sandbox: Sandbox, region: str) -> None:
        self.account = S3Account(sandbox, region)
        self.sqs = self.account.sqs
        self.region = region
        self.sent: Counter[str] = Counter()
        self.dead = self.sqs.create_queue(
            QueueName="events-dead.fifo", Attributes={"FifoQueue": "true"}
        )["QueueUrl"]
        redrive = {
            "deadLetterTargetArn": f"arn:aws:sqs:{region}:{ACCOUNT}:events-dead.fifo",
            "maxReceiveCount": 1000,
        }
        self.url = self.sqs.create_queue(
            QueueName=QUEUE,
            Attributes={
                "FifoQueue": "true", "ContentBasedDeduplication": "true",
                "MessageRetentionPeriod": "432000", "RedrivePolicy": json.dumps(redrive),
            },
        )["QueueUrl"]  # fmt: skip

    def event(self, **other: Any) -> str:
        return json.dumps({
            "version": "0", "id": str(uuid.uuid4()), "source": "aws.ec2",
            "detail-type": "EC2 Instance State-change Notification", "account": ACCOUNT,
            "time": "2026-11-24T08:30:01Z", "region": self.region, "resources": [],
            "detail": {"state": "running", "text": "}{ \u00fc \\"}, **other,
        }, indent=None)  # fmt: skip

    def send(self, bodies: list[str], group: str = "devo-collector") -> None:
        for at in range(0, len(bodies), 10):
            failed = self.sqs.send_message_batch(
                QueueUrl=self.url,
                Entries=[
                    {"Id": str(i), "MessageBody": body, "MessageGroupId": group,
                     "MessageDeduplicationId": str(uuid.uuid4())}
                    for i, body in enumerate(bodies[at : at + 10])
                ],
            ).get("Failed")  # fmt: skip
            assert not failed

    def fill(self, events: int, group: str = "devo-collector") -> None:
        bodies = [self.event() for _ in range(events)]
        self.sent.update(bodies)
        self.send(bodies, group)

    def is_empty(self) -> bool:
        return self.account.left(self.url) == 0


@pytest.fixture
def buses(sandbox: Sandbox) -> list[Bus]:
    return [Bus(sandbox, region) for region in REGIONS]


@pytest.fixture
def service(collector: Collector) -> dict[str, Any]:
    service: dict[str, Any] = {
        "regions": REGIONS, "request_period_in_seconds": 1, "visibility_timeout_in_seconds": 20,
    }  # fmt: skip
    collector.input["services"] = {"service-events-all": service}
    return service


def sent_of(buses: list[Bus]) -> Counter[str]:
    return sum((bus.sent for bus in buses), Counter())


# E-1: EventBridge delivers at least once; the queue's own deduplication does not see it when the
# same event has another deduplication id.
@pytest.mark.usefixtures("service")
def test_five_thousand_events_arrive_once_though_some_are_sent_twice(
    sandbox: Sandbox, collector: Collector, buses: list[Bus]
) -> None:
    chance = random.Random(11)
    collector.start()
    for _ in range(25):  # in parts: the sandbox looks at every message of a queue in each call
        for bus in buses:
            bus.fill(100)
            bus.send(chance.sample(sorted(bus.sent), 10))
    wait_until(lambda: messages(sandbox) == sent_of(buses), 180, "all events, each once")
    wait_until(lambda: all(bus.is_empty() for bus in buses), 60, "empty queues")
    assert collector.stop() == 0
    assert messages(sandbox) == sent_of(buses)
    record = sandbox.all_records()[0]
    region = json.loads(record["message"])["region"]
    assert record["tag"] == f"cloud.aws.cloudwatch.events.{ACCOUNT}.{region}"
    assert record["time"].startswith("2026-11-24 08:30:01")


# D-1: what was delivered but whose message was not yet deleted may come again, and nothing else.
@pytest.mark.usefixtures("service")
def test_no_event_is_missing_after_twenty_kills(
    sandbox: Sandbox, collector: Collector, buses: list[Bus], service: dict[str, Any]
) -> None:
    chance = random.Random(12)
    service.update(visibility_timeout_in_seconds=2)
    for bus in buses:
        bus.fill(500)
    for _ in range(20):
        collector.start()
        time.sleep(chance.uniform(0.05, 0.8))  # the moment is what the test is about
        collector.kill()
    collector.start()
    sent = sent_of(buses)
    wait_until(lambda: set(messages(sandbox)) == set(sent), 120, "all events")
    wait_until(lambda: all(bus.is_empty() for bus in buses), 60, "empty queues")
    assert collector.stop() == 0
    repeated = sum((messages(sandbox) - sent).values())
    print(f"20 kills: {repeated} duplicates of {sum(sent.values())} events")


def test_a_restart_in_order_leaves_nothing_hidden_and_repeats_nothing(
    sandbox: Sandbox, collector: Collector, buses: list[Bus], service: dict[str, Any]
) -> None:
    service.update(visibility_timeout_in_seconds=600)
    for bus in buses:
        bus.fill(300)
    for wanted in (1, 100, 200):
        collector.start()
        assert sandbox.wait_for_records(wanted, 60)
        assert collector.stop() == 0
        assert all(bus.account.hidden(bus.url) == 0 for bus in buses)
    assert collector.run_once() == 0
    assert messages(sandbox) == sent_of(buses)


# A rule and its target, as EventBridge itself fills the queue.
@pytest.mark.usefixtures("service")
def test_an_event_put_on_the_bus_arrives(
    sandbox: Sandbox, collector: Collector, buses: list[Bus]
) -> None:
    bus = buses[0]
    events = bus.account.client("events")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["my.shop"]}))
    events.put_targets(
        Rule="all",
        Targets=[{
            "Id": "queue", "Arn": f"arn:aws:sqs:{bus.region}:{ACCOUNT}:{QUEUE}",
            "SqsParameters": {"MessageGroupId": "devo-collector"},
        }],
    )  # fmt: skip
    events.put_events(Entries=[
        {"Source": "my.shop", "DetailType": "Order", "Detail": json.dumps({"order": n})}
        for n in range(3)
    ])  # fmt: skip
    assert collector.run_once() == 0
    arrived = [json.loads(record["message"]) for record in sandbox.all_records()]
    assert sorted(event["detail"]["order"] for event in arrived) == [0, 1, 2]
    assert {event["detail-type"] for event in arrived} == {"Order"}


# E-2, E-3, E-4
def test_calls_are_routed_findings_are_split_and_what_is_no_envelope_is_kept(
    sandbox: Sandbox, collector: Collector, buses: list[Bus], service: dict[str, Any]
) -> None:
    bus = buses[0]
    service.update(
        api_call_tag="my.app.aws.calls", drop_records={"source": ["aws.noise"]},
        regions=[bus.region],
    )  # fmt: skip
    call = bus.event(**{"detail-type": "AWS API Call via CloudTrail"})
    findings = bus.event(**{
        "detail-type": "Security Hub Findings - Imported",
        "detail": {"findings": [{"Id": "a"}, {"Id": "b"}]},
    })  # fmt: skip
    bus.send([call, findings, bus.event(source="aws.noise"), "no envelope"])
    assert collector.run_once() == 0
    arrived = {record["message"]: record["tag"] for record in sandbox.all_records()}
    place = f"{ACCOUNT}.{bus.region}"
    assert arrived == {
        call: "my.app.aws.calls",
        '{"Id": "a"}': f"cloud.aws.securityhub.findings.{place}",
        '{"Id": "b"}': f"cloud.aws.securityhub.findings.{place}",
        "no envelope": f"cloud.aws.cloudwatch.events.{place}",
    }
    assert bus.is_empty()


# S-20: SQS holds back a group while some of it are in hand, and no other.
@pytest.mark.usefixtures("service")
def test_a_group_that_another_reader_holds_up_blocks_no_other_group(
    sandbox: Sandbox, collector: Collector, buses: list[Bus]
) -> None:
    bus = buses[0]
    held = bus.event()
    bus.send([held, bus.event()], "held")
    taken = bus.sqs.receive_message(QueueUrl=bus.url, VisibilityTimeout=600)["Messages"]
    assert [message["Body"] for message in taken] == [held]
    bus.fill(100, "free")
    collector.start()
    wait_until(lambda: messages(sandbox) == bus.sent, 30, "the other group")
    assert collector.stop() == 0


def test_a_queue_that_is_missing_is_told_with_what_to_do(
    collector: Collector, service: dict[str, Any]
) -> None:
    service.update(regions=["eu-west-1"])
    collector.start()
    line = collector.wait_for_line("service-events-all eu-west-1", 30)
    assert QUEUE in line
    assert "check the queue's name" in line
    assert collector.stop() == 0


# D-6: whoever came second would take messages from the first, and wait for ever to understand them.
def test_a_queue_that_a_service_of_another_kind_reads_is_refused(
    collector: Collector, buses: list[Bus], service: dict[str, Any]
) -> None:
    bus = buses[0]
    service.update(regions=[bus.region])
    collector.input["services"]["non-cloudwatch-logs"] = {
        "regions": [bus.region], "sqs_queue_names": [QUEUE],
    }  # fmt: skip
    collector.start()
    line = collector.wait_for_line("is read by another service already", 30)
    assert QUEUE in line
    assert collector.stop() == 0
