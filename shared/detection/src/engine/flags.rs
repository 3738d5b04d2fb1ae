//! The flags of a call, taken together: whether it only reads, whether it is a
//! management event.
//!
//! Each says yes, no or nothing, so that together they say one of a few
//! things, which have their places ready: no value has to be looked up.

use cloudtrail::{Member, Record};

/// The members that are flags.
pub(crate) const MEMBERS: [Member; 2] = [Member::ReadOnly, Member::ManagementEvent];

/// How many things a flag says.
const EACH: usize = 3;

/// How many things all of them say together.
pub(crate) const TOGETHER: usize = EACH.pow(MEMBERS.len() as u32);

/// What a record says, by number below [`TOGETHER`]; `None` where a flag is
/// neither yes nor no, or the record exceeds a bound.
#[inline(always)]
pub(crate) fn told(record: &Record<'_>) -> Option<usize> {
    if record.is_oversize() {
        return None;
    }
    MEMBERS.iter().try_fold(0, |number, member| {
        let flag = match record.written(*member) {
            None => 0,
            Some((b"false", _)) => 1,
            Some((b"true", _)) => 2,
            Some(_) => return None,
        };
        Some(EACH * number + flag)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cloudtrail::Layer;

    use super::*;

    fn told(text: &str) -> Option<usize> {
        super::told(&Record::scan(text.as_bytes(), Layer::Plain).unwrap())
    }

    #[test]
    fn only_the_same_flags_are_told_alike() {
        let mut numbers = BTreeSet::new();
        for reads in ["", ",\"readOnly\":false", ",\"readOnly\":true"] {
            for manages in [
                "",
                ",\"managementEvent\":false",
                ",\"managementEvent\":true",
            ] {
                let text = format!("{{\"eventName\":\"A\"{reads}{manages}}}");
                numbers.insert(told(&text).unwrap());
            }
        }
        assert!(numbers.into_iter().eq(0..TOGETHER));
    }

    #[test]
    fn what_is_neither_yes_nor_no_is_not_told() {
        for value in [
            "null",
            "\"true\"",
            "\"false\"",
            "tru3",
            "True",
            "1",
            "[true]",
            "{}",
        ] {
            for key in ["readOnly", "managementEvent"] {
                let text = format!("{{\"eventName\":\"A\",\"{key}\":{value}}}");
                assert_eq!(told(&text), None, "{text}");
            }
        }
    }

    #[test]
    fn a_record_beyond_a_bound_is_not_told() {
        let text = format!(
            "{{\"eventName\":\"{}\",\"readOnly\":true}}",
            "x".repeat(cloudtrail::bounds::MAX_RECORD_BYTES)
        );
        assert_eq!(told(&text), None);
    }
}
