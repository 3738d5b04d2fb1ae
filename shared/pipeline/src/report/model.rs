//! What a report says, before it has words.

use detection::rule::Level;

use super::loaded::LoadedRules;
use super::period::Period;
use crate::ports::Partition;

/// The six counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Successful console sign-ins of root.
    pub root_sign_ins: u64,
    /// Successful console sign-ins of users and root without MFA.
    pub sign_ins_without_mfa: u64,
    /// Calls that can raise the caller's own rights, refused ones too.
    pub escalation_attempts: u64,
    /// Changes of trails.
    pub trail_changes: u64,
    /// Changes of security groups.
    pub security_group_changes: u64,
    /// Calls that were refused.
    pub denied_calls: u64,
}

/// What kind of thing was found, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The trail was blinded, or somebody tried.
    TrailTampering,
    /// Root was used.
    RootUse,
    /// A user or root signed in without MFA.
    SignInWithoutMfa,
    /// A caller raised rights.
    Escalation,
    /// A security group was opened to the world.
    WorldOpenGroup,
    /// A user called from an address not seen before.
    UnusualAddress,
    /// A caller was refused often.
    DeniedBurst,
}

impl Kind {
    /// Every kind, the gravest first.
    pub const ALL: [Kind; 7] = [
        Kind::TrailTampering,
        Kind::RootUse,
        Kind::SignInWithoutMfa,
        Kind::Escalation,
        Kind::WorldOpenGroup,
        Kind::UnusualAddress,
        Kind::DeniedBurst,
    ];
}

/// An address with what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As the record writes it.
    pub text: String,
    /// Public, and either listed or not in use before the period.
    pub suspicious: bool,
}

/// One finding. Texts are as the records have them: rendering neutralises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: Kind,
    /// Who, as a person would say it.
    pub user: String,
    /// The account it happened in.
    pub account: String,
    /// First time, as CloudTrail writes it.
    pub first_time: String,
    /// Last time; equal to the first for a single event.
    pub last_time: String,
    /// Events in the order they happened.
    pub events: Option<String>,
    /// How many events.
    pub count: u64,
    /// How many of them were refused.
    pub failed: u64,
    /// From where.
    pub addresses: Vec<Address>,
    /// What was acted on: trails, security groups.
    pub targets: Vec<String>,
}

impl Finding {
    /// Whether one of its addresses is suspicious.
    pub fn is_suspicious(&self) -> bool {
        self.addresses.iter().any(|address| address.suspicious)
    }
}

/// Findings of one kind: those that are told, and how many more there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingGroup {
    /// The kind.
    pub kind: Kind,
    /// The findings told.
    pub told: Vec<Finding>,
    /// Findings past the bound.
    pub untold: usize,
    /// The query reached its limit: there may be still more.
    pub cut: bool,
}

/// A part of the report that could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The query's or the state's name.
    pub name: String,
    /// Why, in the service's own words.
    pub reason: String,
}

/// How the earlier week serves for comparing addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// Addresses were compared with those of the week before.
    Known,
    /// The week before has no public address: nothing to compare with.
    Empty,
    /// The question failed.
    Missing,
}

/// What a rule did in the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCount {
    /// The rule's title, or its id where no rule of that id is loaded.
    pub title: String,
    /// The rule's level; `None` where no rule of that id is loaded.
    pub level: Option<Level>,
    /// The team's, not built in.
    pub own: bool,
    /// Findings that its counters hold.
    pub count: u64,
}

/// What the rules did in the period.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleActivity {
    /// Alerts that were told.
    pub alerts: u64,
    /// Findings of the rules that alert.
    pub findings: u64,
    /// Rules with findings, the gravest first: so many, every one of the team's,
    /// and those that are not loaded.
    pub top: Vec<RuleCount>,
    /// Rules with findings that `top` leaves out.
    pub untold: usize,
    /// Staged rules, with what they would have said.
    pub staged: Vec<RuleCount>,
    /// Titles of the team's rules without a finding.
    pub silent: Vec<String>,
}

/// How many of the expected filters and alarms stand, where it is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlarmState {
    /// CIS metric filters that stand, and how many should.
    pub filters: Option<(u32, u32)>,
    /// CloudWatch alarms that are active, and how many should be.
    pub alarms: Option<(u32, u32)>,
}

/// The whole report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Accounts that the report covers, sorted.
    pub accounts: Vec<String>,
    /// The period.
    pub period: Period,
    /// The trail's name.
    pub trail: String,
    /// Whether it is an organization's trail.
    pub organization: bool,
    /// The counts, `None` where the question failed.
    pub counts: Option<Counts>,
    /// Findings by kind, the gravest first; kinds without one are left out.
    pub findings: Vec<FindingGroup>,
    /// How addresses were judged.
    pub baseline: Baseline,
    /// The rules that are in use, and those that were refused.
    pub rules: LoadedRules,
    /// What the rules did, `None` where the state did not answer.
    pub activity: Option<RuleActivity>,
    /// Filters and alarms.
    pub alarms: AlarmState,
    /// Sections that could not be made.
    pub missing: Vec<Missing>,
    /// Accounts and regions that delivered nothing in the period.
    pub silent: Vec<Partition>,
    /// Accounts and regions that no statement could name.
    pub left_out: Vec<String>,
}
