"""Buckets, queues and objects in the sandbox's AWS account, as AWS's services would leave them."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from typing import Any
from urllib.parse import quote_plus

import boto3
from botocore.config import Config

from sandbox import Sandbox

ACCOUNT = "123456789012"
FLOW_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)


def s3_record(bucket: str, key: str) -> dict[str, Any]:
    """An entry of S3's notification, its key encoded as S3 does it."""
    return {
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "us-east-1",
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": bucket}, "object": {"key": quote_plus(key, safe="/")}},
    }  # fmt: skip


class S3Account:
    """One region: a bucket whose new objects are announced in one queue a prefix."""

    def __init__(self, sandbox: Sandbox, region: str, seed: int = 1) -> None:
        key, secret = sandbox.credentials("admin")
        self.region = region
        self.bucket = f"logs-{region}"
        self.random = random.Random(f"{seed} {region}")
        self.expected: Counter[str] = Counter()  # messages, by how often they were written
        self._number = 0
        self._notifications: list[dict[str, Any]] = []

        def client(service: str) -> Any:
            return boto3.client(
                service, region_name=region, endpoint_url=sandbox.aws_url, aws_access_key_id=key,
                aws_secret_access_key=secret,
                config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 8}),
            )  # fmt: skip

        self.client = client
        self.s3, self.sqs = client("s3"), client("sqs")
        location = {} if region == "us-east-1" else {"LocationConstraint": region}
        self.s3.create_bucket(
            Bucket=self.bucket, **({"CreateBucketConfiguration": location} if location else {})
        )

    def queue(self, name: str, prefix: str | None = None, **attributes: str) -> str:
        """A queue, with a dead-letter queue, that announces objects under `prefix`. Its URL."""
        arn = f"arn:aws:sqs:{self.region}:{ACCOUNT}:{name}"
        self.sqs.create_queue(QueueName=f"{name}-dead")
        redrive = {"deadLetterTargetArn": f"{arn}-dead", "maxReceiveCount": 1000}
        url = self.sqs.create_queue(
            QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive), **attributes}
        )["QueueUrl"]
        if prefix is not None:
            rules = [{"Name": "prefix", "Value": prefix}]
            self._notifications.append(
                {"QueueArn": arn, "Events": ["s3:ObjectCreated:*"],
                 "Filter": {"Key": {"FilterRules": rules}}}
            )  # fmt: skip
            self.announce()
        return str(url)

    def announce(self, **also: Any) -> None:
        """Sets the bucket's notifications: those of the queues, and others."""
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket,
            NotificationConfiguration={"QueueConfigurations": self._notifications, **also},
        )

    def left(self, url: str) -> int:
        """Messages in a queue, visible or not."""
        return self._count(url, "ApproximateNumberOfMessages") + self.hidden(url)

    def hidden(self, url: str) -> int:
        """Messages that some receiver has in hand."""
        return self._count(url, "ApproximateNumberOfMessagesNotVisible")

    def all_hidden(self) -> int:
        """The same, of all queues."""
        return sum(self.hidden(url) for url in self.sqs.list_queues()["QueueUrls"])

    def _count(self, url: str, name: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)

    def flow_log(self, lines: int) -> str:
        """A VPC flow log file; its key."""
        records = [self._flow_line() for _ in range(lines)]
        self.expected.update(records)
        self._number += 1
        key = (
            f"AWSLogs/{ACCOUNT}/vpcflowlogs/{self.region}/2026/11/24/{ACCOUNT}_vpcflowlogs_"
            f"{self.region}_fl-0123456789abcdef0_20261124T0300Z_{self._number:08x}.log.gz"
        )
        text = "\n".join([FLOW_HEADER, *records]) + "\n"
        half = len(text) // 2  # two members, cut anywhere
        self.put(key, gzip.compress(text[:half].encode()) + gzip.compress(text[half:].encode()))
        return key

    def cloudfront_log(self, lines: int) -> str:
        records = [self._cloudfront_line() for _ in range(lines)]
        self.expected.update(records)
        self._number += 1
        key = f"cf/E2EXAMPLE{self._number // 3 % 3}.2026-11-24-03.{self._number:08X}.gz"
        head = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method\n"
        self.put(key, gzip.compress((head + "\n".join(records)).encode()))  # no final newline
        return key

    def trail_log(self, events: int) -> str:
        records = [self._event() for _ in range(events)]
        self.expected.update(records)
        self._number += 1
        key = (
            f"AWSLogs/{ACCOUNT}/CloudTrail/{self.region}/2026/11/24/{ACCOUNT}_CloudTrail_"
            f"{self.region}_20261124T0300Z_{self._number:016x}.json.gz"
        )
        self.put(key, gzip.compress(('{"Records":[' + ",".join(records) + "]}").encode()))
        return key

    def flow_line(self, interface: str) -> str:
        """One line that is expected to arrive."""
        line = self._flow_line().replace(" eni-", f" {interface.replace(' ', '_')}-")
        self.expected[line] += 1
        return line

    def _flow_line(self) -> str:
        pick = self.random.randrange
        start = 1_795_485_600 + pick(600)
        return (
            f"2 {ACCOUNT} eni-{pick(1 << 40):017x} 10.0.{pick(256)}.{pick(256)} 10.1.0.7 "
            f"{pick(65536)} 443 6 {pick(100)} {pick(100_000)} {start} {start + 60} ACCEPT OK"
        )

    def _cloudfront_line(self) -> str:
        pick = self.random.randrange
        return (
            f"2026-11-24\t03:{pick(60):02}:{pick(60):02}\tFRA50-C1\t{pick(1 << 40)}"
            f"\t192.0.2.{pick(256)}\tGET"
        )

    def _event(self) -> str:
        pick = self.random.randrange
        return json.dumps(
            {"eventVersion": "1.08", "userIdentity": {"eventTime": "not this", "a": "}{]["},
             "eventTime": f"2026-11-24T03:{pick(60):02}:{pick(60):02}Z", "eventName": "CreateUser",
             "eventID": f"{pick(1 << 64):016x}", "text": "a \"quote\" and a \\ and \u00fc"}
        )  # fmt: skip


def write_logs(account: S3Account, each: int) -> None:
    for _ in range(each):
        account.flow_log(account.random.randrange(1, 60))
        account.cloudfront_log(account.random.randrange(1, 20))
        account.trail_log(account.random.randrange(1, 20))


def messages(sandbox: Sandbox) -> Counter[str]:
    return Counter(record["message"] for record in sandbox.all_records())


def expected_of(accounts: list[S3Account]) -> Counter[str]:
    return sum((account.expected for account in accounts), Counter())
