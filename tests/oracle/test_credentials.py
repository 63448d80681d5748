"""Shared files: a profile means to aws-collector what it means to botocore."""

import os
from unittest import mock

import botocore.exceptions
import botocore.session
import pytest

KEYS = "aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = wJalr/XUtn+FEMI=\n"

# name: (credentials file, config file, profile)
FILES = {
    "plain": ("[default]\n" + KEYS, "", ""),
    "token": ("[default]\n" + KEYS + "aws_session_token = tok/en+==\n", "", ""),
    "config file": ("", "[default]\n" + KEYS, ""),
    "profile section": ("", "[profile audit]\n" + KEYS, "audit"),
    "profile in credentials": ("[audit]\n" + KEYS, "", "audit"),
    "quoted name": ("", '[profile "my audit"]\n' + KEYS, "my audit"),
    "credentials before config": (
        "[default]\n" + KEYS,
        "[default]\naws_access_key_id = OTHER\naws_secret_access_key = OTHER\n", ""),
    "comments": ("# first\n[default]\n; second\n" + KEYS + "# last\n", "", ""),
    "hash in a value": (
        "[default]\naws_access_key_id = AKID # not a comment\naws_secret_access_key = a;b\n", "",
        ""),
    "colons": ("[default]\naws_access_key_id: AKID\naws_secret_access_key: s=e:c\n", "", ""),
    "upper case": ("[default]\nAWS_ACCESS_KEY_ID=AKID\nAws_Secret_Access_Key=secret\n", "", ""),
    "no spaces": ("[default]\naws_access_key_id=AKID\naws_secret_access_key=a=b=c\n", "", ""),
    "windows lines": ("[default]\r\naws_access_key_id = AKID\r\naws_secret_access_key = s\r\n", "",
                      ""),
    "nested block": ("[default]\n" + KEYS,
                     "[default]\nregion = us-east-1\ns3 =\n  aws_access_key_id = NESTED\n"
                     "  max_concurrent_requests = 20\noutput = json\n", ""),
    "nested block with keys after it": (
        "", "[default]\ns3 =\n    addressing_style = path\n\n" + KEYS, ""),
    "indented first key": ("[default]\n  aws_access_key_id = AKID\n  aws_secret_access_key = s\n",
                           "", ""),
    "several profiles": ("[a]\naws_access_key_id = A\naws_secret_access_key = A\n[b]\n" + KEYS, "",
                         "b"),
    "text after a header": ("[default] ; mine\n" + KEYS, "", ""),
    "spaces around": ("  [default]  \n   \n" + KEYS, "", ""),
    "empty lines": ("\n\n[default]\n\n\n" + KEYS.replace("\n", "\n\n"), "", ""),
    "missing profile": ("[default]\n" + KEYS, "", "nowhere"),
    "no files": ("", "", ""),
    "key twice": ("[default]\n" + KEYS + KEYS, "", ""),
    "section twice": ("[default]\n" + KEYS + "[default]\n", "", ""),
    "no section": (KEYS, "", ""),
    "no delimiter": ("[default]\naws_access_key_id\n", "", ""),
    "no secret": ("[default]\naws_access_key_id = AKID\n", "", ""),
}


@pytest.mark.parametrize("case", FILES)
def test_profiles_are_read_as_botocore_reads_them(tool, tmp_path, case):
    credentials_text, config_text, profile = FILES[case]
    (tmp_path / "credentials").write_bytes(credentials_text.encode())
    (tmp_path / "config").write_bytes(config_text.encode())
    environment = {"AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
                   "AWS_CONFIG_FILE": str(tmp_path / "config"), "HOME": str(tmp_path),
                   "AWS_EC2_METADATA_DISABLED": "true"}
    with mock.patch.dict(os.environ, environment, clear=True):
        try:
            theirs = botocore.session.Session(profile=profile or None).get_credentials()
        except botocore.exceptions.BotoCoreError:
            theirs = None
    ours = tool.ask_one("credentials", environment=environment, profile=profile)
    if theirs is None:
        assert ours["kind"] == "credentials", ours
    else:
        assert ours == {"access_key": theirs.access_key, "secret": theirs.secret_key,
                        "token": theirs.token or ""}
