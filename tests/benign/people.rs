//! People: administrators and developers through Identity Center, a partner
//! through SAML, and an old program with a key.

use serde_json::{Value, json};

use crate::day::{ACCOUNT, Day, Who, session};

/// The office's address.
const OFFICE: &str = "198.51.100.7";
const BROWSER: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
const CLI: &str =
    "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 lang/python#3.13.7";
const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.15.0";

const ADMINISTRATORS: [&str; 3] = ["alice@example.com", "bola@example.com", "chen@example.com"];
const DEVELOPERS: [&str; 6] = [
    "dara@example.com",
    "emil@example.com",
    "fatou@example.com",
    "goran@example.com",
    "hana@example.com",
    "iris@example.com",
];

/// A person's session of a permission set, as Identity Center makes it.
fn person(set: &str, name: &str, agent: &str) -> Who {
    let role = format!("AWSReservedSSO_{set}_0123456789abcdef");
    session(
        "aws-reserved/sso.amazonaws.com/eu-west-1/",
        &role,
        name,
        OFFICE,
        agent,
    )
}

pub(crate) fn people(day: &mut Day) {
    let (administrators, developers) = if day.is_weekend { (0, 1) } else { (2, 5) };
    for place in 0..administrators {
        let turn = usize::try_from(day.number).unwrap() + place;
        administrator(day, ADMINISTRATORS[turn % ADMINISTRATORS.len()]);
    }
    for place in 0..developers {
        let turn = usize::try_from(day.number).unwrap() + place;
        developer(day, DEVELOPERS[turn % DEVELOPERS.len()]);
    }
    if !day.is_weekend {
        partner(day);
    }
    old_program(day);
}

/// Somebody of the developers, at the command line.
pub(crate) fn engineer(day: &mut Day) -> Who {
    let name = *day.random.pick(&DEVELOPERS);
    person("PowerUserAccess", name, CLI)
}

/// The first administrator, in the console.
pub(crate) fn administrator_at_work() -> Who {
    person("AdministratorAccess", ADMINISTRATORS[0], BROWSER)
}

/// An administrator works from home for a day.
pub(crate) fn from_home(day: &mut Day) {
    let mut who = administrator_at_work();
    who.address = "203.0.113.177".to_owned();
    let at = day.working_time();
    console_login(day, at, &who);
    for step in 0..5 {
        let record = day.call(
            at + 20 + step * 9,
            &who,
            "cloudwatch",
            "GetMetricData",
            Value::Null,
            Value::Null,
        );
        record["sessionCredentialFromConsole"] = json!("true");
    }
}

/// Signs in through the portal and looks around in the console.
fn administrator(day: &mut Day, name: &str) {
    let at = day.working_time();
    portal(day, at, name, "AdministratorAccess");
    let who = person("AdministratorAccess", name, BROWSER);
    console_login(day, at + 4, &who);
    let pages = [
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeVpcs"),
        ("cloudwatch", "DescribeAlarms"),
        ("cloudwatch", "GetMetricData"),
        ("logs", "DescribeLogGroups"),
        ("iam", "ListUsers"),
        ("iam", "ListRoles"),
        ("iam", "GetAccountSummary"),
        ("s3", "ListBuckets"),
        ("rds", "DescribeDBInstances"),
        ("lambda", "ListFunctions20150331"),
        ("health", "DescribeEventAggregates"),
        ("notifications", "ListNotificationHubs"),
        ("securityhub", "GetFindings"),
        ("ce", "GetCostAndUsage"),
        ("cloudtrail", "LookupEvents"),
    ];
    for step in 0..12 {
        let (source, call) = *day.random.pick(&pages);
        let record = day.call(
            at + 20 + step * 17,
            &who,
            source,
            call,
            Value::Null,
            Value::Null,
        );
        record["sessionCredentialFromConsole"] = json!("true");
    }
    if day.random.below(3) == 0 {
        let alarm = json!({"alarmName": "orders-latency", "threshold": 250.0, "namespace": "Orders", "metricName": "Latency"});
        day.call(
            at + 400,
            &who,
            "monitoring",
            "PutMetricAlarm",
            alarm,
            Value::Null,
        );
    }
}

/// Works at the command line; now and then something is refused.
fn developer(day: &mut Day, name: &str) {
    let at = day.working_time();
    portal(day, at, name, "PowerUserAccess");
    let agent = *day.random.pick(&[CLI, CLI, TERRAFORM]);
    let who = person("PowerUserAccess", name, agent);
    let calls = [
        ("sts", "GetCallerIdentity"),
        ("logs", "DescribeLogGroups"),
        ("logs", "FilterLogEvents"),
        ("logs", "StartQuery"),
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeSubnets"),
        ("dynamodb", "DescribeTable"),
        ("dynamodb", "ListTables"),
        ("lambda", "GetFunction20150331v2"),
        ("lambda", "ListFunctions20150331"),
        ("ecs", "DescribeServices"),
        ("ecs", "ListTasks"),
        ("ecr", "DescribeRepositories"),
        ("cloudformation", "DescribeStacks"),
        ("s3", "GetBucketLocation"),
        ("s3", "GetBucketVersioning"),
        ("ssm", "DescribeParameters"),
        ("kms", "DescribeKey"),
        ("kms", "ListAliases"),
        ("iam", "GetRole"),
        ("iam", "ListRolePolicies"),
    ];
    for step in 0..10 {
        let (source, call) = *day.random.pick(&calls);
        day.read(at + 10 + step * 31, &who, source, call);
    }
    if day.random.below(3) == 0 {
        day.refused(at + 500, &who, "iam", "ListUsers");
    }
    if name == DEVELOPERS[0] && day.number % 7 == 0 {
        let code = json!({"functionName": "sandbox", "dryRun": false, "publish": false});
        day.call(
            at + 600,
            &who,
            "lambda",
            "UpdateFunctionCode20150331v2",
            code,
            Value::Null,
        );
    }
}

/// What Identity Center records of a person who opens an account.
fn portal(day: &mut Day, at: i64, name: &str, set: &str) {
    let who = Who {
        identity: json!({
            "type": "IdentityCenterUser",
            "accountId": ACCOUNT,
            "onBehalfOf": {"userId": format!("d-{}", name.len()), "identityStoreArn": format!("arn:aws:identitystore::{ACCOUNT}:identitystore/d-9067642ac7")},
            "credentialId": "a1b2c3d4-0000-4000-8000-000000000001",
        }),
        address: OFFICE.to_owned(),
        agent: BROWSER.to_owned(),
    };
    for call in ["ListApplications", "Federate", "GetRoleCredentials"] {
        let record = day.call(at, &who, "sso", call, Value::Null, Value::Null);
        record["eventType"] = json!("AwsServiceEvent");
        record["serviceEventDetails"] = json!({"role_name": set, "account_id": ACCOUNT});
    }
    saml(
        day,
        at + 1,
        &format!("AWSReservedSSO_{set}_0123456789abcdef"),
        name,
    );
}

fn saml(day: &mut Day, at: i64, role: &str, name: &str) {
    let who = Who {
        identity: json!({
            "type": "SAMLUser",
            "principalId": format!("oFOT8d7UCMuZFmhYlHkwqGvzTKA=:{name}"),
            "userName": name,
            "identityProvider": "oFOT8d7UCMuZFmhYlHkwqGvzTKA=",
        }),
        address: OFFICE.to_owned(),
        agent: "aws-internal/3".to_owned(),
    };
    let request = json!({
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/eu-west-1/{role}"),
        "principalArn": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"),
        "roleSessionName": name,
        "durationSeconds": 3600,
    });
    day.call(at, &who, "sts", "AssumeRoleWithSAML", request, Value::Null);
}

/// A console sign-in that came through SAML: MFA was asked elsewhere.
fn console_login(day: &mut Day, at: i64, who: &Who) {
    let answer = json!({"ConsoleLogin": "Success"});
    let record = day.call(at, who, "signin", "ConsoleLogin", Value::Null, answer);
    record["eventType"] = json!("AwsConsoleSignIn");
    record["additionalEventData"] = json!({
        "MobileVersion": "No",
        "MFAUsed": "No",
        "SamlProviderArn": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE"),
    });
}

/// A firm that looks after the databases signs in through its own SAML.
fn partner(day: &mut Day) {
    let at = day.working_time();
    saml(day, at, "database-care", "kai@partner.example");
    let who = session(
        "",
        "database-care",
        "kai@partner.example",
        "203.0.113.40",
        BROWSER,
    );
    console_login(day, at + 3, &who);
    for step in 0..4 {
        let call = *day.random.pick(&[
            "DescribeDBInstances",
            "DescribeDBClusters",
            "DescribeDBSnapshots",
            "ListTagsForResource",
        ]);
        day.read(at + 20 + step * 25, &who, "rds", call);
    }
}

/// A program from before roles: a user's key, in the office's cellar.
fn old_program(day: &mut Day) {
    let who = Who {
        identity: json!({
            "type": "IAMUser",
            "principalId": "AIDACKCEVSQ6C2EXAMPLE",
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/label-printer"),
            "accountId": ACCOUNT,
            "accessKeyId": "AKIAI44QH8DHBEXAMPLE",
            "userName": "label-printer",
        }),
        address: OFFICE.to_owned(),
        agent: "aws-sdk-php/3.356.11 OS/Linux/6.1 lang/php/8.3.25".to_owned(),
    };
    for _ in 0..4 {
        let at = day.any_time();
        let queue =
            json!({"queueUrl": format!("https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/labels")});
        day.call(at, &who, "sqs", "GetQueueAttributes", queue, Value::Null);
    }
}

/// A vendor's watcher takes its role and looks whether all is well.
pub(crate) fn watched(day: &mut Day) {
    let vendor = Who {
        identity: json!({"type": "AWSAccount", "principalId": "AIDAQRSTUVWXYZEXAMPLE", "accountId": "444455556666"}),
        address: "203.0.113.90".to_owned(),
        agent: "monitoring-vendor/7.1".to_owned(),
    };
    let who = session(
        "",
        "monitoring-vendor",
        "monitoring",
        "203.0.113.90",
        "monitoring-vendor/7.1",
    );
    for hour in 0..4 {
        let at = hour * 21_600 + 40;
        let request = json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/monitoring-vendor"), "roleSessionName": "monitoring", "externalId": "e7f0"});
        let record = day.call(at, &vendor, "sts", "AssumeRole", request, Value::Null);
        record["sharedEventID"] = json!("4ba1c2d3-0000-4000-8000-000000000001");
        for (source, call) in [
            ("cloudwatch", "GetMetricData"),
            ("health", "DescribeEvents"),
            ("ec2", "DescribeInstanceStatus"),
            ("elasticloadbalancing", "DescribeTargetHealth"),
        ] {
            day.read(at + 5, &who, source, call);
        }
    }
}
