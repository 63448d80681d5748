"""Logs in S3 as Devo's own AWS collector reads them: Python with boto3 and Devo's official SDK.

    .venv/bin/python bench/s3/python_way.py --port P --queue vpc --objects 1 --tls-port T ...

Receives messages, gets the objects they announce, unpacks, splits, and sends each record by one
call of the SDK over mutual TLS, with the record's own time, as the collector measured beside it
does; deletes the messages of an object when all of it is sent. It is spared what it would also have
to do: to remember anything, and to send again. Prints one line of JSON: bytes are unpacked ones.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import resource
import time
import urllib.parse
from collections.abc import Iterator
from typing import Any

import boto3
from devo.sender import Sender, SenderConfigSSL

TAGS = {
    "cloudfront": "web.aws.cloudfront.access-w3c.us-east-1.EXAMPLE1DIST01",
    "cloudtrail": "cloud.aws.cloudtrail.events.123456789012.us-east-1",
}
VPC_TAG = "cloud.aws.vpc.flow.123456789012.us-east-1"
IDLE_POLLS = 3  # without a message, after which the queue counts as empty


def moment(seconds: str) -> str:
    """Seconds since 1970 as the SDK wants a date."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(int(seconds))) + ".000"


def records_of(corpus: str, text: str) -> Iterator[tuple[str, str]]:
    """The records of an object, each with its own date: what Devo files it under."""
    if corpus == "cloudtrail":
        for record in json.loads(text)["Records"]:
            when = record["eventTime"]
            yield f"{when[:10]} {when[11:19]}.000", json.dumps(record, separators=(",", ":"))
        return
    lines = text.splitlines()
    if corpus == "cloudfront":
        for line in lines:
            if not line.startswith("#"):
                date, clock, _ = line.split("\t", 2)
                yield f"{date} {clock}.000", line
        return
    start = lines[0].split().index("start")
    for line in lines[1:]:
        yield moment(line.split()[start]), line


class PythonWay:
    def __init__(self, options: argparse.Namespace) -> None:
        access: dict[str, Any] = {
            "region_name": "us-east-1",
            "endpoint_url": f"http://127.0.0.1:{options.port}",
            "aws_access_key_id": "AKIDEXAMPLE",
            "aws_secret_access_key": "secret",
        }
        self._sqs = boto3.client("sqs", **access)
        self._s3 = boto3.client("s3", **access)
        self._corpus = options.corpus
        self._tag = TAGS.get(options.corpus, VPC_TAG)
        self._sender = Sender(
            SenderConfigSSL(
                address=("127.0.0.1", options.tls_port),
                chain=options.chain, cert=options.cert, key=options.key,
            )
        )  # fmt: skip
        self.bytes = 0
        self.records = 0
        self.objects = 0

    def drain(self, queue: str, objects: int) -> None:
        """Reads so many objects from a queue and delivers them."""
        url = self._sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        idle = 0
        while self.objects < objects and idle < IDLE_POLLS:
            answer = self._sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            messages = answer.get("Messages", [])
            idle = 0 if messages else idle + 1
            for message in messages:
                for event in json.loads(message["Body"])["Records"]:
                    self._deliver(event["s3"])
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _deliver(self, announced: dict[str, Any]) -> None:
        key = urllib.parse.unquote_plus(announced["object"]["key"])
        body = self._s3.get_object(Bucket=announced["bucket"]["name"], Key=key)["Body"].read()
        unpacked = gzip.decompress(body)
        for date, record in records_of(self._corpus, unpacked.decode()):
            self._sender.send(tag=self._tag, msg=record, date=date, hostname="bench")
            self.records += 1
        self.objects += 1
        self.bytes += len(unpacked)

    def close(self) -> None:
        self._sender.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", default="vpc")
    for name in ("port", "tls-port", "objects"):
        parser.add_argument(f"--{name}", type=int, required=True)
    for name in ("queue", "chain", "cert", "key"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # the SDK complains about how the reader ends its stream
    way = PythonWay(options)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    way.drain(options.queue, options.objects)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    way.close()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(
        json.dumps(
            {
                "corpus": options.corpus, "objects": way.objects, "bytes": way.bytes,
                "records": way.records, "seconds": seconds, "cpu_seconds": cpu,
            }
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
