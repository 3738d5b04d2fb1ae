//! AWS at work for the account: delivery, scanning, scaling, backups.

use serde_json::{Value, json};

use crate::day::{ACCOUNT, Day, linked, service, through};

/// Services take on the roles that they were given.
pub(crate) fn roles_assumed(day: &mut Day) {
    let roles = [
        ("ec2", "web-node"),
        ("ec2", "eks-node"),
        ("lambda", "orders-function"),
        ("lambda", "invoice-function"),
        ("ecs-tasks", "worker-task"),
        ("states", "nightly-flow"),
        ("events", "schedule-invoker"),
        ("eks", "eks-cluster"),
        ("backup", "AWSBackupDefaultServiceRole"),
        (
            "config",
            "aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig",
        ),
    ];
    for _ in 0..120 {
        let (host, role) = *day.random.pick(&roles);
        let at = day.any_time();
        let name = role.rsplit('/').next().unwrap();
        let request = json!({
            "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
            "roleSessionName": format!("{name}-session"),
        });
        let response = json!({
            "credentials": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "expiration": "Mar 3, 2026, 9:15:00 AM"},
        });
        day.call(at, &service(host), "sts", "AssumeRole", request, response);
    }
}

/// Logs and configuration are delivered.
pub(crate) fn delivery(day: &mut Day) {
    let bucket =
        json!({"bucketName": "audit-trail-111122223333", "Host": "s3.amazonaws.com", "acl": ""});
    for host in [
        "cloudtrail",
        "cloudtrail",
        "cloudtrail",
        "config",
        "delivery.logs",
    ] {
        for _ in 0..2 {
            let at = day.any_time();
            day.call(
                at,
                &service(host),
                "s3",
                "GetBucketAcl",
                bucket.clone(),
                Value::Null,
            );
        }
    }
    for _ in 0..14 {
        let at = day.any_time();
        let request = json!({
            "encryptionContext": {"aws:cloudtrail:arn": format!("arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/organization")},
            "keyId": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1b2c3d4e-0000-4000-8000-000000000001"),
            "keySpec": "AES_256",
        });
        day.call(
            at,
            &service("cloudtrail"),
            "kms",
            "GenerateDataKey",
            request,
            Value::Null,
        );
    }
}

/// Config, GuardDuty, Security Hub and their like look at everything.
pub(crate) fn scanning(day: &mut Day) {
    let calls = [
        ("ec2", "DescribeSecurityGroups"),
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeVolumes"),
        ("ec2", "DescribeSnapshots"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketAcl"),
        ("s3", "ListBuckets"),
        ("s3", "GetBucketPublicAccessBlock"),
        ("iam", "ListRoles"),
        ("iam", "GetRole"),
        ("iam", "ListAttachedRolePolicies"),
        ("iam", "GetAccountPasswordPolicy"),
        ("iam", "GetAccountAuthorizationDetails"),
        ("kms", "ListKeys"),
        ("kms", "GetKeyPolicy"),
        ("lambda", "ListFunctions20150331"),
        ("rds", "DescribeDBInstances"),
        ("cloudtrail", "DescribeTrails"),
        ("guardduty", "ListDetectors"),
        ("organizations", "DescribeOrganization"),
    ];
    let scanners = [
        linked("config", "AWSServiceRoleForConfig", "AWSConfig-Describe"),
        linked("securityhub", "AWSServiceRoleForSecurityHub", "securityhub"),
        linked("guardduty", "AWSServiceRoleForAmazonGuardDuty", "GuardDuty"),
        linked(
            "access-analyzer",
            "AWSServiceRoleForAccessAnalyzer",
            "access-analyzer",
        ),
        linked(
            "inspector2",
            "AWSServiceRoleForAmazonInspector2",
            "inspector2",
        ),
        linked(
            "trustedadvisor",
            "AWSServiceRoleForTrustedAdvisor",
            "TrustedAdvisor",
        ),
    ];
    for _ in 0..80 {
        let at = day.any_time();
        let who = day.random.pick(&scanners).clone();
        let (source, name) = *day.random.pick(&calls);
        day.read(at, &who, source, name);
    }
    let at = day.any_time();
    let who = linked("config", "AWSServiceRoleForConfig", "AWSConfig-Describe");
    day.refused(at, &who, "s3", "GetBucketPolicy");
}

/// The group of web servers breathes with the day.
pub(crate) fn scaling(day: &mut Day) {
    let who = linked("autoscaling", "AWSServiceRoleForAutoScaling", "AutoScaling");
    for _ in 0..if day.is_weekend { 1 } else { 3 } {
        let at = day.any_time();
        let instance = format!("i-0{}", day.random.hex(16));
        let request = json!({
            "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef0", "minCount": 1, "maxCount": 1}]},
            "instanceType": "m7g.large",
            "launchTemplate": {"launchTemplateId": "lt-0123456789abcdef0", "version": "7"},
            "iamInstanceProfile": {"name": "web-node"},
        });
        let response = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
        day.call(at, &who, "ec2", "RunInstances", request, response);
        let tags = json!({
            "resourcesSet": {"items": [{"resourceId": instance}]},
            "tagSet": {"items": [{"key": "Name", "value": "web"}]},
        });
        day.call(
            at,
            &who,
            "ec2",
            "CreateTags",
            tags,
            json!({"_return": true}),
        );
        let gone = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
        let later = (at + 7_200).min(86_399);
        day.call(later, &who, "ec2", "TerminateInstances", gone, Value::Null);
        day.read(at, &who, "elasticloadbalancing", "DescribeTargetHealth");
    }
}

/// The nightly backup: snapshots come, old ones go.
pub(crate) fn backups(day: &mut Day) {
    let path = "service-role/";
    let who = through(
        "backup",
        path,
        "AWSBackupDefaultServiceRole",
        "AWSBackup-Run",
    );
    for place in 0..3 {
        let at = 3 * 3_600 + place * 60;
        let volume = format!("vol-0{}", day.random.hex(16));
        let snapshot = format!("snap-0{}", day.random.hex(16));
        let made = json!({"snapshotId": snapshot, "volumeId": volume, "encrypted": true});
        let request = json!({"volumeId": volume, "description": "This snapshot is created by the AWS Backup service."});
        day.call(at, &who, "ec2", "CreateSnapshot", request, made);
        day.read(at + 10, &who, "ec2", "DescribeSnapshots");
        let old = json!({"snapshotId": format!("snap-0{}", day.random.hex(16))});
        day.call(
            at + 30,
            &who,
            "ec2",
            "DeleteSnapshot",
            old,
            json!({"_return": true}),
        );
    }
    let rds = json!({"dBSnapshotIdentifier": format!("awsbackup:job-{}", day.random.hex(8)), "dBInstanceIdentifier": "orders"});
    day.call(
        3 * 3_600 + 400,
        &who,
        "rds",
        "CreateDBSnapshot",
        rds,
        Value::Null,
    );
    let done = json!({"serviceEventDetails": {"state": "COMPLETED"}});
    let record = day.call(
        3 * 3_600 + 900,
        &service("backup"),
        "backup",
        "BackupJobCompleted",
        Value::Null,
        Value::Null,
    );
    record["eventType"] = json!("AwsServiceEvent");
    record["serviceEventDetails"] = done["serviceEventDetails"].clone();
}

/// The workloads ask for keys, parameters and secrets as they start.
pub(crate) fn workloads(day: &mut Day) {
    let agent = "aws-sdk-rust/1.3.10 os/linux lang/rust/1.95.0";
    let roles = [
        ("web-node", "i-0aa11bb22cc33dd44"),
        ("orders-function", "orders"),
        ("invoice-function", "invoice"),
        ("worker-task", "a1b2c3d4e5f6"),
    ];
    for _ in 0..70 {
        let (role, name) = *day.random.pick(&roles);
        let who = crate::day::session("", role, name, "10.20.4.17", agent);
        let at = day.any_time();
        let key = json!({"keyId": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1b2c3d4e-0000-4000-8000-000000000002"), "encryptionAlgorithm": "SYMMETRIC_DEFAULT"});
        match day.random.below(8) {
            0..=3 => drop(day.call(at, &who, "kms", "Decrypt", key, Value::Null)),
            4 => drop(day.call(at, &who, "kms", "GenerateDataKey", key, Value::Null)),
            5 => drop(day.call(
                at,
                &who,
                "ssm",
                "GetParametersByPath",
                json!({"path": format!("/{role}/"), "withDecryption": true}),
                Value::Null,
            )),
            6 => drop(day.call(
                at,
                &who,
                "secretsmanager",
                "GetSecretValue",
                json!({"secretId": format!("{role}/database")}),
                Value::Null,
            )),
            _ => day.read(at, &who, "sts", "GetCallerIdentity"),
        }
    }
    let agent_of_node = crate::day::session(
        "",
        "web-node",
        "i-0aa11bb22cc33dd44",
        "10.20.4.17",
        "aws-sdk-go/1.55.5 (go1.24; linux; arm64) amazon-ssm-agent/3.3.1611.0",
    );
    for _ in 0..6 {
        let at = day.any_time();
        day.call(
            at,
            &agent_of_node,
            "ssm",
            "UpdateInstanceInformation",
            json!({"instanceId": "i-0aa11bb22cc33dd44", "agentStatus": "Active"}),
            Value::Null,
        );
    }
}
