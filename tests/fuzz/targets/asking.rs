//! What is asked of every record that comes through: all that has an answer
//! of its own to compute.

use cloudtrail::{Derived, Member, Record};

/// Asks a record everything; the answers do not matter, a panic does.
pub fn ask(record: &Record<'_>) {
    for (member, _) in Member::ALL {
        record.text(member);
    }
    for (derived, _) in Derived::ALL {
        record.derived(derived);
    }
    record.identity();
    record.event_time();
    record.principal();
    record.account();
    record.root().text();
}

/// Asserts that a reader of many records reads this one as it is read alone:
/// what the reader knows of the one before changes nothing.
#[allow(dead_code, reason = "not every target reads many")]
pub fn reads_alone(record: &Record<'_>) {
    let alone = Record::scan(record.root().as_written(), record.layer());
    let alone = alone.expect("what was a record is one");
    for (member, path) in Member::ALL {
        let written = |record: &Record<'_>| Some(record.member(member)?.text().into_owned());
        assert_eq!(written(record), written(&alone), "{path}");
    }
}
