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
