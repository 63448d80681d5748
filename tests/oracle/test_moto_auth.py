"""moto with authentication on checks every signature: it takes ours and refuses a wrong secret."""

import json
import urllib.request

import boto3
import pytest
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@pytest.fixture(scope="module")
def account():
    """A user with an access key in an AWS account that verifies signatures."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    iam = boto3.client("iam", endpoint_url=url, region_name="us-east-1",
                       aws_access_key_id="seed", aws_secret_access_key="seed")
    iam.create_user(UserName="collector")
    key = iam.create_access_key(UserName="collector")["AccessKey"]
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"},
                                                 "Action": "sts:AssumeRole"}]}))
    session = boto3.client("sts", endpoint_url=url, region_name=REGION,
                           aws_access_key_id=key["AccessKeyId"],
                           aws_secret_access_key=key["SecretAccessKey"]).assume_role(
        RoleArn="arn:aws:iam::123456789012:role/reader", RoleSessionName="test")["Credentials"]
    urllib.request.urlopen(urllib.request.Request(
        url + "/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"})).read()
    yield {"url": url, "key": key, "session": session}
    server.stop()


def call(tool, account, access_key, secret, token="", operation="GetCallerIdentity"):
    return tool.ask_one("call", operation=operation, region=REGION, access_key=access_key,
                        secret=secret, token=token, start="2026-11-24", end="2026-11-25",
                        environment={"AWS_ENDPOINT_URL": account["url"]})


def test_a_right_signature_is_taken(tool, account):
    key = account["key"]
    answer = call(tool, account, key["AccessKeyId"], key["SecretAccessKey"])
    assert answer == {"account": "123456789012",
                      "arn": "arn:aws:iam::123456789012:user/collector"}


def test_session_credentials_are_taken(tool, account):
    session = account["session"]
    answer = call(tool, account, session["AccessKeyId"], session["SecretAccessKey"],
                  session["SessionToken"])
    assert answer["account"] == "123456789012"
    assert "assumed-role/reader" in answer["arn"]


def test_a_wrong_secret_is_refused_with_the_remedy(tool, account):
    key = account["key"]
    answer = call(tool, account, key["AccessKeyId"], key["SecretAccessKey"][:-1] + "!")
    assert answer["kind"] == "credentials"
    assert answer["code"] == "SignatureDoesNotMatch"
    assert answer["error"].startswith(f"sts:GetCallerIdentity in {REGION} was refused: Signature")
    assert "HTTP 403" in answer["error"]
    assert "does not belong to its access key" in answer["error"]
    for text in (answer["error"], tool.log):
        assert key["SecretAccessKey"][:-1] not in text


def test_an_unknown_key_is_refused_with_the_remedy(tool, account):
    answer = call(tool, account, "AKIAIOSFODNN7EXAMPLE", account["key"]["SecretAccessKey"])
    assert answer["kind"] == "credentials"
    assert "does not exist, is inactive" in answer["error"]


def test_a_wrong_session_token_is_refused(tool, account):
    session = account["session"]
    answer = call(tool, account, session["AccessKeyId"], session["SecretAccessKey"], "wrong")
    assert answer["kind"] == "credentials"


def test_a_denied_permission_names_the_action_to_allow(tool, account):
    key = account["key"]
    answer = call(tool, account, key["AccessKeyId"], key["SecretAccessKey"],
                  operation="LookupEvents")
    assert answer["kind"] == "rejected", answer
    assert "allow cloudtrail:LookupEvents" in answer["error"]
