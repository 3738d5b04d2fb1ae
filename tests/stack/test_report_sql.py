"""The report's statements, executed: each answers what the local engine answers.

The same records go two ways: as trail files under the deployed table, read by
the translated SQL, and as a file read by the local engine. `CORPUS` may name a
folder of trail files to be compared as well.
"""

from __future__ import annotations

import collections
import datetime
import gzip
import io
import json
import os
import re
import subprocess
from pathlib import Path

import duckdb
import pytest
import sqlglot

from athena import text, translate
from template import Template
from trail_files import ACCOUNT, record, root_identity, sign_in
from trail_table import TrailTable, check_injected

ROOT = Path(__file__).resolve().parents[2]
END = "2026-02-23T06:00:00Z"
OTHER = "444455556666"
BUCKET = "trail-bucket"
CORPUS_WEEKS = 5


def example(package: str, name: str, *arguments: str) -> dict:
    """What an example of ours prints."""
    command = ["cargo", "run", "-q", "-p", package, "--example", name, "--", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


class Shelf:
    """Objects in memory, as far as reading a table needs a bucket."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_paginator(self, _: str) -> Shelf:
        return self

    def paginate(self, **_: str) -> list[dict]:
        return [{"Contents": [{"Key": key} for key in sorted(self.objects)]}]

    def get_object(self, Key: str, **_: str) -> dict:  # noqa: N803, the API's name
        return {"Body": io.BytesIO(self.objects[Key])}


def place(entry: dict) -> tuple[str, str, str]:
    """Account, region and day under which a record is delivered."""
    identity = entry.get("userIdentity") or {}
    account = entry.get("recipientAccountId") or identity.get("accountId") or "unknown"
    day = str(entry.get("eventTime"))[:10].replace("-", "/")
    if not re.fullmatch(r"\d{4}/\d{2}/\d{2}", day):
        day = "2026/02/17"  # delivery needs no readable event time
    return str(account), str(entry.get("awsRegion") or "unknown"), day


def is_named(entry: dict) -> bool:
    """Whether a trail would have a folder for it."""
    account, region, _ = place(entry)
    return bool(
        re.fullmatch(r"\d{12}", account) and re.fullmatch(r"[a-z]+(-[a-z]+)+-\d+", region)
    )


def by_sql(records: list[dict], end: str) -> dict[str, list[dict]]:
    """The rows that the statements give."""
    shelf, folders = Shelf(), collections.defaultdict(list)
    for entry in records:
        folders[place(entry)].append(entry)
    for (account, region, day), entries in folders.items():
        key = f"AWSLogs/{account}/CloudTrail/{region}/{day}/file.json.gz"
        shelf.objects[key] = gzip.compress(json.dumps({"Records": entries}).encode())
    definition = Template(TrailBucketName=BUCKET).properties("TrailTable")["TableInput"]
    table = TrailTable(definition, shelf)
    database = duckdb.connect()
    database.execute("SET TimeZone = 'UTC'")
    table.load(database)
    partitions = sorted({f"{account}/{region}" for account, region, _ in folders})
    rows = {}
    statements = example("pipeline", "report_sql", end, "trail", table.name, *partitions)
    for name, sql in statements.items():
        parsed, translated = translate(sql)
        check_injected(parsed, table.injected)
        result = database.execute(translated)
        columns = [column[0] for column in result.description]
        rows[name] = [
            {c: text(v) for c, v in zip(columns, row) if v is not None}
            for row in result.fetchall()
        ]
    return rows


def by_engine(records: list[dict], end: str, folder: Path) -> dict[str, list[dict]]:
    """The rows that the local engine gives."""
    file = folder / "records.jsonl"
    file.write_text("".join(json.dumps(r, separators=(",", ":")) + "\n" for r in records))
    return example("adapters-local", "report_rows", end, str(file))


def chain(user: str, *names: str, day: int = 18, **more) -> list[dict]:
    """Calls of one user, a minute apart."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
    identity = {"type": "IAMUser", "userName": user, "arn": arn, "accountId": ACCOUNT}
    return [
        record(name, "iam.amazonaws.com", f"2026-02-{day:02}T03:{minute:02}:00Z",
               **({"userIdentity": identity} | more))
        for minute, name in enumerate(names)
    ]


def week() -> list[dict]:
    """A week in which every statement has rows to find and rows to leave."""
    ec2, trail = "ec2.amazonaws.com", "cloudtrail.amazonaws.com"
    at = "2026-02-17T09:15:00Z"
    role = {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/ann",
            "principalId": "AROAEXAMPLE:ann", "accountId": ACCOUNT}
    stranger = {"type": "AWSAccount", "principalId": "AIDAOTHER", "accountId": OTHER}
    everywhere = {"groupId": "sg-1", "ipPermissions": {"items": [
        {"ipRanges": {"items": [{"cidrIp": "0.0.0.0/0"}]}}]}}
    narrow = {"groupId": "sg-2", "ipPermissions": {"items": [
        {"ipRanges": {"items": [{"cidrIp": "10.0.0.0/8"}]}}]}}
    v6 = {"ModifySecurityGroupRulesRequest": {"GroupId": "sg-3", "x": {"cidrIpv6": "::/0"}}}
    twice = record("StopLogging", trail, at, requestParameters={"name": "main"})
    return [
        twice, twice,
        record("StopLogging", trail, "2026-02-17T09:16:00Z", errorCode="AccessDenied",
               requestParameters={"name": "it's"}),
        record("StartLogging", trail, at), record("DescribeTrails", trail, at),
        record("UpdateTrail", trail, "2026-02-15T23:59:59Z"),
        record("UpdateTrail", trail, "2026-02-16T00:00:00Z"),
        record("UpdateTrail", trail, "2026-02-22T23:59:59Z"),
        record("UpdateTrail", trail, "2026-02-23T00:00:00Z"),
        record("UpdateTrail", trail, "not a time"),
        sign_in(at, user=root_identity(), mfa="Yes"), sign_in(at, user=root_identity(), mfa="No"),
        sign_in(at, user=root_identity(), success=False), sign_in(at, mfa="No"),
        sign_in(at, mfa="No", success=False), sign_in(at, user=role, mfa="No"),
        record("ListBuckets", "s3.amazonaws.com", "2026-02-18T10:00:00Z",
               userIdentity=root_identity()),
        record("Decrypt", "kms.amazonaws.com", at,
               userIdentity=root_identity() | {"invokedBy": "s3.amazonaws.com"}),
        *chain("dev-user", "CreatePolicyVersion", "CreatePolicyVersion", "AttachRolePolicy"),
        *chain("ann", *["AttachUserPolicy", "PutUserPolicy"] * 10, day=19),
        *chain("bob", "CreateAccessKey", "GetUser", errorCode="AccessDenied",
               sourceIPAddress="203.0.113.9"),
        *chain("carl", "AssumeRole", eventSource="sts.amazonaws.com"),
        record("AssumeRole", "sts.amazonaws.com", at, userIdentity=stranger),
        record("AssumeRole", "sts.amazonaws.com", at, userIdentity=role),
        record("AssumeRole", "sts.amazonaws.com", at,
               userIdentity={"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
        record("AuthorizeSecurityGroupIngress", ec2, at, requestParameters=everywhere),
        record("AuthorizeSecurityGroupIngress", ec2, at, requestParameters=narrow),
        record("AuthorizeSecurityGroupIngress", ec2, at, requestParameters=everywhere,
               errorCode="Client.UnauthorizedOperation"),
        record("ModifySecurityGroupRules", ec2, at, requestParameters=v6, userIdentity=role),
        record("AuthorizeSecurityGroupEgress", ec2, at, requestParameters=everywhere),
        *(record("GetObject", "s3.amazonaws.com", at, errorCode="AccessDenied",
                 sourceIPAddress=f"203.0.113.{n}", userIdentity=role) for n in range(11)),
        *(record("ListUsers", "iam.amazonaws.com", at, errorCode="AccessDeniedException",
                 userIdentity=role) for _ in range(10)),
        *(record("ListUsers", "iam.amazonaws.com", at, sourceIPAddress=address, **who)
          for who in ({}, {"userIdentity": role}) for address in (
              "172.40.1.1", "2001:db8::1", "100.128.0.1", "172.16.0.1", "172.31.9.9",
              "100.64.0.1", "192.168.1.1", "10.1.1.1", "010.1.1.1", "fd00::1", "FE80::1", "::1",
              "::ffff:10.0.0.1", "::ffff:8.8.8.8", "config.amazonaws.com", "AWS Internal")),
        *(record("ListUsers", "iam.amazonaws.com", "2026-02-12T10:00:00Z", sourceIPAddress=address)
          for address in ("198.51.100.7", "10.1.1.1", "203.0.113.77")),
        sign_in("2026-02-12T10:00:00Z", success=False) | {"sourceIPAddress": "203.0.113.200"},
        record("ListUsers", "iam.amazonaws.com", "2026-02-12T10:00:00Z", userIdentity=stranger,
               sourceIPAddress="203.0.113.201"),
        record("DescribeInstances", ec2, at, recipientAccountId=OTHER, awsRegion="eu-west-1"),
        record("Odd", "x.amazonaws.com", at, eventID="~absent", userIdentity=None,
               sourceIPAddress=None, eventName=None),
    ]


def check(records: list[dict], end: str, folder: Path) -> dict[str, list[dict]]:
    """Both ways, query by query."""
    sql, engine = by_sql(records, end), by_engine(records, end, folder)
    assert sql.keys() == engine.keys()
    for name, rows in sql.items():
        assert rows == engine[name], name
    return sql


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """The week's rows, after both ways agreed."""
    return check(week(), END, tmp_path_factory.mktemp("week"))


def test_every_query_finds_something(rows):
    assert len(rows) == 11
    for name, found in rows.items():
        assert found, name


def test_the_six_counts(rows):
    total = collections.Counter()
    for row in rows["counts"]:
        total.update({k: int(v) for k, v in row.items() if k not in ("account", "region")})
    del total["records"]
    assert total == {
        "root_sign_ins": 2, "sign_ins_without_mfa": 2, "escalation_attempts": 26,
        "trail_changes": 4, "security_group_changes": 4, "denied_calls": 25,
    }
    assert {(row["account"], row["region"]) for row in rows["counts"]} == {
        (ACCOUNT, "us-east-1"), (OTHER, "eu-west-1")}


def test_chains_are_in_the_order_of_events_and_bounded(rows):
    chains = {row["username"]: row for row in rows["escalation_chains"] if "username" in row}
    assert chains["dev-user"]["events"] == "CreatePolicyVersion -> AttachRolePolicy"
    assert chains["dev-user"]["calls"] == "3"
    assert chains["ann"]["events"].count(" -> ") == 11
    assert chains["bob"]["failed"] == "1"
    assert chains["carl"]["other_than_assume_role"] == "0"


def test_only_own_callers_make_an_address_familiar(rows):
    familiar = {row["sourceipaddress"] for row in rows["familiar_addresses"]}
    assert familiar == {"198.51.100.7", "203.0.113.77"}


def test_denials_are_told_from_eleven_on(rows):
    assert [(row["eventname"], row["denied_count"]) for row in rows["denied_calls"]] == [
        ("GetObject", "11")]


def test_groups_opened_to_the_world(rows):
    assert sorted(row["groupid"] for row in rows["world_open_groups"]) == ["sg-1", "sg-3"]


def test_a_literal_is_no_code():
    """The SQL's own quoting, read by another parser than ours."""
    statements = example("pipeline", "report_sql", END, "trail", "logs", f"{ACCOUNT}/us-east-1")
    for sql in statements.values():
        assert len(sqlglot.parse(sql, read="athena")) == 1
        assert "{{" not in sql and "--" not in sql


def unwrapped(value) -> list[dict]:
    """The records in any envelope that people keep."""
    if isinstance(value, list):
        return [r for item in value for r in unwrapped(item)]
    if not isinstance(value, dict):
        return []
    if "CloudTrailEvent" in value:
        return unwrapped(json.loads(value["CloudTrailEvent"]))
    for key in ("Records", "Events", "detail"):
        if isinstance(value.get(key), (list, dict)):
            return unwrapped(value[key])
    return [value] if isinstance(value.get("eventTime"), str) and "eventName" in value else []


def corpus_records(folder: Path) -> list[dict]:
    """Every record below a folder that can be read as JSON."""
    found = []
    for path in sorted(folder.rglob("*.json*")):
        body = path.read_bytes()
        body = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
        lines = body.splitlines() if ".jsonl" in path.name else [body]
        for line in lines:
            try:
                found += unwrapped(json.loads(line))
            except ValueError:
                continue
    return [r for r in found if is_named(r)]


def test_real_records_answer_alike(tmp_path):
    corpus = os.environ.get("CORPUS")
    if not corpus:
        pytest.skip("set CORPUS to a folder of trail files to compare on real records")
    records = corpus_records(Path(corpus))
    weeks = collections.Counter(
        datetime.date.fromisoformat(r["eventTime"][:10]).toordinal() // 7
        for r in records if re.match(r"\d{4}-\d{2}-\d{2}T", r["eventTime"]))
    assert weeks, f"no records below {corpus}"
    for number, _ in weeks.most_common(CORPUS_WEEKS):
        end = datetime.date.fromordinal((number + 1) * 7).isoformat() + "T06:00:00Z"
        check(records, end, tmp_path)
