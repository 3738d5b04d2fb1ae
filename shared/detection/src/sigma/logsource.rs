//! The log source: CloudTrail or nothing. A rule for another log would load
//! and never match, which is worse than to be refused.

use super::problem::{Fault, slip_of};
use super::section;
use super::yaml::Map;

const WANTED: [(&str, &str); 2] = [("product", "aws"), ("service", "cloudtrail")];

const KEYS: [&str; 4] = ["category", "product", "service", "definition"];

/// Checks the log source of a rule; a filter may be without one.
pub(super) fn check(root: &Map, line: u32, needed: bool, faults: &mut Vec<Fault>) {
    if let Err(fault) = checked(root, line, needed) {
        faults.push(fault);
    }
}

fn checked(root: &Map, line: u32, needed: bool) -> Result<(), Fault> {
    let Some(entry) = root.get("logsource") else {
        return match needed {
            true => Err(Fault::new(
                line,
                "the rule has no `logsource`; write `product: aws` and `service: cloudtrail`",
            )),
            false => Ok(()),
        };
    };
    let map = section::map(entry)?;
    for entry in &map.entries {
        let known = KEYS.contains(&entry.key.as_str());
        if let Some(meant) = slip_of(&entry.key, KEYS).filter(|_| !known) {
            let message = format!(
                "unknown key `{}` in `logsource`; write `{meant}`",
                entry.key
            );
            return Err(Fault::new(entry.line, message));
        }
    }
    let mut given = 0;
    for (key, wanted) in WANTED {
        let Some(part) = map.get(key) else {
            continue;
        };
        match section::text(part)? {
            None => {}
            Some(word) if word.eq_ignore_ascii_case(wanted) => given += 1,
            Some(word) => {
                let message =
                    format!("the log source `{key}: {word}` is not watched; valid is `{wanted}`");
                return Err(Fault::new(part.line, message));
            }
        }
    }
    // A category narrows a product; a service is CloudTrail whatever else it is.
    let service = map.get("service").map(section::text).transpose()?.flatten();
    if let Some(category) = map.get("category")
        && let Some(word) = section::text(category)?
        && service.is_none()
    {
        let message = format!(
            "the log source `category: {word}` is none of CloudTrail's; write `service: cloudtrail`"
        );
        return Err(Fault::new(category.line, message));
    }
    match given {
        0 => Err(Fault::new(
            entry.line,
            "`logsource` is empty; write `product: aws` and `service: cloudtrail`",
        )),
        _ => Ok(()),
    }
}
