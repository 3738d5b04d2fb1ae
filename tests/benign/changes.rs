//! Ordinary change: Terraform, a node provisioner, rotation, and hands.

use serde_json::{Value, json};

use crate::day::{ACCOUNT, Day, Who, service, session, through};
use crate::people;

const TERRAFORM: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.15.0";
const GO: &str = "aws-sdk-go-v2/1.36.1 os/linux lang/go#1.24.0 md/GOOS#linux md/GOARCH#arm64";

pub(crate) fn changes(day: &mut Day) {
    provisioner(day);
    rotation(day);
    grants(day);
    inventory(day);
    if day.is_weekend {
        return;
    }
    if day.number % 2 == 0 {
        terraform(day);
    }
    by_hand(day);
    match day.number {
        8 => wrong_profile(day),
        16 => key_rotated(day),
        17 => people::from_home(day),
        _ => {}
    }
}

/// The pipeline that keeps the ground: its role is in the team's list.
fn terraform(day: &mut Day) {
    let at = day.working_time();
    let who = session(
        "",
        "terraform-apply",
        "GitHubActions",
        "192.0.2.61",
        TERRAFORM,
    );
    for (source, name) in [
        ("iam", "ListRolePolicies"),
        ("iam", "GetRole"),
        ("ec2", "DescribeSecurityGroups"),
        ("s3", "GetBucketPolicy"),
        ("s3", "GetBucketLogging"),
        ("kms", "GetKeyPolicy"),
    ] {
        day.read(at, &who, source, name);
    }
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let role = format!("task-{}", day.random.hex(6));
    day.call(
        at + 20,
        &who,
        "iam",
        "CreateRole",
        json!({"roleName": role, "assumeRolePolicyDocument": trust.to_string()}),
        Value::Null,
    );
    let policy =
        json!({"roleName": role, "policyArn": format!("arn:aws:iam::{ACCOUNT}:policy/task-logs")});
    day.call(
        at + 21,
        &who,
        "iam",
        "AttachRolePolicy",
        policy,
        Value::Null,
    );
    let bucket = json!({"bucketName": format!("reports-{}", day.random.hex(6)), "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}});
    let name = json!({"bucketName": bucket["bucketName"]});
    day.call(at + 30, &who, "s3", "CreateBucket", bucket, Value::Null);
    for call in [
        "PutBucketEncryption",
        "PutBucketPublicAccessBlock",
        "PutBucketVersioning",
    ] {
        let mut request = name.clone();
        match call {
            "PutBucketVersioning" => {
                request["VersioningConfiguration"] = json!({"Status": "Enabled"})
            }
            "PutBucketPublicAccessBlock" => {
                request["PublicAccessBlockConfiguration"] = json!({"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true})
            }
            _ => {}
        }
        day.call(at + 31, &who, "s3", call, request, Value::Null);
    }
    let mut policy = name.clone();
    policy["bucketPolicy"] = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]});
    day.call(at + 32, &who, "s3", "PutBucketPolicy", policy, Value::Null);
    let mut expiry = name;
    expiry["LifecycleConfiguration"] = json!({"Rule": {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}});
    day.call(
        at + 33,
        &who,
        "s3",
        "PutBucketLifecycle",
        expiry,
        Value::Null,
    );
    let group = json!({"groupId": "sg-0123456789abcdef1", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432, "groups": {"items": [{"groupId": "sg-0123456789abcdef0"}]}}]}});
    day.call(
        at + 40,
        &who,
        "ec2",
        "AuthorizeSecurityGroupIngress",
        group,
        json!({"_return": true}),
    );
    let route = json!({"routeTableId": "rtb-0123456789abcdef0", "destinationCidrBlock": "10.30.0.0/16", "transitGatewayId": "tgw-0123456789abcdef0"});
    day.call(
        at + 41,
        &who,
        "ec2",
        "CreateRoute",
        route,
        json!({"_return": true}),
    );
    let key = json!({"description": "reports", "keyUsage": "ENCRYPT_DECRYPT", "policy": json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "kms:*", "Resource": "*"}]}).to_string()});
    day.call(at + 42, &who, "kms", "CreateKey", key, Value::Null);
}

/// Nodes come and go as the cluster needs them.
fn provisioner(day: &mut Day) {
    let who = session("", "karpenter", "1772442900987654321", "10.20.8.31", GO);
    for _ in 0..2 {
        let at = day.any_time();
        for name in [
            "DescribeInstanceTypes",
            "DescribeSpotPriceHistory",
            "DescribeSubnets",
        ] {
            day.read(at, &who, "ec2", name);
        }
        let instance = format!("i-0{}", day.random.hex(16));
        let fleet = json!({"CreateFleetRequest": {"Type": "instant", "TargetCapacitySpecification": {"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "spot"}}});
        day.call(
            at + 5,
            &who,
            "ec2",
            "CreateFleet",
            fleet,
            json!({"instances": instance}),
        );
        let launch = json!({
            "instancesSet": {"items": [{"imageId": "ami-0123456789abcdef2", "minCount": 1, "maxCount": 1}]},
            "instanceType": "c7g.xlarge",
            "iamInstanceProfile": {"name": "eks-node"},
            "launchTemplate": {"launchTemplateId": "lt-0123456789abcdef2", "version": "3"},
        });
        let spot = through(
            "ec2fleet",
            "aws-service-role/ec2fleet.amazonaws.com/",
            "AWSServiceRoleForEC2Fleet",
            "EC2Fleet",
        );
        day.call(
            at + 6,
            &spot,
            "ec2",
            "RunInstances",
            launch,
            json!({"instancesSet": {"items": [{"instanceId": instance}]}}),
        );
        let gone = json!({"instancesSet": {"items": [{"instanceId": instance}]}});
        day.call(
            (at + 9_000).min(86_399),
            &who,
            "ec2",
            "TerminateInstances",
            gone,
            Value::Null,
        );
    }
}

/// Secrets get new values by night.
fn rotation(day: &mut Day) {
    let who = session(
        "",
        "rotate-secrets",
        "rotate-secrets",
        "10.20.4.90",
        "Boto3/1.40.50 md/Botocore#1.40.50 lang/python#3.13.7 exec-env/AWS_Lambda_python3.13",
    );
    day.call(
        7_200,
        &service("secretsmanager"),
        "secretsmanager",
        "RotationStarted",
        Value::Null,
        Value::Null,
    )["eventType"] = json!("AwsServiceEvent");
    let secret = json!({"secretId": format!("arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:orders/database-AbCdEf")});
    for name in [
        "DescribeSecret",
        "GetSecretValue",
        "PutSecretValue",
        "UpdateSecretVersionStage",
    ] {
        day.call(
            7_210,
            &who,
            "secretsmanager",
            name,
            secret.clone(),
            Value::Null,
        );
    }
}

/// Services that keep volumes and queues under a key.
fn grants(day: &mut Day) {
    let who = through(
        "autoscaling",
        "aws-service-role/autoscaling.amazonaws.com/",
        "AWSServiceRoleForAutoScaling",
        "AutoScaling",
    );
    for _ in 0..2 {
        let at = day.any_time();
        let grant = json!({"keyId": format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/1b2c3d4e-0000-4000-8000-000000000003"), "granteePrincipal": format!("arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"), "operations": ["Decrypt", "CreateGrant"]});
        day.call(at, &who, "kms", "CreateGrant", grant.clone(), Value::Null);
        day.call(
            (at + 60).min(86_399),
            &service("ec2"),
            "kms",
            "RetireGrant",
            json!({"keyId": grant["keyId"]}),
            Value::Null,
        );
    }
}

/// What everything costs: an inventory in the regions that are used.
fn inventory(day: &mut Day) {
    let who = session(
        "",
        "cost-inventory",
        "nightly",
        "10.20.4.91",
        "Boto3/1.40.50 md/Botocore#1.40.50 lang/python#3.13.7 exec-env/AWS_Lambda_python3.13",
    );
    for region in ["eu-west-1", "eu-central-1", "us-east-1"] {
        for (source, name) in [
            ("ec2", "DescribeInstances"),
            ("ec2", "DescribeVolumes"),
            ("rds", "DescribeDBInstances"),
            ("s3", "ListBuckets"),
        ] {
            day.call(14_400, &who, source, name, Value::Null, Value::Null)["awsRegion"] =
                json!(region);
        }
    }
    day.read(14_500, &who, "ce", "GetCostAndUsage");
}

/// Small things that people do in the console and at the command line.
fn by_hand(day: &mut Day) {
    let who = people::engineer(day);
    let at = day.working_time();
    match day.random.below(8) {
        0 => drop(day.call(at, &who, "ecs", "UpdateService", json!({"service": "worker", "desiredCount": 3}), Value::Null)),
        1 => drop(day.call(at, &who, "ssm", "StartSession", json!({"target": "i-0aa11bb22cc33dd44"}), json!({"sessionId": "engineer-0a1b2c3d"}))),
        2 => drop(day.call(at, &who, "ssm", "PutParameter", json!({"name": "/orders/limit", "type": "String", "overwrite": true}), Value::Null)),
        3 => drop(day.call(at, &who, "logs", "DeleteLogGroup", json!({"logGroupName": "/aws/lambda/sandbox-old"}), Value::Null)),
        4 => drop(day.call(at, &who, "rds", "CreateDBSnapshot", json!({"dBInstanceIdentifier": "orders", "dBSnapshotIdentifier": "before-upgrade"}), Value::Null)),
        5 => drop(day.call(at, &who, "ec2", "StopInstances", json!({"instancesSet": {"items": [{"instanceId": "i-0aa11bb22cc33dd99"}]}}), Value::Null)),
        6 => drop(day.call(at, &who, "lambda", "UpdateFunctionConfiguration20150331v2", json!({"functionName": "sandbox", "memorySize": 512}), Value::Null)),
        _ => drop(day.call(at, &who, "sns", "Subscribe", json!({"topicArn": format!("arn:aws:sns:eu-west-1:{ACCOUNT}:orders-alarms"), "protocol": "email"}), Value::Null)),
    }
}

/// A script run with the wrong profile.
fn wrong_profile(day: &mut Day) {
    let who = people::engineer(day);
    let at = day.working_time();
    for step in 0..12 {
        day.refused(at + step * 4, &who, "dynamodb", "DescribeTable");
    }
}

/// The old program's key is renewed, as the calendar asks.
fn key_rotated(day: &mut Day) {
    let who: Who = people::administrator_at_work();
    let at = day.working_time();
    let made = json!({"accessKey": {"userName": "label-printer", "accessKeyId": "AKIAI44QH8DHBEXAMPL2", "status": "Active"}});
    day.call(
        at,
        &who,
        "iam",
        "CreateAccessKey",
        json!({"userName": "label-printer"}),
        made,
    );
    let old = json!({"userName": "label-printer", "accessKeyId": "AKIAI44QH8DHBEXAMPLE"});
    day.call(at + 900, &who, "iam", "DeleteAccessKey", old, Value::Null);
}
