//! A Kubernetes cluster: its control plane, nodes and controllers.

use serde_json::{Value, json};

use crate::day::{ACCOUNT, Day, Who, linked, session};

/// Where the nodes' calls come from.
const NODES: &str = "10.20.8.31";

fn controller(role: &str) -> Who {
    let agent = "aws-sdk-go-v2/1.36.1 os/linux lang/go#1.24.0 md/GOOS#linux md/GOARCH#arm64";
    session("", role, "1772442900123456789", NODES, agent)
}

pub(crate) fn cluster(day: &mut Day) {
    control_plane(day);
    nodes(day);
    controllers(day);
}

fn control_plane(day: &mut Day) {
    let who = linked("eks", "AWSServiceRoleForAmazonEKS", "AmazonEKS");
    for name in [
        "DescribeNetworkInterfaces",
        "DescribeSubnets",
        "DescribeSecurityGroups",
        "DescribeInstances",
    ] {
        for _ in 0..2 {
            let at = day.any_time();
            day.read(at, &who, "ec2", name);
        }
    }
    let at = day.any_time();
    let made =
        json!({"subnetId": "subnet-0123456789abcdef0", "description": "Amazon EKS cluster-main"});
    day.call(at, &who, "ec2", "CreateNetworkInterface", made, Value::Null);
}

fn nodes(day: &mut Day) {
    let agent = "aws-sdk-go/1.55.5 (go1.24; linux; arm64) amazon-vpc-cni/1.19.2";
    let who = session("", "eks-node", "i-0bb11cc22dd33ee44", NODES, agent);
    for (source, name) in [
        ("ec2", "DescribeInstances"),
        ("ec2", "DescribeNetworkInterfaces"),
        ("ec2", "DescribeInstanceTypes"),
        ("ecr", "GetAuthorizationToken"),
        ("ecr", "BatchGetImage"),
        ("ecr", "GetDownloadUrlForLayer"),
        ("eks", "DescribeCluster"),
    ] {
        for _ in 0..2 {
            let at = day.any_time();
            day.read(at, &who, source, name);
        }
    }
    for _ in 0..3 {
        let at = day.any_time();
        let request = json!({"networkInterfaceId": "eni-0123456789abcdef0", "secondaryPrivateIpAddressCount": 14});
        day.call(
            at,
            &who,
            "ec2",
            "AssignPrivateIpAddresses",
            request,
            json!({"_return": true}),
        );
    }
}

fn controllers(day: &mut Day) {
    for role in [
        "cluster-autoscaler",
        "load-balancer-controller",
        "external-dns",
    ] {
        for _ in 0..2 {
            let at = day.any_time();
            web_identity(day, at, role);
        }
    }
    let scaler = controller("cluster-autoscaler");
    for _ in 0..6 {
        let at = day.any_time();
        day.read(at, &scaler, "autoscaling", "DescribeAutoScalingGroups");
    }
    let at = day.any_time();
    let wanted =
        json!({"autoScalingGroupName": "eks-main", "desiredCapacity": 5, "honorCooldown": false});
    day.call(
        at,
        &scaler,
        "autoscaling",
        "SetDesiredCapacity",
        wanted,
        Value::Null,
    );
    let balancer = controller("load-balancer-controller");
    for name in [
        "DescribeLoadBalancers",
        "DescribeTargetGroups",
        "DescribeTargetHealth",
        "RegisterTargets",
    ] {
        let at = day.any_time();
        day.read(at, &balancer, "elasticloadbalancing", name);
    }
    let names = controller("external-dns");
    for name in ["ListHostedZones", "ListResourceRecordSets"] {
        let at = day.any_time();
        day.read(at, &names, "route53", name);
    }
}

/// A pod trades its token for a role's session.
fn web_identity(day: &mut Day, at: i64, role: &str) {
    let issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let subject = format!("system:serviceaccount:kube-system:{role}");
    let who = Who {
        identity: json!({
            "type": "WebIdentityUser",
            "principalId": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}:sts.amazonaws.com:{subject}"),
            "userName": subject,
            "identityProvider": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"),
        }),
        address: NODES.to_owned(),
        agent: "aws-sdk-go-v2/1.36.1 os/linux lang/go#1.24.0".to_owned(),
    };
    let request = json!({
        "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/{role}"),
        "roleSessionName": "1772442900123456789",
    });
    let response = json!({
        "subjectFromWebIdentityToken": subject,
        "provider": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}"),
        "audience": "sts.amazonaws.com",
    });
    day.call(
        at,
        &who,
        "sts",
        "AssumeRoleWithWebIdentity",
        request,
        response,
    );
}
