"""The trail, the CIS filters and the saved queries that stand without any function."""

import pytest
import sqlglot
from sqlglot import exp

import cis
from matchers import log_matches
from template import created, existing

CREATED = created()
EXISTING = existing()
FILTERS = {f.number: f for f in [*cis.FILTERS, cis.ORGANIZATIONS]}


def test_fourteen_filters_and_one_more_by_parameter():
    assert len(cis.FILTERS) == 14
    assert len(EXISTING.resources("AWS::Logs::MetricFilter")) == 14
    assert len(CREATED.resources("AWS::Logs::MetricFilter")) == 15
    assert not existing(CisFilters="no").resources("AWS::Logs::MetricFilter")


@pytest.mark.parametrize("number", FILTERS)
def test_filter_and_alarm_are_as_in_the_table(number):
    wanted = FILTERS[number]
    there = CREATED.properties(f"Cis{wanted.resource}Filter")
    assert there["FilterPattern"] == wanted.pattern
    assert there["FilterName"] == wanted.filter_name
    assert there["MetricTransformations"] == [
        {"MetricNamespace": "CISBenchmark", "MetricName": wanted.metric_name, "MetricValue": "1"}
    ]
    assert len(wanted.pattern) <= 1024
    alarm = CREATED.properties(f"Cis{wanted.resource}Alarm")
    assert (alarm["Namespace"], alarm["MetricName"]) == ("CISBenchmark", wanted.metric_name)
    assert alarm["AlarmName"] == f"cis-{wanted.filter_name}"
    assert (alarm["Statistic"], alarm["Period"]) == ("Sum", 300)
    assert alarm["Threshold"] == wanted.threshold
    assert alarm["ComparisonOperator"] == wanted.operator


def record(name="DescribeInstances", source="ec2.amazonaws.com", **more):
    return {
        "eventName": name, "eventSource": source, "eventType": "AwsApiCall",
        "sourceIPAddress": "198.51.100.7",
        "userIdentity": {"type": "IAMUser", "userName": "ann"},
    } | more


DENIED = {"errorCode": "AccessDenied"}
SIGNIN = {
    "additionalEventData": {"MFAUsed": "No"}, "responseElements": {"ConsoleLogin": "Success"},
}
ROLE = {
    "type": "AssumedRole",
    "sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::111122223333:role/deploy"}},
}
SERVICE_ROLE = {
    "type": "AssumedRole",
    "sessionContext": {
        "sessionIssuer": {
            "arn": "arn:aws:iam::111122223333:role/aws-service-role/"
                   "config.amazonaws.com/AWSServiceRoleForConfig"
        }
    },
}
ROOT = {"type": "Root"}

HITS = [
    ("3.1", record(**DENIED)),
    ("3.1", record(errorCode="AccessDeniedException")),
    ("3.1", record(errorCode="Client.UnauthorizedOperation")),
    ("3.1", record(**DENIED, userIdentity=ROLE)),
    ("3.1", record(**DENIED, userIdentity={})),
    ("3.2", record("ConsoleLogin", "signin.amazonaws.com", **SIGNIN)),
    ("3.3", record(userIdentity=ROOT)),
    ("3.4", record("AttachRolePolicy", "iam.amazonaws.com")),
    ("3.5", record("StopLogging", "cloudtrail.amazonaws.com")),
    ("3.5", record("PutEventSelectors", "cloudtrail.amazonaws.com")),
    ("3.6", record("ConsoleLogin", "signin.amazonaws.com", errorMessage="Failed authentication")),
    ("3.7", record("ScheduleKeyDeletion", "kms.amazonaws.com")),
    ("3.8", record("PutBucketPolicy", "s3.amazonaws.com")),
    ("3.9", record("StopConfigurationRecorder", "config.amazonaws.com")),
    ("3.10", record("AuthorizeSecurityGroupIngress")),
    ("3.11", record("CreateNetworkAclEntry")),
    ("3.12", record("AttachInternetGateway")),
    ("3.13", record("ReplaceRoute")),
    ("3.14", record("AcceptVpcPeeringConnection")),
    ("4.15", record("LeaveOrganization", "organizations.amazonaws.com")),
]
MISSES = [
    ("3.1", record()),
    ("3.1", record(**DENIED, userIdentity={"type": "AWSService"})),
    ("3.1", record(**DENIED, userIdentity=SERVICE_ROLE)),
    ("3.1", record(**DENIED, sourceIPAddress="delivery.logs.amazonaws.com")),
    ("3.1", record("HeadBucket", **DENIED)),
    ("3.2", record("ConsoleLogin", **SIGNIN, userIdentity={"type": "AssumedRole"})),
    ("3.2", record("ConsoleLogin", **SIGNIN | {"responseElements": {"ConsoleLogin": "Failure"}})),
    ("3.2", record("ConsoleLogin", **SIGNIN | {"additionalEventData": {"MFAUsed": "Yes"}})),
    ("3.3", record(userIdentity=ROOT | {"invokedBy": "support.amazonaws.com"})),
    ("3.3", record(userIdentity=ROOT, eventType="AwsServiceEvent")),
    ("3.7", record("DisableKey", "example.amazonaws.com")),
    ("3.8", record("PutBucketPolicy", "s3-outposts.amazonaws.com")),
    ("4.15", record("CreatePolicy", "iam.amazonaws.com")),
]


@pytest.mark.parametrize(("number", "event"), HITS)
def test_filter_takes(number, event):
    assert log_matches(FILTERS[number].pattern, event)


@pytest.mark.parametrize(("number", "event"), MISSES)
def test_filter_leaves(number, event):
    assert not log_matches(FILTERS[number].pattern, event)


def test_each_filter_has_an_event_and_leaves_an_ordinary_one():
    assert {number for number, _ in HITS} == FILTERS.keys()
    for wanted in FILTERS.values():
        assert not log_matches(wanted.pattern, record()), wanted.number


# Columns, order and limit of the five queries, as a reader expects them.
QUERIES = {
    "SigninWithoutMfaQuery": (["eventtime", "username", "sourceipaddress", "arn"], "eventtime", None),
    "PrivilegeEscalationQuery": (["eventtime", "arn", "eventname", "errorcode", "sourceipaddress"], "eventtime", "100"),
    "TrailTamperingQuery": (["eventtime", "arn", "eventname", "requestparameters", "sourceipaddress"], "eventtime", None),
    "UnusualAddressQuery": (["eventtime", "arn", "eventname", "sourceipaddress", "awsregion"], "eventtime", "200"),
    "DeniedCallsQuery": (["arn", "eventname", "denied_count"], "denied_count", None),
}


@pytest.mark.parametrize("name", QUERIES)
def test_saved_query_parses_as_athena_and_names_its_partitions(name):
    columns, order, limit = QUERIES[name]
    sql = EXISTING.properties(name)["QueryString"]
    query = sqlglot.parse_one(sql, read="athena")
    assert query.named_selects == columns
    (ordered,) = query.args["order"].expressions
    assert ordered.this.name == order and ordered.args["desc"] is True
    found = query.args.get("limit")
    assert (found.expression.name if found else None) == limit
    where = query.args["where"]
    injected = {c.this.name for c in where.find_all(exp.In) if not isinstance(c.this, exp.Dot)}
    assert {"account", "region"} <= injected
    assert "eventid" in sql, "a trail may hold an event twice"


def test_five_saved_queries_over_the_accounts_given():
    assert EXISTING.resources("AWS::Athena::NamedQuery").keys() == QUERIES.keys()
    assert not existing(SavedQueries="no").resources("AWS::Athena::NamedQuery")
    chosen = existing(QueryAccounts="111122223333,444455556666", QueryRegions="us-east-1,eu-west-1")
    sql = chosen.properties("TrailTamperingQuery")["QueryString"]
    assert "account IN ('111122223333', '444455556666')" in sql
    assert "region IN ('us-east-1', 'eu-west-1')" in sql
    assert "account IN ('123456789012')" in EXISTING.properties("TrailTamperingQuery")["QueryString"]


def test_three_insights_queries_over_the_trails_log_group():
    queries = {q["Properties"]["Name"]: q["Properties"]
               for q in EXISTING.resources("AWS::Logs::QueryDefinition").values()}
    wanted = {
        "trailward/Root account usage": ["eventName", "sourceIPAddress", "userAgent"],
        "trailward/Security group changes":
            ["userIdentity.arn", "eventName", "requestParameters.groupId", "sourceIPAddress"],
        "trailward/New IAM users and credentials":
            ["userIdentity.arn", "eventName", "requestParameters.userName", "sourceIPAddress"],
    }
    assert queries.keys() == wanted.keys()
    for name, fields in wanted.items():
        lines = queries[name]["QueryString"].strip().split("\n")
        assert lines[0] == "fields @timestamp, " + ", ".join(fields)
        assert lines[-1] == "| sort @timestamp desc"
        assert queries[name]["LogGroupNames"] == ["cloudtrail-org"]
    changes = queries["trailward/Security group changes"]["QueryString"]
    for event in ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
                  "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress", "CreateSecurityGroup"):
        assert f'"{event}"' in changes
    assert "not ispresent(userIdentity.invokedBy)" in queries["trailward/Root account usage"]["QueryString"]


COLUMNS = [
    "eventversion", "useridentity", "eventtime", "eventsource", "eventname", "awsregion",
    "sourceipaddress", "useragent", "errorcode", "errormessage", "requestparameters",
    "responseelements", "additionaleventdata", "requestid", "eventid", "readonly", "resources",
    "eventtype", "apiversion", "recipientaccountid", "sharedeventid", "vpcendpointid",
    "serviceeventdetails", "vpcendpointaccountid", "eventcategory", "addendum",
    "sessioncredentialfromconsole", "edgedevicedetails", "tlsdetails",
]


def test_the_table_declares_the_trail():
    table = EXISTING.properties("TrailTable")["TableInput"]
    storage = table["StorageDescriptor"]
    columns = {c["Name"]: c["Type"] for c in storage["Columns"]}
    assert columns.keys() == set(COLUMNS)
    # The input format hands these over as JSON text.
    for name in ("requestparameters", "responseelements", "additionaleventdata"):
        assert columns[name] == "string"
    assert columns["resources"].startswith("array<struct<")
    assert storage["InputFormat"] == "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.apache.hive.hcatalog.data.JsonSerDe"
    assert [k["Name"] for k in table["PartitionKeys"]] == ["account", "region", "day"]


@pytest.mark.parametrize(("template", "layout"), [
    (existing(), "s3://trail-bucket/AWSLogs/"),
    (existing(OrganizationId="o-exampleorg1"), "s3://trail-bucket/AWSLogs/o-exampleorg1/"),
    (existing(TrailBucketPrefix="a/b"), "s3://trail-bucket/a/b/AWSLogs/"),
    (created(), "s3://TrailBucket/AWSLogs/o-exampleorg1/"),
])
def test_partitions_follow_the_layout_of_the_bucket(template, layout):
    table = template.properties("TrailTable")["TableInput"]
    parameters = table["Parameters"]
    assert parameters["storage.location.template"] == layout + "${account}/CloudTrail/${region}/${day}/"
    assert table["StorageDescriptor"]["Location"] == layout
    told = template.properties("WeeklyReportFunction")["Environment"]["Variables"]
    assert told["TRAILWARD_TRAIL_LOCATION"] == layout
    # `enum` would hide what came after the list was written.
    assert parameters["projection.account.type"] == parameters["projection.region.type"] == "injected"
    assert parameters["projection.day.type"] == "date"
    assert parameters["projection.day.range"] == "2013/11/01,NOW+1DAYS"


def test_the_workgroup_bounds_a_query_and_encrypts_its_result():
    configuration = EXISTING.properties("AthenaWorkGroup")["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 107374182400
    result = configuration["ResultConfiguration"]
    assert result["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert result["OutputLocation"] == "s3://ReportBucket/athena/"


def test_a_created_trail_records_everything():
    trail = CREATED.properties("Trail")
    for switch in ("IsLogging", "IsMultiRegionTrail", "IncludeGlobalServiceEvents",
                   "IsOrganizationTrail", "EnableLogFileValidation"):
        assert trail[switch] is True, switch
    assert trail["TrailName"] == "org-security-trail"
    assert trail["KMSKeyId"] == "TrailKey.Arn"
    assert trail["CloudWatchLogsLogGroupArn"] == "TrailLogGroup.Arn"
    kinds = {
        s["Name"]: {f["Field"]: f for f in s["FieldSelectors"]} for s in trail["AdvancedEventSelectors"]
    }
    assert kinds["ManagementEvents"]["eventCategory"]["Equals"] == ["Management"]
    for name, resource in (("S3DataEvents", "AWS::S3::Object"), ("TrailBucketDataEvents", "AWS::S3::Object"),
                           ("LambdaDataEvents", "AWS::Lambda::Function")):
        assert kinds[name]["eventCategory"]["Equals"] == ["Data"]
        assert kinds[name]["resources.type"]["Equals"] == [resource]
    assert CREATED.properties("TrailBucket")["BucketName"] == "cloudtrail-logs-org-123456789012"
    assert CREATED.properties("TrailKeyAlias")["AliasName"] == "alias/cloudtrail-key"
    assert CREATED.properties("TrailLogRole")["RoleName"] == "CloudTrailCloudWatchRole"


def test_only_this_trail_may_write_to_its_bucket_and_key():
    arn = "arn:aws:cloudtrail:us-east-1:123456789012:trail/org-security-trail"
    statements = CREATED.properties("TrailBucketPolicy")["PolicyDocument"]["Statement"]
    statements += CREATED.properties("TrailKey")["KeyPolicy"]["Statement"]
    for statement in statements:
        principal = statement["Principal"]
        if statement["Effect"] == "Allow" and principal == {"Service": "cloudtrail.amazonaws.com"}:
            assert statement["Condition"]["StringEquals"]["aws:SourceArn"] == arn, statement["Sid"]
    writes = {s["Sid"]: s["Resource"] for s in statements if s["Action"] == "s3:PutObject"}
    assert writes == {
        "TrailWrites": "TrailBucket.Arn/AWSLogs/123456789012/*",
        "OrganizationTrailWrites": "TrailBucket.Arn/AWSLogs/o-exampleorg1/*",
    }


def test_an_existing_trail_creates_none():
    assert not EXISTING.resources("AWS::CloudTrail::Trail")
    assert "TrailBucket" not in EXISTING.resources()
    group = EXISTING.properties("TrailSubscription")["LogGroupName"]
    assert group == "cloudtrail-org"
