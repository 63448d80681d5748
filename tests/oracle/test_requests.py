"""Operations go out as botocore sends them: method, path, target, content type and body."""

import datetime
import json
import urllib.parse

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse


def sent_by_botocore(service, operation, answer, **parameters):
    session = botocore.session.get_session()
    client = session.create_client(service, region_name="us-east-1", aws_access_key_id="a",
                                   aws_secret_access_key="b")
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


def header(parts, name):
    return next((value for key, value in parts["headers"] if key.lower() == name.lower()), None)


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
    parts = tool.ask_one("request", operation="LookupEvents", start=START.isoformat(),
                         end=END.isoformat(), **ours)
    request = sent_by_botocore("cloudtrail", "lookup_events", b'{"Events": []}',
                               **{"StartTime": START, "EndTime": END, "MaxResults": 50, **theirs})
    assert parts["method"] == request.method
    assert parts["path"] == urllib.parse.urlsplit(request.url).path
    assert parts["query"] == []
    for name in ("X-Amz-Target", "Content-Type"):
        expected = request.headers[name]
        assert header(parts, name) == (expected.decode() if isinstance(expected, bytes)
                                       else expected)
    assert json.loads(parts["body"]) == json.loads(request.body)


def test_get_caller_identity(tool):
    parts = tool.ask_one("request", operation="GetCallerIdentity")
    request = sent_by_botocore(
        "sts", "get_caller_identity",
        b"<GetCallerIdentityResponse><GetCallerIdentityResult/></GetCallerIdentityResponse>")
    assert parts["method"] == request.method
    assert parts["path"] == urllib.parse.urlsplit(request.url).path
    content_type = request.headers["Content-Type"]
    assert header(parts, "Content-Type") == (content_type.decode()
                                             if isinstance(content_type, bytes) else content_type)
    body = request.body.decode() if isinstance(request.body, bytes) else request.body
    assert urllib.parse.parse_qsl(parts["body"]) == urllib.parse.parse_qsl(body)
