//! What may be typed. The texts here are the manual.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use detection::rule::Level;

/// Analyse AWS CloudTrail files with the rules that watch the account.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
#[command(
    after_help = "Exit status: 0 done; 1 a check failed or --fail-on was reached; \
                        2 bad usage or unreadable input."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the rules over files and print findings and alerts
    Scan(Scan),
    /// Try quarantined records again: objects of the quarantine bucket, as downloaded
    Replay(Scan),
    /// Print the weekly report over files
    Report(Report),
    /// List, check, test and explain rules
    #[command(subcommand)]
    Rules(Rules),
    /// Check exceptions
    #[command(subcommand)]
    Exceptions(Exceptions),
}

/// Which rules are used, and what they let pass.
#[derive(Debug, Args)]
pub(crate) struct RuleSources {
    #[command(flatten)]
    pub(crate) rules: RuleFolders,
    /// A file of exceptions (Sigma filter documents)
    #[arg(long, value_name = "FILE")]
    pub(crate) exceptions: Option<PathBuf>,
}

/// Where rules and their lists come from.
#[derive(Debug, Args)]
pub(crate) struct RuleFolders {
    /// A folder (or file) of Sigma rules, besides the built-in ones; may be repeated
    #[arg(long = "rules", value_name = "DIR")]
    pub(crate) folders: Vec<PathBuf>,
    /// Leave the built-in rules out
    #[arg(long)]
    pub(crate) no_builtin_rules: bool,
    /// A folder of lists, one `NAME.txt` per placeholder `%NAME%`
    #[arg(long, value_name = "DIR")]
    pub(crate) lists: Option<PathBuf>,
}

/// Files to read.
#[derive(Debug, Args)]
pub(crate) struct Inputs {
    /// Files, folders, or `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Scan {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) rules: RuleSources,
    /// How findings are printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Print nothing below this level
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t = AtLevel::Informational)]
    pub(crate) min_level: AtLevel,
    /// Exit with status 1 where a finding has at least this level
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(crate) fail_on: Option<AtLevel>,
    /// Keep dedup state between runs in this file
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) rules: RuleSources,
    /// The report's language
    #[arg(long, value_enum, default_value_t = Language::En)]
    pub(crate) language: Language,
    /// Last day of the week reported (UTC, `2026-02-22`); without it, the last day on record
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<jiff::civil::Date>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// One line per rule: level, id, title
    List(RuleSources),
    /// Load every rule and print what is refused, with file and line
    Check(RuleSources),
    /// Run the cases that stand beside each rule
    Test(RuleSources),
    /// Show why a rule matches a record or not, field by field
    Explain(Explain),
    /// Say how often each rule would have fired over files, per day and principal
    Backtest(Backtest),
    /// Show which ATT&CK techniques the rules cover: as Markdown unless told otherwise
    Coverage(Coverage),
    /// Write the catalogue of the built-in rules: one Markdown page per tactic
    Catalogue(Catalogue),
    /// Make a rule file and its cases from one record
    New(New),
}

#[derive(Debug, Args)]
pub(crate) struct New {
    /// A file with one record, or `-` for standard input
    #[arg(value_name = "EVENT")]
    pub(crate) event: PathBuf,
    /// The folder to write to; it is made if need be
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) write: PathBuf,
    /// The rule's title; without it, which call was made
    #[arg(long)]
    pub(crate) title: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Backtest {
    #[command(flatten)]
    pub(crate) inputs: Inputs,
    #[command(flatten)]
    pub(crate) rules: RuleSources,
    /// How the outcome is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Coverage {
    /// Write an ATT&CK Navigator layer (JSON) to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) navigator: Option<PathBuf>,
    /// Write a heat map (SVG) to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) rules: RuleSources,
}

#[derive(Debug, Args)]
pub(crate) struct Catalogue {
    /// The folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    pub(crate) write: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A rule's id or name, the path of a built-in rule, or a rule file
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
    /// A file with one record, or `-` for standard input
    #[arg(value_name = "EVENT")]
    pub(crate) event: PathBuf,
    #[command(flatten)]
    pub(crate) sources: RuleSources,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Exceptions {
    /// Load a file of exceptions against all rules and print what is wrong with it
    Check(CheckExceptions),
}

#[derive(Debug, Args)]
pub(crate) struct CheckExceptions {
    /// A file of Sigma filter documents
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) rules: RuleFolders,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// English
    En,
    /// Chinese
    Zh,
}

/// Sigma's levels, as an option's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AtLevel {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl From<AtLevel> for Level {
    fn from(level: AtLevel) -> Self {
        match level {
            AtLevel::Informational => Level::Informational,
            AtLevel::Low => Level::Low,
            AtLevel::Medium => Level::Medium,
            AtLevel::High => Level::High,
            AtLevel::Critical => Level::Critical,
        }
    }
}
