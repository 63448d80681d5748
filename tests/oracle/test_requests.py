"""Operations go out as botocore sends them: method, URL, headers that matter and body."""

import datetime
import itertools
import json
import urllib.parse

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/audit"


def sent_by_botocore(service, operation, answer=b"{}", client_options=None, **parameters):
    session = botocore.session.get_session()
    options = {"region_name": "us-east-1", **(client_options or {})}
    client = session.create_client(service, aws_access_key_id="a", aws_secret_access_key="b",
                                   **options)
    caught = []

    def catch(request, **_):
        caught.append(request)

        class Raw:
            def stream(self, *_args, **_kwargs):
                yield answer

        return AWSResponse(request.url, 200, {}, Raw())

    client.meta.events.register("before-send", catch)
    getattr(client, operation)(**parameters)
    return caught[0]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def header(request, name):
    return next((value for key, value in request["headers"] if key.lower() == name.lower()), None)


def ask(tool, operation, **question):
    return tool.ask_one("request", operation=operation,
                        **{"region": "us-east-1", **question})


def assert_same(ours, theirs, *names):
    """Method, URL and the headers named; names that botocore does not send are sent by neither."""
    assert ours["method"] == theirs.method
    assert ours["url"] == theirs.url
    for name in names:
        assert header(ours, name) == text(theirs.headers.get(name)), name


def assert_same_json(ours, theirs):
    assert_same(ours, theirs, "X-Amz-Target", "Content-Type", "x-amzn-query-mode")
    assert json.loads(ours["body"]) == json.loads(theirs.body)


START = datetime.datetime(2026, 11, 24, 3, 5, 21, tzinfo=datetime.timezone.utc)
END = datetime.datetime(2026, 11, 24, 4, 0, 0, tzinfo=datetime.timezone.utc)
LOOKUPS = [
    ({}, {}),
    ({"event_source": "iam.amazonaws.com"},
     {"LookupAttributes": [{"AttributeKey": "EventSource",
                            "AttributeValue": "iam.amazonaws.com"}]}),
    ({"next_token": 'a"b\\c/ü+='}, {"NextToken": 'a"b\\c/ü+='}),
    ({"max_results": 1}, {"MaxResults": 1}),
]


@pytest.mark.parametrize("ours,theirs", LOOKUPS)
def test_lookup_events(tool, ours, theirs):
    request = ask(tool, "LookupEvents", start=START.isoformat(), end=END.isoformat(), **ours)
    expected = sent_by_botocore("cloudtrail", "lookup_events", b'{"Events": []}',
                                **{"StartTime": START, "EndTime": END, "MaxResults": 50, **theirs})
    assert_same_json(request, expected)


def test_get_caller_identity(tool):
    request = ask(tool, "GetCallerIdentity")
    expected = sent_by_botocore(
        "sts", "get_caller_identity",
        b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>",
        client_options={"config": Config(sts_regional_endpoints="regional")}
        if hasattr(Config(), "sts_regional_endpoints") else None)
    assert_same(request, expected, "Content-Type")
    assert urllib.parse.parse_qsl(request["body"]) == urllib.parse.parse_qsl(text(expected.body))


@pytest.mark.parametrize("ours,theirs", [
    ({}, {}),
    ({"owner_account": "999999999999"}, {"QueueOwnerAWSAccountId": "999999999999"})])
def test_get_queue_url(tool, ours, theirs):
    request = ask(tool, "GetQueueUrl", name="audit.fifo", **ours)
    assert_same_json(request, sent_by_botocore("sqs", "get_queue_url", QueueName="audit.fifo",
                                               **theirs))


def test_get_queue_attributes(tool):
    request = ask(tool, "GetQueueAttributes", queue_url=QUEUE)
    assert_same_json(request, sent_by_botocore("sqs", "get_queue_attributes", QueueUrl=QUEUE,
                                               AttributeNames=["All"]))


@pytest.mark.parametrize("ours,theirs", [
    ({}, {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 20}),
    ({"max_messages": 3, "wait": 0, "visibility_timeout": 0},
     {"MaxNumberOfMessages": 3, "WaitTimeSeconds": 0, "VisibilityTimeout": 0})])
def test_receive_message(tool, ours, theirs):
    request = ask(tool, "ReceiveMessage", queue_url=QUEUE, **ours)
    assert_same_json(request, sent_by_botocore(
        "sqs", "receive_message", QueueUrl=QUEUE, MessageSystemAttributeNames=[
            "ApproximateReceiveCount", "SentTimestamp", "MessageGroupId"], **theirs))


def test_delete_message_batch(tool):
    handles = [f'AQEB"{n}"/+=\\ü' for n in range(10)]
    request = ask(tool, "DeleteMessageBatch", queue_url=QUEUE, receipt_handles=handles)
    assert_same_json(request, sent_by_botocore(
        "sqs", "delete_message_batch", b'{"Successful":[],"Failed":[]}', QueueUrl=QUEUE,
        Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)]))


def test_change_message_visibility_batch(tool):
    request = ask(tool, "ChangeMessageVisibilityBatch", queue_url=QUEUE,
                  entries=[["a", 43200], ["b", 0]])
    assert_same_json(request, sent_by_botocore(
        "sqs", "change_message_visibility_batch", b'{"Successful":[],"Failed":[]}',
        QueueUrl=QUEUE, Entries=[{"Id": "0", "ReceiptHandle": "a", "VisibilityTimeout": 43200},
                                 {"Id": "1", "ReceiptHandle": "b", "VisibilityTimeout": 0}]))


# --- S3

KEYS = ["a", "AWSLogs/123456789012/CloudTrail/x.json.gz", "a b+c%2F&=?#", "ünï/日本", "//twice//",
        "./a/../b/.", "..", "~-_.!*'()", "\\\"<>{}|^`", "a:b@c,d;e$f", "\n\t\x7f", "ends/"]


def get_object(tool, bucket, key, region="us-east-1", **more):
    ours = {name: value for name, value in more.items() if name != "config"}
    return ask(tool, "GetObject", bucket=bucket, key_hex=key.encode().hex(), region=region, **ours)


def botocore_get_object(bucket, key, region="us-east-1", endpoint_url=None, fips=False,
                        dualstack=False, **parameters):
    # Of the checksums of whole objects nothing is asked; us-east-1 is a region like the others.
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dualstack,
                    response_checksum_validation="when_required",
                    s3={"us_east_1_regional_endpoint": "regional"})
    return sent_by_botocore("s3", "get_object", b"",
                            {"config": config, "region_name": region,
                             "endpoint_url": endpoint_url},
                            Bucket=bucket, Key=key, **parameters)


S3_HEADERS = ("Range", "If-Match", "x-amz-request-payer", "x-amz-checksum-mode",
              "X-Amz-Content-SHA256")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("bucket", ["audit-logs", "audit.logs"])
def test_keys_are_encoded_once_and_not_normalised(tool, bucket, key):
    assert_same(get_object(tool, bucket, key), botocore_get_object(bucket, key), *S3_HEADERS)


def test_versions_ranges_and_payment(tool):
    ours = get_object(tool, "audit-logs", "k", version_id="3/L4k+qt=", range_start=1048576,
                      if_match='"9b2cf5"', requester_pays=True)
    theirs = botocore_get_object("audit-logs", "k", VersionId="3/L4k+qt=",
                                 Range="bytes=1048576-", IfMatch='"9b2cf5"',
                                 RequestPayer="requester")
    assert_same(ours, theirs, *S3_HEADERS)


BUCKETS = ["audit-logs", "audit.logs", "abc", "Audit", "under_score", "a" * 63, "1.2.3.4",
           "0numbers9", "xn--a.b"]
REGIONS = ["us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1",
           "ap-southeast-7"]


def test_buckets_are_addressed_as_botocore_does(tool):
    """S-17: virtual hosts where a certificate can cover them, and paths elsewhere."""
    compared = 0
    for bucket, region, fips, dualstack in itertools.product(
            BUCKETS, REGIONS, (False, True), (False, True)):
        ours = get_object(tool, bucket, "k", region, fips=fips, dualstack=dualstack)
        try:
            theirs = botocore_get_object(bucket, "k", region, fips=fips, dualstack=dualstack)
        except Exception as refusal:
            assert "FIPS" in str(refusal) or "Partition does not support" in str(refusal)
            assert ours["kind"] == "rejected"
            continue
        assert_same(ours, theirs)
        compared += 1
    assert compared > 100


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "http://localhost:9000",
                                      "https://objects.example.org", "https://example.org/base"])
@pytest.mark.parametrize("bucket", ["audit-logs", "audit.logs"])
def test_buckets_of_other_endpoints_are_in_the_path(tool, endpoint, bucket):
    ours = get_object(tool, bucket, "a/b", endpoint_url=endpoint)
    assert_same(ours, botocore_get_object(bucket, "a/b", endpoint_url=endpoint))
