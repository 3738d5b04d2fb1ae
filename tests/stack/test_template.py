"""What the template promises of rights, secrecy and loss."""

import json
import re

import pytest

from matchers import event_matches
from template import ROOT, created, existing

TEMPLATES = {"existing": existing(), "created": created()}

# Every wildcard that stands in an Allow statement, with the reason.
WILDCARDS = {
    ("AlertKey", "Administration"): "a key policy speaks of its own key; without it nobody manages it",
    ("AlertKey", "AlarmsAndEvents"): "a key policy speaks of its own key; AWS documents the star",
    ("TrailKey", "Administration"): "a key policy speaks of its own key; without it nobody manages it",
    ("TrailKey", "TrailEncrypts"): "a key policy speaks of its own key; AWS documents the star",
    ("TrailKey", "TrailDescribes"): "a key policy speaks of its own key",
    ("TrailKey", "LogGroup"): "a key policy speaks of its own key; AWS documents the stars",
}

# `TRAILWARD_*` variables that the functions read.
SETTINGS = {
    "TRAILWARD_TABLE", "TRAILWARD_TOPIC_ARN", "TRAILWARD_LOG_GROUPS",
    "TRAILWARD_QUARANTINE_BUCKET", "TRAILWARD_REPORT_BUCKET", "TRAILWARD_RULES_BUCKET",
    "TRAILWARD_WORKGROUP", "TRAILWARD_DATABASE", "TRAILWARD_TRAIL_TABLE",
    "TRAILWARD_TRAIL_LOCATION", "TRAILWARD_TRAIL_NAME", "TRAILWARD_ACCOUNT_NAMES",
    "TRAILWARD_LANGUAGE", "TRAILWARD_WATCHED_ACCOUNTS", "TRAILWARD_ACCOUNT_SILENCE_MINUTES",
}

COUNTERS = [
    "Received", "Evaluated", "DuplicateInBatch", "Ignored", "Quarantined", "Matched", "Alerted",
    "Folded", "AlreadyKnown", "BelowThreshold", "Staged", "Excepted", "Failed",
    "IdentitiesBroken", "RulesRefused", "RuleFaults", "RefusedInput", "Summarised", "DelaySeconds", "ProcessingSeconds", "StateWrites",
    "SilentAccounts",
]


@pytest.fixture(params=TEMPLATES, ids=str)
def template(request):
    return TEMPLATES[request.param]


def listed(value) -> list:
    return value if isinstance(value, list) else [value]


def statements(template):
    """Every policy statement: resource, statement."""
    for name, resource in template.resources().items():
        properties = resource["Properties"]
        documents = [properties.get(k) for k in ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")]
        for policy in properties.get("Policies", []):
            documents.append(policy.get("PolicyDocument", policy))
        for document in filter(None, documents):
            for statement in document["Statement"]:
                yield name, statement


def is_broad(resource: str) -> bool:
    """A resource that names nothing: `*`, or a star before the service's own name ends."""
    parts = resource.split(":", 5)
    return resource == "*" or (len(parts) == 6 and (parts[5].startswith("*") or "*" in "".join(parts[:5])))


def test_no_wildcard_without_a_reason(template):
    for name, statement in statements(template):
        if statement["Effect"] != "Allow":
            continue
        broad = [a for a in listed(statement["Action"]) if "*" in a]
        broad += [r for r in listed(statement.get("Resource", [])) if is_broad(r)]
        if broad:
            assert (name, statement.get("Sid")) in WILDCARDS, f"{name}: {broad} in {statement}"


def test_every_listed_wildcard_is_still_there():
    there = {(name, s.get("Sid")) for name, s in statements(TEMPLATES["created"])}
    assert WILDCARDS.keys() <= there


def test_no_function_gets_a_role_or_policy_that_is_not_written_here(template):
    for name, function in template.resources("AWS::Serverless::Function").items():
        assert function["Properties"]["Role"].removesuffix(".Arn") in template.resources("AWS::IAM::Role"), name
        assert "Policies" not in function["Properties"], name
    for name, role in template.resources("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role["Properties"], name


def test_nobody_outside_is_allowed_anything(template):
    for name, statement in statements(template):
        if statement["Effect"] == "Allow" and "Principal" in statement:
            principal = statement["Principal"]
            assert principal != "*" and principal.get("AWS", "") != "*", name
            if "AWS" in principal:
                assert principal["AWS"] == "arn:aws:iam::123456789012:root", name


def test_the_key_lets_alarms_and_events_publish(template):
    assert template.properties("AlertTopic")["KmsMasterKeyId"] == "AlertKey"
    admitted = {}
    for statement in template.properties("AlertKey")["KeyPolicy"]["Statement"]:
        for service in listed(statement["Principal"].get("Service", [])):
            assert "Condition" not in statement, "a condition here has stopped alarms before"
            admitted.setdefault(service, set()).update(listed(statement["Action"]))
    for service in ("cloudwatch.amazonaws.com", "events.amazonaws.com"):
        assert admitted[service] >= {"kms:Decrypt", "kms:GenerateDataKey*"}
    publishers = {
        service
        for s in template.properties("AlertTopicPolicy")["PolicyDocument"]["Statement"]
        if s["Effect"] == "Allow"
        for service in listed(s["Principal"]["Service"])
    }
    assert publishers == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}


def test_the_table_expires_recovers_and_is_encrypted(template):
    table = template.properties("StateTable")
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert {k["AttributeName"]: k["KeyType"] for k in table["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"] is True


def test_buckets_are_private_encrypted_and_tls_only(template):
    buckets = template.resources("AWS::S3::Bucket")
    assert {"ReportBucket", "QuarantineBucket", "FailureBucket", "RulesBucket"} <= buckets.keys()
    policies = {p["Properties"]["Bucket"]: p["Properties"]["PolicyDocument"]["Statement"]
                for p in template.resources("AWS::S3::BucketPolicy").values()}
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        block = properties["PublicAccessBlockConfiguration"]
        assert len(block) == 4 and all(v is True for v in block.values()), name
        (rule,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("AES256", "aws:kms"), name
        assert properties["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}], name
        assert properties["VersioningConfiguration"]["Status"] == "Enabled", name
        assert properties["LifecycleConfiguration"]["Rules"], name
        assert bucket["DeletionPolicy"] == "Retain", name
        assert any(
            s["Effect"] == "Deny" and s["Principal"] == "*" and s["Action"] == "s3:*"
            and set(s["Resource"]) == {f"{name}.Arn", f"{name}.Arn/*"}
            and s["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for s in policies[name]
        ), f"{name} takes requests without TLS"


def test_the_rules_bucket_has_one_writer():
    policy = TEMPLATES["created"].properties("RulesBucketPolicy")["PolicyDocument"]
    writer = next(s for s in policy["Statement"] if s["Sid"] == "OneWriter")
    assert set(writer["Action"]) == {"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"}
    assert writer["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/rules"}
    }


def test_every_function_reads_the_teams_rules_and_none_writes_them(template):
    for name, function in template.resources("AWS::Serverless::Function").items():
        variables = function["Properties"]["Environment"]["Variables"]
        assert variables["TRAILWARD_RULES_BUCKET"] == "RulesBucket", name
        role = template.properties(function["Properties"]["Role"].removesuffix(".Arn"))
        allowed = {
            (action, resource)
            for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]
            for action in listed(s["Action"]) for resource in listed(s["Resource"])
            if "RulesBucket" in resource
        }
        assert allowed == {("s3:GetObject", "RulesBucket.Arn/*"), ("s3:ListBucket", "RulesBucket.Arn")}, name


def test_nothing_fails_into_the_void(template):
    resources = template.resources()
    queues = template.resources("AWS::SQS::Queue")
    for name, rule in template.resources("AWS::Events::Rule").items():
        for target in rule["Properties"]["Targets"]:
            assert target["DeadLetterConfig"]["Arn"].split(".")[0] in queues, name
    for name, schedule in template.resources("AWS::Scheduler::Schedule").items():
        assert schedule["Properties"]["Target"]["DeadLetterConfig"]["Arn"].split(".")[0] in queues, name
        assert schedule["Properties"]["FlexibleTimeWindow"] == {"Mode": "OFF"}, name
    destinations = {
        c["Properties"]["FunctionName"]: c["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        for c in template.resources("AWS::Lambda::EventInvokeConfig").values()
    }
    assert destinations.keys() == template.resources("AWS::Serverless::Function").keys()
    kinds = {f: resources[d.split(".")[0]]["Type"] for f, d in destinations.items()}
    assert kinds["LogBatchFunction"] == "AWS::S3::Bucket", "a queue drops a batch of this size"
    assert kinds["EventBusFunction"] == "AWS::SQS::Queue"


def test_a_function_may_write_to_its_own_destination(template):
    for config in template.resources("AWS::Lambda::EventInvokeConfig").values():
        function = template.properties(config["Properties"]["FunctionName"])
        role = template.properties(function["Role"].removesuffix(".Arn"))
        destination = config["Properties"]["DestinationConfig"]["OnFailure"]["Destination"]
        allowed = {
            (action, resource)
            for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]
            for action in listed(s["Action"]) for resource in listed(s["Resource"])
        }
        assert ("sqs:SendMessage", destination) in allowed or {
            ("s3:PutObject", f"{destination}/*"), ("s3:ListBucket", destination)
        } <= allowed


def test_queues_are_encrypted_kept_two_weeks_and_alarmed(template):
    alarmed = {
        d["Value"].split(".")[0]
        for a in template.resources("AWS::CloudWatch::Alarm").values()
        for d in a["Properties"].get("Dimensions", []) if d["Name"] == "QueueName"
    }
    for name, queue in template.resources("AWS::SQS::Queue").items():
        assert queue["Properties"]["SqsManagedSseEnabled"] is True, name
        assert queue["Properties"]["MessageRetentionPeriod"] == 1209600, name
        assert name in alarmed, f"nobody hears of messages in {name}"


def test_every_log_group_forgets(template):
    for name, group in template.resources("AWS::Logs::LogGroup").items():
        assert int(group["Properties"]["RetentionInDays"]) > 0, name
    for name, function in template.resources("AWS::Serverless::Function").items():
        assert function["Properties"]["LoggingConfig"]["LogGroup"] in template.resources("AWS::Logs::LogGroup"), name


def test_alarms_on_everything_that_can_go_wrong(template):
    alarms = [a["Properties"] for a in template.resources("AWS::CloudWatch::Alarm").values()]
    seen = {(a["Namespace"], a["MetricName"], d["Value"]) for a in alarms for d in a.get("Dimensions", [])}
    wanted = {
        ("AWS/Lambda", metric, function)
        for function in ("LogBatchFunction", "EventBusFunction", "WeeklyReportFunction")
        for metric in ("Errors", "Throttles", "AsyncEventAge", "AsyncEventsDropped", "DestinationDeliveryFailures")
    } | {
        ("Trailward", metric, function)
        for function in ("log-batch", "event-bus")
        for metric in ("Received", "Quarantined", "Failed", "IdentitiesBroken", "RulesRefused",
                       "RuleFaults", "RefusedInput")
    } | {
        ("AWS/Logs", "DeliveryErrors", "cloudtrail-org"),
        ("AWS/Events", "InvocationsFailedToBeSentToDlq", "EventBusRule"),
        ("AWS/SNS", "NumberOfNotificationsFailed", "AlertTopic.TopicName"),
    }
    assert wanted <= seen, wanted - seen
    for alarm in alarms:
        assert alarm["AlarmActions"] == ["AlertTopic"], alarm["AlarmName"]
        silence = alarm["MetricName"] == "Received"
        assert alarm["TreatMissingData"] == ("breaching" if silence else "notBreaching"), alarm["AlarmName"]
        assert alarm["Period"] * alarm["EvaluationPeriods"] <= 86400, alarm["AlarmName"]
    names = [a["AlarmName"] for a in alarms]
    assert len(names) == len(set(names))


def test_silence_of_a_disabled_bus_is_no_alarm():
    assert "EventBusSilenceAlarm" not in existing(EventBusRuleState="DISABLED").resources()
    assert existing(LogSilenceMinutes="30").properties("LogBatchSilenceAlarm")["Period"] == 1800


def test_silence_of_a_watched_account_is_an_alarm_where_accounts_are_listed():
    assert "AccountSilenceAlarm" not in existing().resources()
    watching = existing(WatchedAccounts="111122223333,444455556666", AccountSilenceMinutes="60")
    alarm = watching.properties("AccountSilenceAlarm")
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == ("SilentAccounts", "Maximum", 0)
    assert alarm["Dimensions"] == [{"Name": "Input", "Value": "log-batch"}]
    told = watching.properties("LogBatchFunction")["Environment"]["Variables"]
    assert told["TRAILWARD_WATCHED_ACCOUNTS"] == "111122223333,444455556666"
    assert told["TRAILWARD_ACCOUNT_SILENCE_MINUTES"] == "60"
    pattern = watching.raw["Parameters"]["WatchedAccounts"]["AllowedPattern"]
    for right in ("", "111122223333", "111122223333,444455556666", "111122223333, 444455556666"):
        assert re.fullmatch(pattern, right), right
    for wrong in ("prod", "11112222333", "111122223333,"):
        assert not re.fullmatch(pattern, wrong), wrong


def test_a_failed_batch_is_announced(template):
    rule = template.properties("FailedBatchRule")
    event = {
        "source": "aws.s3", "detail-type": "Object Created",
        "detail": {"bucket": {"name": "FailureBucket"}, "object": {"key": "k"}},
    }
    assert event_matches(rule["EventPattern"], event)
    event["detail"]["bucket"]["name"] = "ReportBucket"
    assert not event_matches(rule["EventPattern"], event)
    notify = template.properties("FailureBucket")["NotificationConfiguration"]
    assert notify["EventBridgeConfiguration"]["EventBridgeEnabled"] is True


BUS_TYPES = [
    "AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail",
    "AWS Console Signin via CloudTrail", "AWS Service Event via CloudTrail",
    "AWS Console Action via CloudTrail", "AWS Insight via CloudTrail",
]


@pytest.mark.parametrize("detail_type", BUS_TYPES)
def test_the_bus_rule_takes_cloudtrail_events(template, detail_type):
    pattern = template.properties("EventBusRule")["EventPattern"]
    assert len(json.dumps(pattern)) <= 2048
    assert event_matches(pattern, {"source": "aws.iam", "detail-type": detail_type})
    assert not event_matches(pattern, {"source": "com.example", "detail-type": detail_type})


def test_the_bus_rule_leaves_other_events(template):
    rule = template.properties("EventBusRule")
    other = {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification"}
    assert not event_matches(rule["EventPattern"], other)
    assert rule["State"] == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


def test_the_subscription_takes_everything(template):
    for name, subscription in template.resources("AWS::Logs::SubscriptionFilter").items():
        assert subscription["Properties"]["FilterPattern"] == "", name
        permission = template.properties(subscription["DependsOn"])
        assert permission["Principal"] == "logs.amazonaws.com"
        assert permission["SourceAccount"] == "123456789012"
    both = TEMPLATES["created"].properties("LogBatchFunction")["Environment"]["Variables"]
    assert both["TRAILWARD_LOG_GROUPS"] == "cloudtrail-org,aws/cloudtrail/managementevents"


def test_functions_are_told_what_they_read(template):
    shared = template.resolve(template.raw["Globals"]["Function"]["Environment"]["Variables"])
    told = set(shared)
    for name, function in template.resources("AWS::Serverless::Function").items():
        own = function["Properties"]["Environment"]["Variables"]
        assert not own.keys() & shared.keys(), name
        told |= own.keys()
    assert told == SETTINGS


def test_functions_run_what_make_build_lays_out(template):
    names = {"LogBatchFunction": "log-batch", "EventBusFunction": "event-bus", "WeeklyReportFunction": "weekly-report"}
    for name, function in template.resources("AWS::Serverless::Function").items():
        assert function["Properties"]["CodeUri"] == f"build/{names[name]}/"
    assert template.raw["Globals"]["Function"]["Runtime"] == "provided.al2023"
    makefile = (ROOT / "Makefile").read_text()
    assert "FUNCTIONS := log-batch event-bus weekly-report" in makefile


def test_a_claim_ends_before_the_first_retry(template):
    for name in ("LogBatchFunction", "EventBusFunction"):
        assert template.properties(name)["Timeout"] < 60


def test_the_counters_are_those_that_the_code_prints():
    code = (ROOT / "shared" / "pipeline" / "src" / "accounts.rs").read_text()
    printed = set(re.findall(r'count\("(\w+)"', code)) | set(re.findall(r'"(\w+Seconds)"', code))
    assert printed == set(COUNTERS)


def test_the_dashboard_shows_every_counter(template):
    body = json.loads(template.properties("Dashboard")["DashboardBody"])
    text = json.dumps(body)
    for counter in COUNTERS:
        assert f'"{counter}"' in text, counter


def test_a_forgotten_bucket_name_is_refused():
    rule = TEMPLATES["existing"].raw["Rules"]["ExistingTrailHasBucket"]
    (assertion,) = rule["Assertions"]
    assert not existing().holds(rule["RuleCondition"]) or existing().holds(assertion["Assert"])
    from template import Template

    assert not Template().holds(assertion["Assert"])
