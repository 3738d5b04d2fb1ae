"""The Athena endpoint of the tests, and the saved queries executed on it."""

import datetime

import pytest

import trail_files
from athena import Athena, text
from deploy import TRAIL_BUCKET
from emulator import Emulator
from template import Template
from trail_table import parse_type, typed

TODAY = datetime.datetime.now(datetime.UTC)
DAY = TODAY.strftime("%Y/%m/%d")
NOW = TODAY.strftime("%Y-%m-%dT%H:%M:%SZ")
ACCOUNT = trail_files.ACCOUNT
OTHER = "444455556666"


def identity(**members):
    return {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/ann", "userName": "ann"} | members


def calls():
    """One day of records: each query has rows to find and rows to leave."""
    iam, trail = "iam.amazonaws.com", "cloudtrail.amazonaws.com"
    ten = [trail_files.record("ListBuckets", "s3.amazonaws.com", NOW, errorCode="AccessDenied",
                              sourceIPAddress="10.0.0.9") for _ in range(10)]
    twice = trail_files.record("StopLogging", trail, NOW, requestParameters={"name": "t"})
    sso = {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/sso/ann"}
    return [
        twice, twice,
        trail_files.record("StartLogging", trail, NOW),
        trail_files.sign_in(NOW, user=identity(), mfa="No"),
        trail_files.sign_in(NOW, user=identity(), mfa="Yes"),
        trail_files.sign_in(NOW, user=identity(), mfa="No", success=False),
        trail_files.sign_in(NOW, user=sso, mfa="No"),
        trail_files.record("AttachUserPolicy", iam, NOW, requestParameters={"userName": "x"}),
        trail_files.record("AssumeRole", "sts.amazonaws.com", NOW,
                           userIdentity={"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
        trail_files.record("RunInstances", "ec2.amazonaws.com", NOW,
                           requestParameters={"iamInstanceProfile": {"name": "admin"}}),
        trail_files.record("RunInstances", "ec2.amazonaws.com", NOW, requestParameters={"n": 1}),
        *(trail_files.record("GetObject", "s3.amazonaws.com", NOW, errorCode="AccessDenied",
                             sourceIPAddress="10.0.0.9") for _ in range(11)),
        *ten, ten[0],
        *(trail_files.record("ListUsers", iam, NOW, sourceIPAddress=address) for address in (
            "172.40.1.1", "2001:db8::1", "100.128.0.1", "172.16.0.1", "172.31.9.9", "100.64.0.1",
            "192.168.1.1", "10.1.1.1", "fd00::1", "::1", "config.amazonaws.com", "AWS Internal",
        )),
    ]


@pytest.fixture(scope="module")
def stage():
    """An emulator with the trail's table and one day of records."""
    athena = Athena()
    with Emulator(athena_url=athena.url) as emulator:
        athena.attach(emulator)
        emulator.client("s3").create_bucket(Bucket=TRAIL_BUCKET)
        template = Template(TrailBucketName=TRAIL_BUCKET, QueryAccounts=ACCOUNT)
        table = template.properties("TrailTable")["TableInput"]
        glue = emulator.client("glue")
        glue.create_database(DatabaseInput={"Name": "trail"})
        glue.create_table(DatabaseName="trail", TableInput=table)
        trail_files.put(emulator, calls(), day=DAY)
        trail_files.put(emulator, [trail_files.record("StopLogging", "cloudtrail.amazonaws.com", NOW)],
                        day=DAY, account=OTHER)
        yield emulator, template
    athena.stop()


def run(emulator, sql, **more):
    """Runs a query to its end; returns its state, reason and rows without the header."""
    client = emulator.client("athena")
    started = client.start_query_execution(
        QueryString=sql, QueryExecutionContext={"Database": "trail"}, WorkGroup="w", **more
    )["QueryExecutionId"]
    for _ in range(10):
        status = client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
    if status["State"] != "SUCCEEDED":
        return status["State"], status["StateChangeReason"], []
    rows = [
        [cell.get("VarCharValue") for cell in row["Data"]]
        for page in client.get_paginator("get_query_results").paginate(QueryExecutionId=started)
        for row in page["ResultSet"]["Rows"]
    ]
    return status["State"], None, rows[1:]


def saved(stage, name):
    emulator, template = stage
    sql = template.properties(name)["QueryString"].replace("FROM TrailTable", "FROM cloudtrail_logs")
    state, reason, rows = run(emulator, sql)
    assert state == "SUCCEEDED", reason
    return rows


def test_sign_ins_without_mfa(stage):
    assert saved(stage, "SigninWithoutMfaQuery") == [
        [NOW, "ann", "198.51.100.7", "arn:aws:iam::111122223333:user/ann"]
    ]


def test_escalation(stage):
    rows = saved(stage, "PrivilegeEscalationQuery")
    assert sorted(row[2] for row in rows) == ["AttachUserPolicy", "RunInstances"]


def test_tampering_once_though_delivered_twice(stage):
    rows = saved(stage, "TrailTamperingQuery")
    assert [(row[2], row[3]) for row in rows] == [("StopLogging", '{"name":"t"}')]


def test_public_addresses(stage):
    rows = saved(stage, "UnusualAddressQuery")
    listed = {row[3] for row in rows if row[2] == "ListUsers"}
    assert listed == {"172.40.1.1", "2001:db8::1", "100.128.0.1"}


def test_denied_over_ten(stage):
    rows = saved(stage, "DeniedCallsQuery")
    assert rows == [["arn:aws:iam::111122223333:user/dev-user", "GetObject", "11"]]


WHERE = f"FROM cloudtrail_logs WHERE account = '{ACCOUNT}' AND region = 'us-east-1'"


def test_results_come_in_pages(stage):
    emulator, _ = stage
    client = emulator.client("athena")
    started = client.start_query_execution(
        QueryString=f"SELECT eventid {WHERE} LIMIT 5", QueryExecutionContext={"Database": "trail"},
    )["QueryExecutionId"]
    while client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]["State"] in ("QUEUED", "RUNNING"):
        pass
    pages = client.get_paginator("get_query_results").paginate(
        QueryExecutionId=started, PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["ResultSet"]["Rows"]) for page in pages]
    assert sizes == [2, 2, 2], "five rows and the header"


def test_a_token_starts_once(stage):
    emulator, _ = stage
    client = emulator.client("athena")
    start = dict(QueryString="SELECT 1", ClientRequestToken="t" * 32)
    first = client.start_query_execution(**start)
    assert client.start_query_execution(**start)["QueryExecutionId"] == first["QueryExecutionId"]
    with pytest.raises(client.exceptions.InvalidRequestException):
        client.start_query_execution(**start | {"QueryString": "SELECT 2"})


def test_a_stopped_query_is_cancelled(stage):
    emulator, _ = stage
    client = emulator.client("athena")
    started = client.start_query_execution(QueryString="SELECT 1")["QueryExecutionId"]
    client.stop_query_execution(QueryExecutionId=started)
    status = client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
    assert status["State"] == "CANCELLED"


@pytest.mark.parametrize(("sql", "reason"), [
    ("SELECT no_such_function(eventid) " + WHERE, "no_such_function"),
    ("SELECT no_such_column " + WHERE, "no_such_column"),
    ("SELECT FROM WHERE", "Expected"),
    ("DROP TABLE cloudtrail_logs", "exactly one SELECT"),
    ("SELECT eventid FROM elsewhere", "TABLE_NOT_FOUND"),
    ("SELECT eventid FROM cloudtrail_logs WHERE region = 'us-east-1'", "injected projected partition column account"),
    (f"SELECT eventid FROM cloudtrail_logs WHERE account = '{ACCOUNT}'", "partition column region"),
])
def test_what_cannot_run_fails_with_its_reason(stage, sql, reason):
    emulator, _ = stage
    state, given, _ = run(emulator, sql)
    assert state == "FAILED" and reason in given


def test_records_are_read_as_declared():
    kind = parse_type("struct<a:string,b:array<struct<c:string>>,d:map<string,string>>")
    value = typed({"A": {"x": 1}, "b": [{"C": True}], "D": {"k": "v"}}, kind)
    assert value == {"a": '{"x":1}', "b": [{"c": "true"}], "d": {"k": "v"}}
    assert typed("text", kind) is None
    assert text([None, "a", 1]) == "[null, a, 1]"
