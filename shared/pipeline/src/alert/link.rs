//! The way back to the event.

use uuid::Uuid;

use crate::facts::EventFacts;

/// Link to the event in CloudTrail's console, in the partition of its region.
///
/// A console link asks for a sign-in and lives as long as the event history.
/// `None` where region or event id are not what AWS writes, since both go into
/// the address.
pub fn console_link(event: &EventFacts) -> Option<String> {
    let region = event.region.as_str();
    let hyphenated = event.event_id.len() == uuid::fmt::Hyphenated::LENGTH;
    let id = Uuid::try_parse(&event.event_id)
        .ok()
        .filter(|_| hyphenated)?;
    if !is_region(region) {
        return None;
    }
    let host = if region.starts_with("cn-") {
        "console.amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com"
    } else {
        "console.aws.amazon.com"
    };
    Some(format!(
        "https://{region}.{host}/cloudtrailv2/home?region={region}#/events/{id}"
    ))
}

/// `us-east-1`, `ap-southeast-3`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [names @ .., number] = parts.as_slice() else {
        return false;
    };
    let lower = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    (2..=3).contains(&names.len())
        && names.iter().all(lower)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0f0e0d0c-0b0a-4909-8807-060504030201";

    fn link(region: &str, id: &str) -> Option<String> {
        console_link(&EventFacts {
            region: region.to_owned(),
            event_id: id.to_owned(),
            ..EventFacts::default()
        })
    }

    #[test]
    fn each_partition_has_its_console() {
        for (region, host) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn"),
            (
                "us-gov-west-1",
                "https://us-gov-west-1.console.amazonaws-us-gov.com",
            ),
        ] {
            let tail = format!("/cloudtrailv2/home?region={region}#/events/{ID}");
            assert_eq!(link(region, ID), Some(format!("{host}{tail}")));
        }
    }

    #[test]
    fn nothing_else_gets_into_an_address() {
        assert_eq!(link("us-east-1", "x' onclick='"), None);
        assert_eq!(link("us-east-1", &ID.replace('-', "")), None);
        assert_eq!(link("us-east-1", &format!("{{{ID}}}")), None);
        assert_eq!(link("evil.example/us-east-1", ID), None);
        assert_eq!(link("us-east-1.evil", ID), None);
        assert_eq!(link("", ID), None);
    }
}
