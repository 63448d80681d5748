"""SigV4: aws-collector signs as botocore does, to the byte (A-6)."""

import datetime
import random
import urllib.parse
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REQUESTS = 2000
SEED = 20261124

SERVICES = ["sts", "ec2", "sqs", "events", "cloudtrail", "monitoring", "logs", "s3", "dynamodb",
            "iam"]
REGIONS = ["us-east-1", "eu-central-1", "ap-southeast-4", "us-gov-west-1", "cn-north-1",
           "eusc-de-east-1"]
SEGMENTS = ["a", "photos", "Zürich", "日本語", "with space", "+plus+", "a=b&c=d", "100%", "%2F",
            "%25", ".", "..", "", "~tilde~", "semi;colon", "q?mark", "#hash", "'quote'", '"', "(x)",
            "a*b", "!", "$", "@", "a:b", "\U0001f600", "\\", "|", "^", "`", "{}", "[]", "<>",
            "trailing.", "AWSLogs", "\x7f", "\x01"]
NAMES = ["prefix", "list-type", "uploads", "X-Foo", "a b", "ä", "A", "a", "a-", "a.", "a_", "key+",
         "k&k", "e=e", "~"]
HEADERS = ["X-Amz-Meta-Note", "Content-Type", "Range", "x-amz-checksum-mode", "X-Amz-Target",
           "If-Match", "x-custom", "Accept", "User-Agent", "X-Amzn-Trace-Id", "Expect",
           "x-amz-meta-lower", "Content-MD5", "Connection"]
VALUES = ["value", "  padded  ", "two  spaces   inside", "", "bytes=0-9", "\ttab\tinside",
          '"quoted  text"', "a,b", "UTF-8 ü"]
TOKEN = "IQoJb3JpZ2luX2VjEDEaCXVzLWVhc3QtMSJHMEUCIQ+/" * 8 + "=="


def random_request(rng):
    service = rng.choice(SERVICES)
    path = "/" + "/".join(rng.choice(SEGMENTS) for _ in range(rng.randrange(0, 6)))
    encoded = urllib.parse.quote(path, safe="/-_.~")
    if rng.random() < 0.2:
        encoded = encoded.lower()  # lower-case hex digits are as good on the wire
    pairs = []
    for _ in range(rng.choice([0, 0, 1, 2, 5])):
        name = urllib.parse.quote(rng.choice(NAMES), safe="-_.~")
        value = urllib.parse.quote(rng.choice(SEGMENTS + ["", "1000"]), safe="-_.~")
        pairs.append(name if rng.random() < 0.15 else f"{name}={value}")
    url = (rng.choice(["https://", "http://"])
           + rng.choice([f"{service}.us-east-1.amazonaws.com", "127.0.0.1:4566",
                         "Bucket.s3.eu-west-1.amazonaws.com", "localhost:443", "h:80",
                         "[::1]:9000", "[fd00:ec2::23]"])
           + encoded + ("?" + "&".join(pairs) if pairs else ""))
    headers = {}
    for _ in range(rng.randrange(0, 5)):
        headers.setdefault(rng.choice(HEADERS), rng.choice(VALUES))
    time = datetime.datetime(2026, 1, 1) + datetime.timedelta(seconds=rng.randrange(0, 10 ** 9))
    return {
        "method": rng.choice(["GET", "POST", "PUT", "DELETE", "HEAD"]),
        "url": url,
        "headers": sorted(headers.items()),
        "body_hex": rng.choice([b"", b"{}", rng.randbytes(rng.randrange(1, 400))]).hex(),
        "region": rng.choice(REGIONS),
        "service": service,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "access_key": "AKIA" + "".join(rng.choices("ABCDEFGHIJKLMNOP234567", k=16)),
        "secret": "".join(rng.choices("abcXYZ0123456789/+", k=40)),
        "token": rng.choice(["", "", TOKEN]),
    }


def sign_with_botocore(question):
    request = AWSRequest(method=question["method"], url=question["url"],
                         headers=dict(question["headers"]),
                         data=bytes.fromhex(question["body_hex"]))
    credentials = Credentials(question["access_key"], question["secret"],
                              question["token"] or None)
    is_s3 = question["service"] == "s3"
    kind = botocore.auth.S3SigV4Auth if is_s3 else botocore.auth.SigV4Auth
    signer = kind(credentials, question["service"], question["region"])
    # S3SigV4Auth would leave the body of an https upload with Content-MD5 unsigned; ours never.
    request.context["client_config"] = mock.Mock(s3={"payload_signing_enabled": True})
    now = datetime.datetime.strptime(question["time"], "%Y-%m-%dT%H:%M:%SZ")
    with mock.patch("botocore.auth.get_current_datetime", return_value=now):
        signer.add_auth(request)
    return request, signer


def test_two_thousand_random_requests_are_signed_as_botocore_signs_them(tool):
    rng = random.Random(SEED)
    questions = [random_request(rng) for _ in range(REQUESTS)]
    answers = tool.ask("sign", questions)
    for number, (question, answer) in enumerate(zip(questions, answers)):
        assert "error" not in answer, (number, question, answer)
        request, signer = sign_with_botocore(question)
        ours = {name.lower(): value for name, value in answer["headers"]}
        hint = (number, question, signer.canonical_request(request), answer["canonical"])
        assert ours["authorization"] == request.headers["Authorization"], hint
        assert ours["x-amz-date"] == request.headers["X-Amz-Date"], hint
        assert ours.get("x-amz-security-token") == request.headers.get("X-Amz-Security-Token")
        assert ours.get("x-amz-content-sha256") == request.headers.get("X-Amz-Content-SHA256")
    kinds = {(question["service"] == "s3", bool(question["token"])) for question in questions}
    assert len(kinds) == 4  # both encodings, with and without a session token


def test_the_comparison_notices_a_difference(tool):
    question = random_request(random.Random(1))
    other = dict(question, secret=question["secret"][:-1] + "!")
    ours, theirs = tool.ask("sign", [question, other])
    assert dict(ours["headers"])["Authorization"] != dict(theirs["headers"])["Authorization"]
