"""The deployed product, end to end, with every function under its own role."""

import datetime
import json
import uuid
import zlib

import pytest

import deploy
import trail_files
from redrive import Redrive, Tally
from stage import bus_event, log_payload

NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def ago(**span) -> str:
    return (NOW - datetime.timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


def account_of(user: str) -> str:
    """An account for each user, so that no alert folds into another test's."""
    return f"{zlib.crc32(user.encode()):012d}"


def stop_logging(user: str) -> dict:
    """`user` stops the trail of an account."""
    account = account_of(user)
    identity = {
        "type": "IAMUser", "principalId": "AIDAEXAMPLE", "userName": user,
        "arn": f"arn:aws:iam::{account}:user/{user}", "accountId": account,
    }
    return trail_files.record(
        "StopLogging", "cloudtrail.amazonaws.com", ago(minutes=4), userIdentity=identity,
        recipientAccountId=account, requestParameters={"name": "org-security-trail"},
    )


def ordinary(count: int) -> list[dict]:
    return [trail_files.record("DescribeInstances", "ec2.amazonaws.com", ago(minutes=4), readOnly=True)
            for _ in range(count)]


@pytest.fixture(autouse=True)
def nothing_left_over(stage):
    stage.mails()
    for key in stage.objects("QuarantineBucketName"):
        stage.emulator.client("s3").delete_object(
            Bucket=stage.outputs["QuarantineBucketName"], Key=key)


def about(mails, *words):
    """The mails that say all of this."""
    return [m for m in mails if all(word in m.subject + m.body for word in words)]


def state_items(stage) -> int:
    dynamodb = stage.emulator.client("dynamodb")
    return dynamodb.scan(TableName=stage.outputs["StateTableName"], Select="COUNT")["Count"]


def test_log_events_become_an_alert_once(stage):
    batch = [*ordinary(3), stop_logging("mallory")]
    stage.put_log_events(batch)
    (mail,) = about(stage.mails(), "mallory")
    for word in (account_of("mallory"), "us-east-1", "198.51.100.7"):
        assert word in mail.body, f"an on-call person looks for {word}"
    assert mail.attributes.keys() >= {"level", "rule_id", "account"}
    assert mail.attributes["account"] == account_of("mallory")
    assert mail.subject and len(mail.subject) < 100 and mail.subject.isascii()

    stage.put_log_events(batch)
    assert stage.mails() == [], "the same batch again is nothing new"


def test_an_event_of_the_bus_becomes_an_alert_and_the_log_path_adds_none(stage):
    event = stop_logging("trudy")
    run = stage.invoke("event-bus", bus_event(event))
    assert not run.failed, run.answer
    assert len(about(stage.mails(), "trudy")) == 1
    stage.put_log_events([event])
    assert stage.mails() == [], "both inputs carry the same event"


def test_an_event_that_lies_about_its_account_is_not_believed(stage):
    before = state_items(stage)
    stage.invoke("event-bus", bus_event(stop_logging("liar"), account="999999999999"))
    stage.invoke("event-bus", bus_event(stop_logging("liar"), source="com.example"))
    assert stage.mails() == []
    assert state_items(stage) == before


def test_another_log_group_is_not_processed_and_named(stage):
    before, name = state_items(stage), f"elsewhere-{uuid.uuid4().hex[:6]}"
    run = stage.invoke("log-batch", log_payload([stop_logging("outsider")], group=name))
    assert stage.mails() == [] and state_items(stage) == before
    assert name in run.log + json.dumps(run.answer), "it says which group it left"


def test_a_control_message_is_acknowledged(stage):
    payload = log_payload(["CWL CONTROL MESSAGE: Checking health of destination Lambda."],
                          kind="CONTROL_MESSAGE")
    run = stage.invoke("log-batch", payload)
    assert not run.failed, run.answer
    assert stage.mails() == []


def test_one_bad_record_does_not_cost_its_batch(stage):
    run = stage.invoke("log-batch", log_payload(
        [ordinary(1)[0], '{"eventName": "Cut', stop_logging("neighbour")]
    ))
    assert not run.failed, run.answer
    assert len(about(stage.mails(), "neighbour")) == 1
    kept = stage.objects("QuarantineBucketName")
    assert len(kept) == 1 and b"Cut" in b"".join(kept.values())
    assert sum(m.get("Quarantined", 0) for m in stage.metrics("log-batch")) == 1


def test_the_accounts_of_every_run_add_up(stage):
    stage.put_log_events([*ordinary(2), stop_logging("counted")])
    stage.invoke("event-bus", bus_event(stop_logging("counted-too")))
    for name in ("log-batch", "event-bus"):
        metrics = stage.metrics(name)
        assert metrics, f"{name} printed no metrics"
        for line in metrics:
            assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Trailward"
            assert line["Input"] == name
            assert line["Received"] == sum(
                line[c] for c in ("Evaluated", "DuplicateInBatch", "Ignored", "Quarantined")
            )
            assert line["Matched"] == sum(line[c] for c in (
                "Alerted", "Folded", "AlreadyKnown", "BelowThreshold", "Staged", "Excepted", "Failed",
            ))
            assert line["IdentitiesBroken"] == 0
            # The team's bucket was read under the function's own role.
            assert line["RulesRefused"] == 0


@pytest.mark.parametrize("function", ["log-batch", "event-bus"])
def test_without_its_table_a_function_fails_and_the_retry_loses_nothing(stage, function):
    event = stop_logging(f"retried-by-{function}")
    payload = log_payload([event]) if function == "log-batch" else bus_event(event)
    with stage.denied(function, "dynamodb:*"):
        run = stage.invoke(function, payload)
        assert run.failed, "a run without state must not count as done"
        assert stage.mails() == []
    run = stage.invoke(function, payload)
    assert not run.failed, run.answer
    assert len(about(stage.mails(), f"retried-by-{function}")) == 1


@pytest.mark.parametrize("function", ["log-batch", "event-bus"])
def test_without_its_topic_a_function_fails_and_the_retry_tells_it(stage, function):
    event = stop_logging(f"untold-by-{function}")
    payload = log_payload([event]) if function == "log-batch" else bus_event(event)
    with stage.denied(function, "sns:Publish"):
        assert stage.invoke(function, payload).failed, "an alert that nobody got is not done"
    # The lease of the attempt before has to end, as it has when Lambda retries.
    free_claims(stage)
    run = stage.invoke(function, payload)
    assert not run.failed, run.answer
    assert len(about(stage.mails(), f"untold-by-{function}")) == 1


def free_claims(stage) -> None:
    """Lets every unconfirmed lease end."""
    dynamodb, table = stage.emulator.client("dynamodb"), stage.outputs["StateTableName"]
    held = dynamodb.scan(TableName=table, FilterExpression="confirmed = :no",
                         ExpressionAttributeValues={":no": {"BOOL": False}})["Items"]
    assert held, "nothing was claimed"
    for item in held:
        dynamodb.update_item(TableName=table, Key={"pk": item["pk"], "sk": item["sk"]},
                             UpdateExpression="SET until_ms = :past",
                             ExpressionAttributeValues={":past": {"N": "0"}})


def test_without_its_quarantine_a_batch_comes_again_and_its_neighbours_are_told(stage):
    payload = log_payload(['{"eventName": "Unkept', stop_logging("neighbour-of-unkept")])
    with stage.denied("log-batch", "s3:PutObject"):
        assert stage.invoke("log-batch", payload).failed
    assert len(about(stage.mails(), "neighbour-of-unkept")) == 1
    assert not any(b"Unkept" in text for text in stage.objects("QuarantineBucketName").values())
    assert not stage.invoke("log-batch", payload).failed
    assert any(b"Unkept" in text for text in stage.objects("QuarantineBucketName").values())
    assert stage.mails() == []


def redrive(stage):
    return Redrive(stage.emulator.client, stage.outputs).run()


def invocation_record(payload: dict) -> str:
    """What Lambda keeps of an event that failed for good."""
    return json.dumps({
        "version": "1.0", "timestamp": ago(minutes=1),
        "requestContext": {"requestId": str(uuid.uuid4()), "condition": "RetriesExhausted",
                           "approximateInvokeCount": 3},
        "requestPayload": payload, "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorMessage": "the table was away"},
    })


def test_what_failed_for_good_is_fed_again(stage):
    s3, sqs = stage.emulator.client("s3"), stage.emulator.client("sqs")
    bucket, queues = stage.outputs["FailureBucketName"], stage.outputs
    batch = invocation_record(log_payload([stop_logging("redriven-batch")]))
    s3.put_object(Bucket=bucket, Key="aws/lambda/async/f/2026/03/04/batch", Body=batch.encode())
    failed, letter = (bus_event(stop_logging(f"redriven-{n}")) for n in ("failed", "letter"))
    sqs.send_message(QueueUrl=queues["EventBusFailureQueueUrl"], MessageBody=invocation_record(failed))
    sqs.send_message(QueueUrl=queues["EventBusDeadLetterQueueUrl"], MessageBody=json.dumps(letter))
    assert redrive(stage) == Tally(done=3, left=0)
    mails = stage.mails()
    for name in ("batch", "failed", "letter"):
        assert len(about(mails, f"redriven-{name}")) == 1
    assert stage.objects("FailureBucketName") == {}
    assert redrive(stage) == Tally(done=0, left=0)


def replay(stage):
    return Redrive(stage.emulator.client, stage.outputs).replay()


def test_quarantined_records_are_judged_once_they_can_be_read(stage):
    s3, bucket = stage.emulator.client("s3"), stage.outputs["QuarantineBucketName"]
    stage.invoke("log-batch", log_payload(['{"eventName": "Cut', stop_logging("whole")]))
    stage.invoke("event-bus", {"source": "aws.iam", "detail": "no record"})
    stage.mails()
    broken = stage.objects("QuarantineBucketName")
    assert len(broken) == 2
    # Still unreadable: each stays under its own name, and nothing is added.
    assert replay(stage) == Tally(done=0, left=2)
    assert stage.objects("QuarantineBucketName") == broken
    # As though a version were deployed that reads them: mended in place.
    log_key, bus_key = sorted(broken, key=lambda key: b"Cut" not in broken[key])
    assert broken[log_key] == b'{"eventName": "Cut'
    mended = json.dumps(stop_logging("mended-\n-in-log")).encode()
    s3.put_object(Bucket=bucket, Key=log_key, Body=mended, Metadata={"input": "log-batch", "texts": "1"})
    event = json.dumps(bus_event(stop_logging("mended-on-bus"))).encode()
    s3.put_object(Bucket=bucket, Key=bus_key, Body=event, Metadata={"input": "event-bus", "texts": "1"})
    lines = b"\n".join(json.dumps(e).encode() for e in [*ordinary(2), stop_logging("mended-in-lines")])
    s3.put_object(Bucket=bucket, Key="unreadable/l", Body=lines, Metadata={"texts": "3"})
    forged = bus_event(stop_logging("forged")) | {"source": "com.example"}
    s3.put_object(Bucket=bucket, Key="unreadable/f", Body=json.dumps(forged).encode(),
                  Metadata={"input": "event-bus"})
    assert replay(stage) == Tally(done=3, left=1)
    mails = stage.mails()
    for name in ("in-log", "mended-on-bus", "mended-in-lines"):
        assert len(about(mails, name)) == 1, name
    assert about(mails, "forged") == []
    assert stage.objects("QuarantineBucketName").keys() == {"unreadable/f"}
    s3.delete_object(Bucket=bucket, Key="unreadable/f")
    # Fed twice, told once.
    s3.put_object(Bucket=bucket, Key=log_key, Body=mended, Metadata={"input": "log-batch", "texts": "1"})
    assert replay(stage) == Tally(done=1, left=0)
    assert stage.mails() == []


def test_what_fails_again_or_is_unreadable_stays(stage):
    s3, bucket = stage.emulator.client("s3"), stage.outputs["FailureBucketName"]
    batch = invocation_record(log_payload([stop_logging("stays")]))
    s3.put_object(Bucket=bucket, Key="good", Body=batch.encode())
    s3.put_object(Bucket=bucket, Key="bad", Body=b'{"requestContext": {}}')
    with stage.denied("log-batch", "dynamodb:*"):
        assert redrive(stage) == Tally(done=0, left=2)
    assert stage.objects("FailureBucketName").keys() == {"good", "bad"}
    assert redrive(stage) == Tally(done=1, left=1)
    assert len(about(stage.mails(), "stays")) == 1
    s3.delete_object(Bucket=bucket, Key="bad")


@pytest.mark.parametrize("alarm", ["trailward-log-batch-silence", "cis-root-account-usage"])
def test_an_alarm_reaches_the_subscribers(stage, alarm):
    stage.emulator.client("cloudwatch").set_alarm_state(
        AlarmName=alarm, StateValue="ALARM", StateReason="a test"
    )
    assert len(about(stage.mails(), alarm)) == 1


# The week before the run of Monday 2026-03-09 07:00 UTC.
SCHEDULED = {"time": "2026-03-09T07:00:00Z"}
COUNTS = {
    "Root account sign-ins": 2,
    "Console sign-ins without MFA": 3,
    "Privilege escalation attempts": 4,
    "CloudTrail configuration changes": 1,
    "Security group modifications": 5,
    "Unauthorised API calls": 11,
}


def week() -> list[dict]:
    """Records of that week with known counts, some delivered twice, some a day before it."""
    when, early = "2026-03-04T10:00:{:02}Z", "2026-02-28T23:59:59Z"
    user = {"type": "IAMUser", "userName": "admin-user", "accountId": trail_files.ACCOUNT,
            "arn": f"arn:aws:iam::{trail_files.ACCOUNT}:user/admin-user"}
    root = trail_files.root_identity()
    iam, ec2 = "iam.amazonaws.com", "ec2.amazonaws.com"
    chain = ["CreatePolicyVersion", "AttachRolePolicy", "PutUserPolicy", "CreateAccessKey"]
    records = [
        *(trail_files.sign_in(when.format(n), user=root) for n in range(2)),
        *(trail_files.sign_in(when.format(n), user=user, mfa="No", sourceIPAddress="203.0.113.50")
          for n in range(3)),
        trail_files.sign_in(when.format(9), user=user, mfa="No", success=False),
        *(trail_files.record(name, iam, when.format(10 + n)) for n, name in enumerate(chain)),
        trail_files.record("UpdateTrail", "cloudtrail.amazonaws.com", when.format(20)),
        *(trail_files.record("AuthorizeSecurityGroupIngress", ec2, when.format(30 + n))
          for n in range(5)),
        *(trail_files.record("GetObject", "s3.amazonaws.com", when.format(40 + n),
                             errorCode="AccessDenied") for n in range(11)),
        *(trail_files.record("DescribeInstances", ec2, when.format(n)) for n in range(20)),
        trail_files.record("StopLogging", "cloudtrail.amazonaws.com", early),
    ]
    return records


@pytest.fixture(scope="module")
def trail(stage):
    records = week()
    trail_files.put(stage.emulator, records, day="2026/03/04")
    trail_files.put(stage.emulator, records[:10], day="2026/03/04")
    trail_files.put(stage.emulator, records[-1:], day="2026/02/28")


def test_the_report_counts_what_lies_in_the_trail(stage, trail):
    run = stage.invoke("weekly-report", SCHEDULED)
    assert not run.failed, run.answer
    (mail,) = stage.mails()
    for label, count in COUNTS.items():
        line = next((line for line in mail.body.splitlines() if label in line), None)
        assert line is not None, f"{label} is missing in:\n{mail.body}"
        assert line.split()[-1] == str(count), line
    assert "CT-001" in mail.body
    assert "CreatePolicyVersion -> AttachRolePolicy" in mail.body
    assert "203.0.113.50" in mail.body and "admin-user" in mail.body
    assert deploy.TRAIL_NAME in mail.body
    reports = {k: v for k, v in stage.objects("ReportBucketName").items() if k.startswith("reports/")}
    assert [v.decode() for v in reports.values()] == [mail.body]
    states = {q.state for q in stage.athena.queries.values()}
    assert states == {"SUCCEEDED"}, "every statement ran"


def test_a_schedule_that_fires_twice_reports_once_and_asks_once(stage, trail):
    asked = len(stage.athena.queries)
    run = stage.invoke("weekly-report", SCHEDULED)
    assert not run.failed, run.answer
    assert stage.mails() == []
    assert len(stage.athena.queries) == asked, "the queries of the first run were found again"


def test_a_failed_query_is_a_missing_section_not_a_missing_report(stage, trail):
    stage.athena.fail_with["HAVING"] = "GENERIC_INTERNAL_ERROR: out of luck"
    try:
        run = stage.invoke("weekly-report", {"time": "2026-03-16T07:00:00Z"})
    finally:
        stage.athena.fail_with.clear()
    assert not run.failed, run.answer
    (mail,) = stage.mails()
    assert "out of luck" in mail.body


def test_the_template_under_test_is_whole(stage):
    resources = stage.emulator.client("cloudformation").get_paginator("list_stack_resources")
    kinds = {
        r["ResourceType"] for page in resources.paginate(StackName=deploy.STACK)
        for r in page["StackResourceSummaries"]
    }
    assert not kinds & deploy.LEFT_OUT.keys()
    assert {"AWS::Logs::SubscriptionFilter", "AWS::Scheduler::Schedule", "AWS::Events::Rule",
            "AWS::Lambda::EventInvokeConfig", "AWS::CloudWatch::Alarm", "AWS::Glue::Table"} <= kinds
