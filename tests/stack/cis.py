"""The CIS metric filters: the one table that `template.yaml` is checked against.

Numbers and topics follow CIS AWS Foundations 1.2, section 3 (the 14 of the
weekly report), with 4.15 of later versions as an extra. Where a published
pattern is wrong or noisy the corrected text stands here, with the reason.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Filter:
    """One metric filter with its alarm."""

    number: str
    resource: str
    filter_name: str
    metric_name: str
    pattern: str
    threshold: int
    operator: str = "GreaterThanOrEqualToThreshold"


def any_event(*names: str) -> str:
    """`($.eventName = A) || ($.eventName = B) ...`"""
    return " || ".join(f"($.eventName = {name})" for name in names)


FILTERS = [
    # Services that act for themselves and service-linked roles are the noise.
    # `!=` on an absent field is not documented, hence the NOT EXISTS guards.
    Filter(
        "3.1", "UnauthorizedApiCalls", "unauthorized-api-calls", "UnauthorizedAPICalls",
        '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*"))'
        ' && (($.userIdentity.type NOT EXISTS) || ($.userIdentity.type != "AWSService"))'
        " && (($.userIdentity.sessionContext.sessionIssuer.arn NOT EXISTS)"
        ' || ($.userIdentity.sessionContext.sessionIssuer.arn != "*:role/aws-service-role/*"))'
        ' && ($.sourceIPAddress != "delivery.logs.amazonaws.com")'
        ' && ($.eventName != "HeadBucket") }',
        10, "GreaterThanThreshold",
    ),
    # The long form: single sign-on always says MFAUsed "No", and a failed
    # sign-in without MFA is 3.6.
    Filter(
        "3.2", "ConsoleSigninWithoutMfa", "console-signin-without-mfa", "ConsoleSigninWithoutMFA",
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes")'
        ' && ($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }',
        1,
    ),
    Filter(
        "3.3", "RootAccountUsage", "root-account-usage", "RootAccountUsage",
        '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS)'
        ' && ($.eventType != "AwsServiceEvent") }',
        1,
    ),
    Filter(
        "3.4", "IamPolicyChanges", "iam-policy-changes", "IAMPolicyChanges",
        "{ " + any_event(
            "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy",
            "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy",
            "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
            "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy",
            "AttachGroupPolicy", "DetachGroupPolicy",
        ) + " }",
        3,
    ),
    # PutEventSelectors silences a trail as well as StopLogging does.
    Filter(
        "3.5", "CloudTrailChanges", "cloudtrail-changes", "CloudTrailChanges",
        "{ " + any_event(
            "CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging",
            "PutEventSelectors",
        ) + " }",
        1,
    ),
    Filter(
        "3.6", "ConsoleSigninFailures", "console-signin-failures", "ConsoleSigninFailures",
        '{ ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication") }',
        3,
    ),
    Filter(
        "3.7", "KeyDeletion", "kms-key-deletion", "KMSKeyDeletion",
        '{ ($.eventSource = "kms.amazonaws.com") && ('
        + any_event("DisableKey", "ScheduleKeyDeletion") + ") }",
        1,
    ),
    Filter(
        "3.8", "BucketPolicyChanges", "s3-bucket-policy-changes", "S3BucketPolicyChanges",
        '{ ($.eventSource = "s3.amazonaws.com") && (' + any_event(
            "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle",
            "PutBucketReplication", "DeleteBucketPolicy", "DeleteBucketCors",
            "DeleteBucketLifecycle", "DeleteBucketReplication",
        ) + ") }",
        1,
    ),
    Filter(
        "3.9", "ConfigChanges", "aws-config-changes", "AWSConfigChanges",
        '{ ($.eventSource = "config.amazonaws.com") && (' + any_event(
            "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel",
            "PutConfigurationRecorder",
        ) + ") }",
        1,
    ),
    Filter(
        "3.10", "SecurityGroupChanges", "security-group-changes", "SecurityGroupChanges",
        "{ " + any_event(
            "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress",
            "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
            "CreateSecurityGroup", "DeleteSecurityGroup",
        ) + " }",
        1,
    ),
    Filter(
        "3.11", "NetworkAclChanges", "network-acl-changes", "NetworkACLChanges",
        "{ " + any_event(
            "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl",
            "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation",
        ) + " }",
        1,
    ),
    Filter(
        "3.12", "NetworkGatewayChanges", "network-gateway-changes", "NetworkGatewayChanges",
        "{ " + any_event(
            "CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway",
            "CreateInternetGateway", "DeleteInternetGateway", "DetachInternetGateway",
        ) + " }",
        1,
    ),
    Filter(
        "3.13", "RouteTableChanges", "route-table-changes", "RouteTableChanges",
        "{ " + any_event(
            "CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation",
            "DeleteRouteTable", "DeleteRoute", "DisassociateRouteTable",
        ) + " }",
        1,
    ),
    Filter(
        "3.14", "VpcChanges", "vpc-changes", "VPCChanges",
        "{ " + any_event(
            "CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection",
            "CreateVpcPeeringConnection", "DeleteVpcPeeringConnection",
            "RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc",
            "DisableVpcClassicLink", "EnableVpcClassicLink",
        ) + " }",
        1,
    ),
]

ORGANIZATIONS = Filter(
    "4.15", "OrganizationsChanges", "organizations-changes", "OrganizationsChanges",
    '{ ($.eventSource = "organizations.amazonaws.com") && (' + any_event(
        "AcceptHandshake", "AttachPolicy", "CreateAccount", "CreateOrganizationalUnit",
        "CreatePolicy", "DeclineHandshake", "DeleteOrganization", "DeleteOrganizationalUnit",
        "DeletePolicy", "DetachPolicy", "DisablePolicyType", "EnablePolicyType",
        "InviteAccountToOrganization", "LeaveOrganization", "MoveAccount",
        "RemoveAccountFromOrganization", "UpdatePolicy", "UpdateOrganizationalUnit",
    ) + ") }",
    1,
)
