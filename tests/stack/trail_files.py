"""Trail files as CloudTrail delivers them, made for the tests and put into the emulator's S3."""

from __future__ import annotations

import gzip
import json
import uuid

from deploy import TRAIL_BUCKET

ACCOUNT = "111122223333"


def record(name: str, source: str, when: str, **more) -> dict:
    """A record of an IAM user from a documentation address; `more` replaces members."""
    base = {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser", "principalId": "AIDAEXAMPLEUSER", "userName": "dev-user",
            "arn": f"arn:aws:iam::{ACCOUNT}:user/dev-user", "accountId": ACCOUNT,
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        },
        "eventTime": when, "eventSource": source, "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2.31",
        "requestParameters": None, "responseElements": None,
        "requestID": str(uuid.uuid4()), "eventID": str(uuid.uuid4()),
        "readOnly": False, "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management",
    }
    return {k: v for k, v in (base | more).items() if v != "~absent"}


def root_identity() -> dict:
    """The root user's identity."""
    return {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root",
            "accountId": ACCOUNT}


def sign_in(when: str, *, user: dict | None = None, mfa: str = "Yes", success: bool = True,
            **more) -> dict:
    """A console sign-in; `more` replaces members."""
    outcome = {"responseElements": {"ConsoleLogin": "Success" if success else "Failure"}}
    if not success:
        outcome["errorMessage"] = "Failed authentication"
    identity = {"userIdentity": user} if user else {}
    return record(
        "ConsoleLogin", "signin.amazonaws.com", when, eventType="AwsConsoleSignIn",
        additionalEventData={"MFAUsed": mfa, "LoginTo": "https://console.aws.amazon.com/"},
        **outcome, **identity, **more,
    )


def put(emulator, records: list[dict], *, day: str, account: str = ACCOUNT,
        region: str = "us-east-1", root: str = "AWSLogs/") -> str:
    """Puts one gzip file of records where CloudTrail would; `day` is YYYY/MM/DD. Returns the key."""
    stamp = day.replace("/", "") + "T0005Z"
    key = (f"{root}{account}/CloudTrail/{region}/{day}/"
           f"{account}_CloudTrail_{region}_{stamp}_{uuid.uuid4().hex[:16]}.json.gz")
    body = gzip.compress(json.dumps({"Records": records}).encode())
    emulator.client("s3").put_object(Bucket=TRAIL_BUCKET, Key=key, Body=body)
    return key
