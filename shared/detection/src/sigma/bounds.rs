//! How much of everything the language accepts. A rule set over a bound is
//! refused by name, never truncated.

/// The longest source text in bytes.
pub const MAX_SOURCE_BYTES: usize = 1 << 20;
/// The most rules of one set.
pub const MAX_RULES: usize = 10_000;
/// The deepest nesting of a YAML document.
pub const MAX_NESTING: usize = 32;
/// The most nodes of one YAML document, aliases written out.
pub const MAX_NODES: usize = 50_000;
/// The longest single value (a text, a pattern, a regular expression) in bytes.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;
/// The most tests that one line of a selection may become through its
/// placeholders and modifiers.
pub const MAX_TESTS: usize = 50_000;
/// The most memory that one compiled regular expression may take, in bytes.
pub const MAX_REGEX_BYTES: usize = 1 << 20;
/// The deepest nesting of a condition.
pub const MAX_CONDITION_DEPTH: usize = 32;
/// The most places where a condition may name a search, written out.
pub const MAX_CONDITION_TERMS: usize = 2_000;
/// The most dashes of one value that `windash` varies.
pub const MAX_DASHES: usize = 3;
/// The longest chain of correlations over correlations.
pub const MAX_CHAIN: usize = 8;
/// The most rules that one correlation watches.
pub const MAX_WATCHED: usize = 64;
/// The longest fold window in seconds (31 days): counts are kept for 35.
pub const MAX_FOLD_SECONDS: u64 = 31 * 86_400;
/// The longest time for which values of a `first-seen` rule are remembered, in
/// seconds (two years).
pub const MAX_MEMORY_SECONDS: u64 = 731 * 86_400;
