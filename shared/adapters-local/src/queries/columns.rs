//! Which records a question keeps, and which of their fields.

use cloudtrail::Member;
use pipeline::ports::Row;
use pipeline::report::Query;

use super::fields::Fields;

/// Whether a question's statement selects this record.
pub(super) fn keeps(query: Query, fields: &Fields<'_, '_>) -> bool {
    match query {
        Query::Counts => true,
        Query::SignInsWithoutMfa => fields.is_sign_in_without_mfa() && fields.succeeded(),
        Query::EscalationAttempts | Query::EscalationChains => fields.is_escalation(),
        Query::TrailTampering => fields.is_tampering(),
        Query::PublicAddressCalls => fields.is_user_from_public(),
        Query::UserAddresses => fields.is_user_let_in_from_public(),
        Query::DeniedCalls => fields.is_denied(),
        Query::RootUse => fields.is_root_use(),
        Query::WorldOpenGroups => fields.is_world_opening(),
        Query::FamiliarAddresses => fields.is_own_from_public(),
    }
}

/// Columns of the statement's inner select, the event's id aside.
pub(super) fn project(query: Query, fields: &Fields<'_, '_>) -> Row {
    let columns: &[&str] = match query {
        Query::Counts => &[],
        Query::SignInsWithoutMfa => &[
            "eventtime",
            "username",
            "sourceipaddress",
            "arn",
            "account",
            "awsregion",
        ],
        Query::EscalationAttempts => &[
            "eventtime",
            "arn",
            "eventname",
            "errorcode",
            "sourceipaddress",
        ],
        Query::TrailTampering => &[
            "eventtime",
            "arn",
            "eventname",
            "requestparameters",
            "sourceipaddress",
            "username",
            "errorcode",
            "account",
            "awsregion",
            "trail",
        ],
        Query::PublicAddressCalls => &[
            "eventtime",
            "arn",
            "eventname",
            "sourceipaddress",
            "awsregion",
        ],
        Query::DeniedCalls => &[
            "eventtime",
            "caller",
            "eventname",
            "account",
            "username",
            "sourceipaddress",
        ],
        Query::EscalationChains | Query::RootUse | Query::UserAddresses => &[
            "eventtime",
            "account",
            "principal",
            "username",
            "eventname",
            "errorcode",
            "sourceipaddress",
        ],
        Query::WorldOpenGroups => &[
            "eventtime",
            "caller",
            "username",
            "eventname",
            "sourceipaddress",
            "account",
            "awsregion",
            "groupid",
        ],
        Query::FamiliarAddresses => &["sourceipaddress"],
    };
    columns
        .iter()
        .filter_map(|column| {
            let name = if *column == "caller" { "arn" } else { column };
            Some((name.to_owned(), value(column, fields)?))
        })
        .collect()
}

fn value(column: &str, fields: &Fields<'_, '_>) -> Option<String> {
    let member = match column {
        "eventtime" => Member::EventTime,
        "username" => Member::IdentityUserName,
        "sourceipaddress" => Member::SourceIpAddress,
        "arn" => Member::IdentityArn,
        "awsregion" => Member::AwsRegion,
        "eventname" => Member::EventName,
        "errorcode" => Member::ErrorCode,
        "requestparameters" => Member::RequestParameters,
        "account" => return Some(fields.account()),
        "principal" | "caller" => return Some(fields.0.principal()?.into_owned()),
        "trail" => return request_scalar(fields, &[&["name"], &["trailName"]]),
        "groupid" => {
            return request_scalar(
                fields,
                &[
                    &["groupId"],
                    &["groupName"],
                    &["ModifySecurityGroupRulesRequest", "GroupId"],
                ],
            );
        }
        _ => return None,
    };
    Some(fields.text(member)?.into_owned())
}

fn request_scalar(fields: &Fields<'_, '_>, paths: &[&[&str]]) -> Option<String> {
    paths
        .iter()
        .find_map(|path| fields.scalar(Member::RequestParameters, path))
}
