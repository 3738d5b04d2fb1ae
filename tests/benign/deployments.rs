//! Pipelines that deploy: a build role, and CloudFormation acting for it.

use serde_json::{Value, json};

use crate::day::{ACCOUNT, Day, Who, session, through};

const RUNNER: &str = "192.0.2.61";
const CLI: &str = "aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux lang/python#3.13.7";

pub(crate) fn deployments(day: &mut Day) {
    let times = if day.is_weekend { 0 } else { 2 };
    for _ in 0..times {
        let at = day.working_time();
        one(day, at);
    }
    images(day);
}

/// A pipeline that builds images on every push.
fn images(day: &mut Day) {
    let who = session("", "ci-build", "GitHubActions", RUNNER, CLI);
    let pushes = if day.is_weekend { 1 } else { 4 };
    for _ in 0..pushes {
        let at = day.working_time();
        sign_in(day, at, "ci-build");
        day.read(at + 5, &who, "sts", "GetCallerIdentity");
        day.read(at + 6, &who, "ecr", "GetAuthorizationToken");
        let tag = day.random.hex(7);
        let image = json!({"repositoryName": "orders", "imageTag": tag, "registryId": ACCOUNT});
        day.call(at + 90, &who, "ecr", "PutImage", image, Value::Null);
    }
}

fn one(day: &mut Day, at: i64) {
    sign_in(day, at, "ci-deploy");
    let pipeline = session("", "ci-deploy", "GitHubActions", RUNNER, CLI);
    let stack =
        json!({"stackName": "orders", "changeSetName": format!("cdk-{}", day.random.hex(8))});
    day.read(at + 3, &pipeline, "sts", "GetCallerIdentity");
    let role = format!("arn:aws:iam::{ACCOUNT}:role/cdk-hnb659fds-deploy-role-{ACCOUNT}-eu-west-1");
    let request = json!({"roleArn": role, "roleSessionName": "aws-cdk-ci"});
    day.call(at + 4, &pipeline, "sts", "AssumeRole", request, Value::Null);
    let deploy_role = format!("cdk-hnb659fds-deploy-role-{ACCOUNT}-eu-west-1");
    let deployer = session(
        "",
        &deploy_role,
        "aws-cdk-ci",
        RUNNER,
        "aws-sdk-js/3.917.0 ua/2.1 os/linux lang/js md/nodejs#22.11.0",
    );
    for name in ["DescribeStacks", "GetTemplate"] {
        day.read(at + 6, &deployer, "cloudformation", name);
    }
    day.call(
        at + 10,
        &deployer,
        "cloudformation",
        "CreateChangeSet",
        stack.clone(),
        Value::Null,
    );
    day.call(
        at + 30,
        &deployer,
        "cloudformation",
        "ExecuteChangeSet",
        stack,
        Value::Null,
    );
    let exec_role = format!("cdk-hnb659fds-cfn-exec-role-{ACCOUNT}-eu-west-1");
    let formation = through("cloudformation", "", &exec_role, "AWSCloudFormation");
    resources(day, at + 40, &formation);
    for wait in 0..4 {
        day.read(
            at + 45 + wait * 5,
            &deployer,
            "cloudformation",
            "DescribeStackEvents",
        );
    }
}

/// What a stack with a function, a role, a rule, a queue and a group makes.
fn resources(day: &mut Day, at: i64, who: &Who) {
    let role = format!("orders-handler-{}", day.random.hex(8));
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
    let made = json!({"roleName": role, "assumeRolePolicyDocument": trust.to_string()});
    day.call(at, who, "iam", "CreateRole", made, Value::Null);
    let basic = json!({"roleName": role, "policyArn": "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"});
    day.call(at + 1, who, "iam", "AttachRolePolicy", basic, Value::Null);
    let rights = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem"], "Resource": format!("arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/orders")}]});
    let inline =
        json!({"roleName": role, "policyName": "table", "policyDocument": rights.to_string()});
    day.call(at + 1, who, "iam", "PutRolePolicy", inline, Value::Null);
    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{role}");
    let function = json!({"functionName": "orders-handler", "runtime": "provided.al2023", "role": arn, "handler": "bootstrap", "memorySize": 256});
    day.call(
        at + 8,
        who,
        "lambda",
        "CreateFunction20150331",
        function,
        Value::Null,
    );
    let code = json!({"functionName": "invoice-handler", "s3Bucket": format!("cdk-hnb659fds-assets-{ACCOUNT}-eu-west-1"), "publish": false});
    day.call(
        at + 9,
        who,
        "lambda",
        "UpdateFunctionCode20150331v2",
        code,
        Value::Null,
    );
    let permission = json!({"functionName": "orders-handler", "action": "lambda:InvokeFunction", "principal": "events.amazonaws.com", "sourceArn": format!("arn:aws:events:eu-west-1:{ACCOUNT}:rule/orders"), "statementId": "events"});
    day.call(
        at + 10,
        who,
        "lambda",
        "AddPermission20150331v2",
        permission,
        Value::Null,
    );
    day.call(
        at + 11,
        who,
        "events",
        "PutRule",
        json!({"name": "orders", "scheduleExpression": "rate(5 minutes)", "state": "ENABLED"}),
        Value::Null,
    );
    day.call(
        at + 11,
        who,
        "logs",
        "CreateLogGroup",
        json!({"logGroupName": "/aws/lambda/orders-handler"}),
        Value::Null,
    );
    day.call(
        at + 12,
        who,
        "logs",
        "PutRetentionPolicy",
        json!({"logGroupName": "/aws/lambda/orders-handler", "retentionInDays": 90}),
        Value::Null,
    );
    day.call(
        at + 12,
        who,
        "sqs",
        "CreateQueue",
        json!({"queueName": "orders-dead", "attributes": {"MessageRetentionPeriod": "1209600"}}),
        Value::Null,
    );
    let inside = json!({"groupId": "sg-0123456789abcdef0", "ipPermissions": {"items": [{"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": {"items": [{"cidrIp": "10.20.0.0/16"}]}}]}});
    day.call(
        at + 13,
        who,
        "ec2",
        "AuthorizeSecurityGroupIngress",
        inside,
        json!({"_return": true}),
    );
    let old =
        json!({"roleName": format!("orders-handler-{}", day.random.hex(8)), "policyName": "table"});
    day.call(
        at + 20,
        who,
        "iam",
        "DeleteRolePolicy",
        old.clone(),
        Value::Null,
    );
    day.call(
        at + 21,
        who,
        "iam",
        "DeleteRole",
        json!({"roleName": old["roleName"]}),
        Value::Null,
    );
}

/// The pipeline's token becomes a role's session.
fn sign_in(day: &mut Day, at: i64, role: &str) {
    let provider =
        format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com");
    let subject = "repo:example/orders:ref:refs/heads/main";
    let who = Who {
        identity: json!({
            "type": "WebIdentityUser",
            "principalId": format!("{provider}:sts.amazonaws.com:{subject}"),
            "userName": subject,
            "identityProvider": provider,
        }),
        address: RUNNER.to_owned(),
        agent: "configure-aws-credentials-for-github-actions".to_owned(),
    };
    let request = json!({"roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"), "roleSessionName": "GitHubActions", "durationSeconds": 3600});
    let response = json!({"subjectFromWebIdentityToken": subject, "provider": provider, "audience": "sts.amazonaws.com"});
    day.call(
        at,
        &who,
        "sts",
        "AssumeRoleWithWebIdentity",
        request,
        response,
    );
}
