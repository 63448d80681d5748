"""Logs in S3, announced through SQS, against the sandbox's moto: messages and objects as the
collector reads them."""

import functools
import os
import sys
from pathlib import Path

import boto3
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from sandbox import Sandbox  # noqa: E402
from sandbox.accounts import ADMIN, COLLECTOR, NOBODY  # noqa: E402

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    with Sandbox(tmp_path_factory.mktemp("queues")) as running:
        running.wait_until_loaded()
        yield running
        running.clear_faults()


@pytest.fixture(scope="module")
def admin(sandbox):
    return functools.partial(boto3.client, endpoint_url=sandbox.aws_url, region_name=REGION,
                             aws_access_key_id=ADMIN.access_key_id,
                             aws_secret_access_key=ADMIN.secret_access_key)


@pytest.fixture
def call(tool, sandbox):
    def ask(operation, user=COLLECTOR, **question):
        return tool.ask_one("call", operation=operation, access_key=user.access_key_id,
                            secret=user.secret_access_key, endpoint_url=sandbox.aws_url,
                            **{"region": REGION, **question})

    return ask


@pytest.fixture
def queue(admin, request):
    sqs = admin("sqs")
    name = request.node.name.replace("[", "-").replace("]", "")[:70]
    return sqs.create_queue(QueueName=name)["QueueUrl"]


# --- queues


def test_messages_arrive_as_they_were_sent(call, admin, queue):
    bodies = ['{"Records":[]}', 'ünï \\ "quoted" \U0001f600\n\t', "x" * 200_000]
    for body in bodies:
        admin("sqs").send_message(QueueUrl=queue, MessageBody=body)
    messages = call("ReceiveMessage", queue_url=queue, wait=1)["messages"]
    assert sorted(message["body"] for message in messages) == sorted(bodies)
    for message in messages:
        assert message["receive_count"] == 1
        assert message["sent"].startswith("20")
        assert message["id"] and message["receipt_handle"]


def test_an_empty_queue_has_no_messages(call, queue):
    assert call("ReceiveMessage", queue_url=queue, wait=0) == {"messages": []}


def test_a_message_is_hidden_until_its_visibility_ends(call, admin, queue):
    admin("sqs").send_message(QueueUrl=queue, MessageBody="a")
    first = call("ReceiveMessage", queue_url=queue, wait=0, visibility_timeout=600)["messages"][0]
    assert call("ReceiveMessage", queue_url=queue, wait=0)["messages"] == []
    changed = call("ChangeMessageVisibilityBatch", queue_url=queue,
                   entries=[[first["receipt_handle"], 0]])
    assert changed == {"done": [0], "failed": []}
    again = call("ReceiveMessage", queue_url=queue, wait=0)["messages"][0]
    assert again["id"] == first["id"]
    assert again["receive_count"] == 2


def test_a_batch_of_deletes_fails_in_part(call, admin, queue):  # S-9
    for number in range(3):
        admin("sqs").send_message(QueueUrl=queue, MessageBody=str(number))
    handles = [message["receipt_handle"]
               for message in call("ReceiveMessage", queue_url=queue, wait=1)["messages"]]
    assert len(handles) == 3
    answer = call("DeleteMessageBatch", queue_url=queue,
                  receipt_handles=[handles[0], "no handle", handles[1], handles[2]])
    assert sorted(answer["done"]) == [0, 2, 3]
    assert answer["failed"] == [
        {"entry": 1, "code": "ReceiptHandleIsInvalid", "sender_fault": True}]
    attributes = call("GetQueueAttributes", queue_url=queue)
    assert (attributes["messages"], attributes["messages_in_flight"]) == (0, 0)


def test_a_fifo_queue_tells_the_groups(call, admin):
    url = admin("sqs").create_queue(QueueName="ordered.fifo", Attributes={
        "FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
    for number in range(3):
        admin("sqs").send_message(QueueUrl=url, MessageBody=str(number), MessageGroupId="g")
    messages = call("ReceiveMessage", queue_url=url, wait=1)["messages"]
    assert [message["body"] for message in messages] == ["0", "1", "2"]
    assert {message["group"] for message in messages} == {"g"}
    assert call("GetQueueAttributes", queue_url=url)["fifo"] is True


def test_attributes_say_where_dead_letters_go(call, admin, queue):  # S-10
    sqs = admin("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = call("GetQueueAttributes", queue_url=dead)["arn"]
    assert arn == f"arn:aws:sqs:{REGION}:123456789012:dead"
    assert call("GetQueueAttributes", queue_url=queue)["dead_letter_arn"] == ""
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={
        "RedrivePolicy": '{"deadLetterTargetArn": "%s", "maxReceiveCount": 5}' % arn,
        "VisibilityTimeout": "77", "MessageRetentionPeriod": "3600"})
    attributes = call("GetQueueAttributes", queue_url=queue)
    assert attributes["dead_letter_arn"] == arn
    assert attributes["max_receive_count"] == 5
    assert attributes["visibility_timeout"] == 77
    assert attributes["retention"] == 3600
    assert attributes["fifo"] is False


def test_a_queue_is_found_by_its_name(call, queue):
    assert call("GetQueueUrl", name=queue.rsplit("/", 1)[1]) == {"url": queue}


def test_a_missing_queue_is_named_with_its_region(call):
    for answer in (call("GetQueueUrl", name="nowhere"),
                   call("ReceiveMessage", wait=0,
                        queue_url=f"https://sqs.{REGION}.amazonaws.com/123456789012/nowhere")):
        assert answer["kind"] == "not found", answer
        assert f"of queue nowhere in {REGION}" in answer["error"]
        assert "check the queue's name" in answer["error"]


def test_who_may_not_delete_hears_of_the_permission_to_delete(call, queue):
    answer = call("DeleteMessageBatch", user=NOBODY, queue_url=queue, receipt_handles=["x"])
    assert answer["kind"] == "rejected", answer
    assert "sqs:DeleteMessage" in answer["error"]


# --- objects


BODY = os.urandom(300_000)


@pytest.fixture(scope="module")
def bucket(admin):
    s3 = admin("s3")
    s3.create_bucket(Bucket="audit-logs", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="audit-logs", Key="AWSLogs/a.gz", Body=BODY)
    return "audit-logs"


def named(key):
    return key.encode().hex()


def test_an_object_is_read_whole(call, bucket):
    answer = call("ReadObject", bucket=bucket, key_hex=named("AWSLogs/a.gz"))
    assert bytes.fromhex(answer["body_hex"]) == BODY
    assert answer["size"] == len(BODY)


def test_an_empty_object_is_read(call, admin, bucket):  # S-15
    admin("s3").put_object(Bucket=bucket, Key="empty", Body=b"")
    answer = call("ReadObject", bucket=bucket, key_hex=named("empty"))
    assert (answer["body_hex"], answer["size"]) == ("", 0)


@pytest.mark.parametrize("key", ["a b", "ünï/日本", "a+b=c&d", "x//y", "100%"])
def test_odd_keys_are_found(call, admin, sandbox, bucket, key):
    sandbox.check_signatures(False)  # moto encodes these keys otherwise than AWS does
    try:
        admin("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())
        answer = call("ReadObject", bucket=bucket, key_hex=named(key))
    finally:
        sandbox.check_signatures(True)
    assert bytes.fromhex(answer["body_hex"]).decode() == key


def test_a_read_that_breaks_off_goes_on_by_range(call, sandbox, bucket):  # S-14
    sandbox.forget_calls()
    sandbox.add_fault("truncate", "s3:GetObject", count=2)
    answer = call("ReadObject", bucket=bucket, key_hex=named("AWSLogs/a.gz"), retries=3)
    assert bytes.fromhex(answer["body_hex"]) == BODY
    assert len(sandbox.calls("s3:GetObject")) == 3


def test_a_range_with_the_right_etag_is_served_and_with_another_refused(call, bucket):
    key = named("AWSLogs/a.gz")
    etag = call("ReadObject", bucket=bucket, key_hex=key)["etag"]
    part = call("GetObject", bucket=bucket, key_hex=key, range_start=299_990, if_match=etag)
    assert part["status"] == 206
    assert bytes.fromhex(part["body_hex"]) == BODY[299_990:]
    other = call("GetObject", bucket=bucket, key_hex=key, range_start=1, if_match='"other"')
    assert other["code"] == "PreconditionFailed"


def test_a_missing_object_is_not_found_and_a_missing_bucket_is_a_mistake(call, bucket):  # S-11
    answer = call("ReadObject", bucket=bucket, key_hex=named("nothing/here"))
    assert (answer["kind"], answer["code"]) == ("not found", "NoSuchKey")
    assert "s3://audit-logs/nothing/here" in answer["error"]
    answer = call("ReadObject", bucket="no-such-bucket-here", key_hex=named("a"))
    assert (answer["kind"], answer["code"]) == ("rejected", "NoSuchBucket")


def test_who_may_not_read_hears_of_the_permissions(call, bucket):
    answer = call("ReadObject", user=NOBODY, bucket=bucket, key_hex=named("AWSLogs/a.gz"))
    assert answer["kind"] == "rejected"
    for part in ("s3:GetObject of s3://audit-logs/AWSLogs/a.gz", REGION, "allow s3:GetObject",
                 "kms:Decrypt"):
        assert part in answer["error"]


def test_slow_down_is_heeded(call, sandbox, bucket):
    sandbox.add_fault("throttle", "s3:GetObject", count=1)
    answer = call("ReadObject", bucket=bucket, key_hex=named("AWSLogs/a.gz"))
    assert (answer["kind"], answer["code"]) == ("throttled", "SlowDown")
