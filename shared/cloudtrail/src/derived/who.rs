//! Who acted, and with what.

use crate::bounds::MAX_AGENT_CHARS;
use crate::member::Member;
use crate::record::Record;

/// The role behind an assumed role's session, else the principal.
pub(super) fn role(record: &Record<'_>) -> Option<String> {
    record
        .member(Member::IdentitySessionContext)
        .and_then(|context| context.get("sessionIssuer"))
        .and_then(|issuer| issuer.get("arn"))
        .filter(|arn| !arn.is_null())
        .map(|arn| arn.text().into_owned())
        .filter(|arn| !arn.is_empty())
        .or_else(|| record.principal().map(Into::into))
}

/// The product at the start of the user agent: `aws-cli` for
/// `aws-cli/2.31.0 md/...`, the whole where there is no version.
pub(super) fn agent(record: &Record<'_>) -> Option<String> {
    let text = record.text(Member::UserAgent)?;
    // AWS puts what a service passes on in brackets.
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let words = text.split('/').next().unwrap_or_default();
    let product = if words.len() < text.len() {
        words.split_whitespace().next().unwrap_or_default()
    } else {
        let version = words
            .split_whitespace()
            .skip(1)
            .find(|word| {
                word.trim_start_matches(['v', 'V'])
                    .starts_with(|c: char| c.is_ascii_digit())
            })
            .and_then(|word| words.find(word));
        words
            .get(..version.unwrap_or(words.len()))
            .unwrap_or_default()
    };
    let product: String = product
        .trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';'))
        .chars()
        .take(MAX_AGENT_CHARS)
        .collect();
    (!product.is_empty()).then(|| product.to_lowercase())
}

#[cfg(test)]
mod tests {
    use crate::derived::{Derived, tests::values};

    #[test]
    fn the_role_of_a_session_is_its_issuer() {
        let text = r#"{"userIdentity":{"arn":"session","sessionContext":{"sessionIssuer":{"arn":"role"}}}}"#;
        assert_eq!(values(Derived::Role, text), ["role"]);
        assert_eq!(values(Derived::Principal, text), ["session"]);
        let text = r#"{"userIdentity":{"arn":"user","sessionContext":{"sessionIssuer":{}}}}"#;
        assert_eq!(values(Derived::Role, text), ["user"]);
    }

    #[test]
    fn the_agent_is_the_product() {
        for (agent, product) in [
            ("aws-cli/2.31.0 md/awscrt#0.27 ua/2.1", "aws-cli"),
            ("Boto3/1.26.1 Python/3.9", "boto3"),
            ("[Boto3/1.26.1 Python/3.9]", "boto3"),
            ("[S3Console/0.4, aws-internal/3]", "s3console"),
            ("console.ec2.amazonaws.com", "console.ec2.amazonaws.com"),
            ("AWS Internal", "aws internal"),
            ("AWSCloudTrail, aws-internal/3", "awscloudtrail"),
            ("Mozilla/5.0 (X11)", "mozilla"),
            ("My Tool v1.2 beta", "my tool"),
        ] {
            let text = format!(r#"{{"userAgent":"{agent}"}}"#);
            assert_eq!(values(Derived::Agent, &text), [product], "{agent}");
        }
        assert_eq!(values(Derived::Agent, r#"{"userAgent":""}"#), [""; 0]);
        assert_eq!(values(Derived::Agent, r#"{"userAgent":null}"#), [""; 0]);
    }
}
