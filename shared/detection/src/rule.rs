//! A rule as its author meant it: the Sigma document with every modifier
//! already resolved into a test, and nothing compiled yet.
//!
//! This is the boundary inside the crate: the language (`sigma/`) produces
//! these values, the engine (`engine/`) consumes them, and the built-in rules
//! are stored in this form.

mod condition;
mod correlation;
mod presence;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub use condition::Condition;
pub use correlation::{
    Aggregate, Alias, Correlation, CorrelationKind, MAX_STREAMED_COUNT, MAX_STREAMED_RULES,
    MAX_STREAMED_TIMESPAN_SECONDS, MAX_WAYS, Threshold,
};
pub use presence::Presence;

/// Where a document begins: the file as its bringer names it, and the line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file's name, as given to the loader.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// How grave a finding is, in Sigma's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "Sigma's five levels, in order")]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

/// One loaded rule, of either kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// What people read.
    pub meta: Meta,
    /// What the engine does.
    pub logic: Logic,
}

/// What people read of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// Sigma's `id`; where a document has none, a name derived from its title.
    pub id: String,
    /// Sigma's `name`, by which correlations refer to the rule.
    pub name: Option<String>,
    /// Sigma's `title`.
    pub title: String,
    /// Sigma's `status` (`stable`, `test`, `experimental`, ...).
    pub status: Option<String>,
    /// Sigma's `level`; `medium` where a document has none.
    pub level: Level,
    /// Sigma's `description`.
    pub description: String,
    /// Sigma's `author`.
    pub author: Option<String>,
    /// Sigma's `references`.
    pub references: Vec<String>,
    /// Sigma's `tags`, for ATT&CK in the form `attack.t1098.001`.
    pub tags: Vec<String>,
    /// Sigma's `falsepositives`.
    pub false_positives: Vec<String>,
    /// A fingerprint of the document's text: 16 lower-case hex digits that
    /// change whenever the rule changes. State of one version never mixes
    /// with that of another.
    pub version: String,
    /// Where the document begins.
    pub location: Location,
    /// The `trailward:` block.
    pub settings: Settings,
}

/// The `trailward:` block: what Sigma has no word for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Fields whose values make the fold group; empty means the principal.
    pub group: Vec<String>,
    /// The fold window in seconds; `None` means a day (for a correlation: the
    /// smallest whole multiple of its timespan that is at least a day).
    pub fold_seconds: Option<u64>,
    /// Whether state and groups span accounts.
    pub scope: Scope,
    /// Whether the rule counts without alerting.
    pub staged: Staged,
    /// The level of an event that carries an `errorCode`; `None` means that
    /// an attempt ranks as a success does.
    pub failed_level: Option<Level>,
    /// What an attacker gains, in a sentence.
    pub gain: Option<String>,
    /// What to do first, step by step.
    pub response: Response,
    /// Further scalar fields that the alert may show, chosen by the author.
    pub details: Vec<String>,
    /// Fires on the first sight of a value instead of on every event.
    pub first_seen: Option<FirstSeen>,
    /// The rule guards Trailward or the trail itself: no exception hides it.
    pub protected: bool,
}

/// How far a rule's state reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Accounts never mix.
    #[default]
    Account,
    /// State spans the accounts of the organization.
    Organization,
}

/// Whether a rule is on trial: it counts and is reported, but does not alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Staged {
    /// The rule alerts.
    #[default]
    No,
    /// The rule does not alert.
    Yes,
    /// The rule does not alert on events before this time (epoch seconds).
    Until(i64),
}

/// Response steps in the two languages of the alerts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Response {
    /// English.
    pub en: Vec<String>,
    /// Chinese.
    pub zh: Vec<String>,
}

/// The `first_seen` part of the `trailward:` block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstSeen {
    /// The field whose values are remembered.
    pub value: String,
    /// How long after the rule's activation values are only learned.
    pub learn_seconds: u64,
    /// A value not seen for this long is new again.
    pub forget_seconds: u64,
}

/// What the engine does with a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Logic {
    /// Judges single events.
    Event(Detection),
    /// Judges events together.
    Correlation(Correlation),
    /// Hides findings of other rules (a Sigma filter document: an exception).
    Filter(Filter),
}

/// The detection of an event rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// The named searches, in the order written.
    pub searches: Vec<Search>,
    /// The condition over them.
    pub condition: Condition,
}

/// One named search of a detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// Its name, as the condition uses it.
    pub name: String,
    /// What it tests.
    pub body: SearchBody,
}

/// What a search tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SearchBody {
    /// A map: every item holds.
    AllOf(Vec<FieldTest>),
    /// A list of maps (or of lists): one of them holds.
    AnyOf(Vec<SearchBody>),
    /// A map that mixes fields and keywords (`'|all': [..]`): every part holds.
    Every(Vec<SearchBody>),
    /// Values without a field, looked for in every value of the record. A
    /// keyword is found inside a value: its text patterns begin and end with
    /// [`PatternPart::Any`] already.
    Keywords(ValueList),
}

/// One line of a map: a field and what must hold for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldTest {
    /// The field's dotted path as written.
    pub field: String,
    /// The `neq` modifier: the test must not hold.
    pub negated: bool,
    /// What must hold.
    pub test: FieldPredicate,
}

/// What must hold for a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum FieldPredicate {
    /// The field is present (`true`) or absent (`false`).
    Exists(bool),
    /// The field's value passes the tests.
    Values(ValueList),
}

/// Several values of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ValueList {
    /// With the modifier `all`, every value must pass; else one of them.
    pub all: bool,
    /// The tests.
    pub tests: Vec<ValueTest>,
}

/// One test of one value. An array passes if one of its elements does; an
/// object is compared as its JSON text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ValueTest {
    /// Absent or null.
    Null,
    /// Text with wildcards.
    Text(TextPattern),
    /// A regular expression, searched for anywhere, with Sigma's flags.
    Regex(RegexPattern),
    /// An address inside a network.
    Cidr(IpNet),
    /// A number on the right side of a bound.
    Compare(Comparison, f64),
    /// The value of another field of the same record.
    FieldRef(FieldRef),
    /// A part of a time stamp (modifiers `minute`, `hour`, `day`, `week`,
    /// `month`, `year`) compared with a number.
    TimePart(TimePart, Comparison, i64),
    /// One of these passes, also within a list that asks for `all`: the
    /// variants that `base64offset` and `windash` make of one value. Empty for
    /// a placeholder whose list is empty: such a value never passes.
    AnyOf(Vec<ValueTest>),
}

/// Text with Sigma's wildcards. Booleans of a rule come as text too, and so do
/// numbers behind `contains` and its like: they equal a JSON number, boolean or
/// string of the same spelling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPattern {
    /// The parts in order; no two literals stand side by side.
    pub parts: Vec<PatternPart>,
    /// With the modifier `cased`, case matters. Where it is `false`, the
    /// literals are already lower-cased, character by character
    /// (`char::to_lowercase`, without regard to the neighbours).
    pub cased: bool,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PatternPart {
    /// Exactly this text.
    Literal(String),
    /// `*`: any text, also none.
    Any,
    /// `?`: one character.
    One,
}

/// A regular expression with its flags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegexPattern {
    /// The expression.
    pub pattern: String,
    /// Modifier `i`.
    pub ignore_case: bool,
    /// Modifier `m`.
    pub multi_line: bool,
    /// Modifier `s`.
    pub dot_all: bool,
}

/// How two numbers compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "named as the Sigma modifiers and correlation conditions are"
)]
pub enum Comparison {
    Eq,
    Neq,
    Lt,
    Lte,
    Gt,
    Gte,
}

/// The modifier `fieldref`, with `startswith`, `endswith` or `contains`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRef {
    /// The other field's dotted path.
    pub field: String,
    /// How the two values must relate.
    pub relation: Relation,
    /// Whether case matters.
    pub cased: bool,
}

/// How a value relates to a referenced one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as the Sigma modifiers are")]
pub enum Relation {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
}

/// A part of a time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "named as the Sigma modifiers are")]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// A Sigma filter document: an exception to other rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Filter {
    /// Ids of the rules it applies to (a name as written where no rule of that
    /// name was known at load); empty for every rule (`rules: any`).
    pub rules: Vec<String>,
    /// When it applies. `not selection` in the document's condition is read
    /// as the filter's own sense: this condition holds for events that the
    /// rule keeps.
    pub detection: Detection,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Why it exists.
    pub reason: Option<String>,
    /// When it stops working (epoch seconds).
    pub expires: Option<i64>,
}
