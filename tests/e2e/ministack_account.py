"""An AWS account by ministack, an emulator that has nothing in common with moto, and in it what a
person makes who follows docs/sources/service-events.md."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"
REGION = "eu-west-1"
QUEUE = "devo-collector-service-events-all"

# It ends with its standard input, so that it never outlives who started it.
_PROGRAM = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()
"""


class Ministack:
    """The emulator as a process of its own; all it holds is in its memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for _ in range(3):  # another process may take the port before it does
            if self._start():
                return
        raise AssertionError(f"ministack does not start:\n{(folder / 'ministack.log').read_text()}")

    def _start(self) -> bool:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        environment = {
            "PATH": os.environ["PATH"], "TMPDIR": str(self.folder), "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port), "MINISTACK_ACCOUNT_ID": ACCOUNT, "PERSIST_STATE": "0",
            "IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0",
            "S3_DATA_DIR": str(self.folder / "s3"), "STATE_DIR": str(self.folder / "state"),
        }  # fmt: skip
        with (self.folder / "ministack.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM], env=environment, stdin=subprocess.PIPE,
                stdout=log, stderr=log, cwd=self.folder,
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            if self._is_ready():
                return True
            time.sleep(0.05)
        self.close()
        return False

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, endpoint_url=self.url, aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret", config=Config(retries={"max_attempts": 8}),
        )  # fmt: skip

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Events:
    """The queue, the rule and its target. A second target, a standard queue that nobody else reads,
    shows what EventBridge has sent: the same bodies, in the same order."""

    def __init__(self, ministack: Ministack) -> None:
        self.sqs, self.bus = ministack.client("sqs"), ministack.client("events")
        self.copy = self.sqs.create_queue(QueueName="copy")["QueueUrl"]
        self.sqs.create_queue(
            QueueName=f"{QUEUE}-dead.fifo",
            Attributes={"FifoQueue": "true", "MessageRetentionPeriod": "1209600"},
        )
        dead = {"deadLetterTargetArn": self._arn(f"{QUEUE}-dead.fifo"), "maxReceiveCount": 100}
        may_send = {
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage", "Resource": self._arn(f"{QUEUE}.fifo"),
        }  # fmt: skip
        self.url = self.sqs.create_queue(
            QueueName=f"{QUEUE}.fifo",
            Attributes={
                "FifoQueue": "true", "ContentBasedDeduplication": "true",
                "MessageRetentionPeriod": "432000", "RedrivePolicy": json.dumps(dead),
                "Policy": json.dumps({"Version": "2012-10-17", "Statement": [may_send]}),
            },
        )["QueueUrl"]  # fmt: skip
        self.rule(QUEUE, {"account": [ACCOUNT], "source": ["my.shop"]}, "devo-collector")

    def rule(self, name: str, pattern: dict[str, Any], group: str) -> None:
        """A rule whose events go into the queue under this group, and into the copy."""
        self.bus.put_rule(Name=name, EventPattern=json.dumps(pattern))
        failed = self.bus.put_targets(
            Rule=name,
            Targets=[
                {"Id": "queue", "Arn": self._arn(f"{QUEUE}.fifo"),
                 "SqsParameters": {"MessageGroupId": group}},
                {"Id": "copy", "Arn": self._arn("copy")},
            ],
        )["FailedEntryCount"]  # fmt: skip
        assert failed == 0

    def put(self, count: int, source: str = "my.shop") -> list[str]:
        """Puts events on the bus. Their bodies as they lie in the queue, in order."""
        for at in range(0, count, 10):
            entries = [
                {"Source": source, "DetailType": "Order placed",
                 "Detail": json.dumps({"order": str(uuid.uuid4()), "text": "}{ \u00fc \\ \""})}
                for _ in range(at, min(at + 10, count))
            ]  # fmt: skip
            assert self.bus.put_events(Entries=entries)["FailedEntryCount"] == 0
        return self._take_copies(count)

    def _take_copies(self, count: int) -> list[str]:
        bodies: list[str] = []
        deadline = time.monotonic() + 60
        while len(bodies) < count and time.monotonic() < deadline:
            found = self.sqs.receive_message(
                QueueUrl=self.copy, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages", [])
            for message in found:
                bodies.append(message["Body"])
                self.sqs.delete_message(
                    QueueUrl=self.copy, ReceiptHandle=message["ReceiptHandle"]
                )
        assert len(bodies) == count
        return bodies

    def send_again(self, bodies: list[str]) -> None:
        """As EventBridge does at times; under another id the queue takes them for new ones."""
        for body in bodies:
            self.sqs.send_message(
                QueueUrl=self.url, MessageBody=body, MessageGroupId="devo-collector",
                MessageDeduplicationId=str(uuid.uuid4()),
            )  # fmt: skip

    def count(self, name: str) -> int:
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=[name])
        return int(found["Attributes"][name])

    def in_hand(self) -> int:
        return self.count("ApproximateNumberOfMessagesNotVisible")

    def is_empty(self) -> bool:
        return self.count("ApproximateNumberOfMessages") + self.in_hand() == 0

    @staticmethod
    def _arn(queue: str) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"
