//! Why a rule holds for a record, or does not: search by search, field by
//! field, in words for the rule's author.

use std::fmt;
use std::ops::ControlFlow;

use cloudtrail::Record;

use crate::engine::evaluate::{Answers, FaultReason, Judge};
use crate::engine::field::Field;
use crate::engine::program::{Compiler, Node};
use crate::engine::ruleset::{RuleIndex, RuleSet};
use crate::engine::text::Text;
use crate::engine::wording::{condition_text, together_text, values_text};
use crate::rule::{
    Detection, FieldPredicate, FieldTest, Logic, Search, SearchBody, ValueList, ValueTest,
};

/// Values of a field that are shown at most.
const SHOWN_VALUES: usize = 5;

/// Characters of a value that are shown at most.
const SHOWN_CHARACTERS: usize = 200;

/// What kind of rule is explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explained {
    /// A rule over single records.
    Event,
    /// A correlation, which judges records together.
    Correlation,
    /// An exception: it keeps what it holds for and hides the others.
    Exception,
}

/// Why a rule holds or does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What kind of rule it is.
    pub kind: Explained,
    /// The rule's title.
    pub title: String,
    /// The rule's id.
    pub id: String,
    /// Whether it holds; `None` for a correlation, which judges no single
    /// record, and where a bound was exceeded.
    pub held: Option<bool>,
    /// The condition, with the names of the searches; of a correlation what
    /// has to come together.
    pub condition: String,
    /// The searches, in the order written.
    pub searches: Vec<SearchExplanation>,
}

/// How one search came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchExplanation {
    /// Its name.
    pub name: String,
    /// Whether it holds.
    pub held: Option<bool>,
    /// Its lines, in the order written; those of a list of maps one map after
    /// the other.
    pub items: Vec<ItemExplanation>,
}

/// How one line of a search came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemExplanation {
    /// The field; `None` for keywords.
    pub field: Option<String>,
    /// Of a list of maps, which one (counted from 1).
    pub alternative: Option<usize>,
    /// What was wanted.
    pub wanted: String,
    /// The field's values in the record, shortened; empty for an absent field.
    pub seen: Vec<String>,
    /// Whether the line holds.
    pub held: Option<bool>,
}

impl RuleSet {
    /// Explains how a rule comes out for a record.
    pub fn explain(&self, rule: RuleIndex, record: &Record<'_>) -> Explanation {
        let rule = self.rule(rule);
        let mut explanation = Explanation {
            kind: match rule.logic {
                Logic::Event(_) => Explained::Event,
                Logic::Correlation(_) => Explained::Correlation,
                Logic::Filter(_) => Explained::Exception,
            },
            title: rule.meta.title.clone(),
            id: rule.meta.id.clone(),
            held: None,
            condition: String::new(),
            searches: Vec::new(),
        };
        let detection = match &rule.logic {
            Logic::Event(detection) => detection,
            Logic::Filter(filter) => &filter.detection,
            Logic::Correlation(correlation) => {
                explanation.condition = together_text(correlation);
                return explanation;
            }
        };
        let mut asking = Asking { record };
        explanation.held = asking.detection(detection);
        let names: Vec<&str> = detection.searches.iter().map(|s| s.name.as_str()).collect();
        explanation.condition = condition_text(&detection.condition, &names);
        explanation.searches = detection
            .searches
            .iter()
            .map(|search| asking.search(search))
            .collect();
        explanation
    }
}

/// Compiles and asks the parts of a rule one by one.
struct Asking<'a, 'r> {
    record: &'a Record<'r>,
}

impl Asking<'_, '_> {
    fn detection(&mut self, detection: &Detection) -> Option<bool> {
        self.held(|compiler| compiler.detection(detection))
    }

    fn held(&self, compile: impl FnOnce(&mut Compiler) -> Result<Node, String>) -> Option<bool> {
        let mut compiler = Compiler::default();
        let node = compile(&mut compiler).ok()?;
        let mut answers = Answers::default();
        answers.begin(compiler.program());
        let outcome: Result<bool, FaultReason> = Judge {
            program: compiler.program(),
            record: self.record,
            answers: &mut answers,
        }
        .holds(&node);
        outcome.ok()
    }

    fn search(&mut self, search: &Search) -> SearchExplanation {
        let mut items = Vec::new();
        self.body(&search.body, None, &mut items);
        SearchExplanation {
            name: search.name.clone(),
            held: self.held(|compiler| compiler.body(&search.body, 0)),
            items,
        }
    }

    fn body(
        &mut self,
        body: &SearchBody,
        alternative: Option<usize>,
        items: &mut Vec<ItemExplanation>,
    ) {
        match body {
            SearchBody::AllOf(tests) => {
                items.extend(tests.iter().map(|test| self.item(test, alternative)));
            }
            SearchBody::AnyOf(bodies) => {
                for (index, body) in bodies.iter().enumerate() {
                    self.body(body, alternative.or(Some(index + 1)), items);
                }
            }
            SearchBody::Every(bodies) => {
                for body in bodies {
                    self.body(body, alternative, items);
                }
            }
            SearchBody::Keywords(values) => items.push(ItemExplanation {
                field: None,
                alternative,
                wanted: values_text(values),
                seen: Vec::new(),
                held: self.held(|compiler| compiler.body(body, 0)),
            }),
        }
    }

    fn item(&mut self, test: &FieldTest, alternative: Option<usize>) -> ItemExplanation {
        let wanted = match &test.test {
            FieldPredicate::Exists(true) => "to exist".to_owned(),
            FieldPredicate::Exists(false) => "not to exist".to_owned(),
            FieldPredicate::Values(values) => values_text(values),
        };
        ItemExplanation {
            field: Some(test.field.clone()),
            alternative,
            wanted: if test.negated {
                format!("not {wanted}")
            } else {
                wanted
            } + &self.referred(test),
            seen: self.seen(&test.field),
            held: self.held(|compiler| Ok(compiler.item(test))),
        }
    }

    /// What stands in the fields that a test refers to.
    fn referred(&self, test: &FieldTest) -> String {
        let FieldPredicate::Values(ValueList { tests, .. }) = &test.test else {
            return String::new();
        };
        let fields = tests.iter().filter_map(|test| match test {
            ValueTest::FieldRef(reference) => Some(reference.field.as_str()),
            _ => None,
        });
        fields
            .map(|field| format!("; `{field}` is {}", or_absent(&self.seen(field))))
            .collect()
    }

    fn seen(&self, path: &str) -> Vec<String> {
        let mut seen = Vec::new();
        Field::new(path).each(self.record, &mut |value| {
            seen.push(match Text::of(value) {
                Some(text) => shortened(text.as_str()),
                None => "null".to_owned(),
            });
            if seen.len() < SHOWN_VALUES {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        seen
    }
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARACTERS).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

fn or_absent(seen: &[String]) -> String {
    match seen {
        [] => "absent".to_owned(),
        seen => seen.join(", "),
    }
}

fn verdict(held: Option<bool>) -> &'static str {
    match held {
        Some(true) => "yes",
        Some(false) => "no ",
        None => "?  ",
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = match (self.kind, self.held) {
            (Explained::Correlation, _) => "judges records together",
            (Explained::Event, Some(true)) => "matches",
            (Explained::Event, Some(false)) => "does not match",
            (Explained::Exception, Some(true)) => "does not hide this record",
            (Explained::Exception, Some(false)) => "hides this record",
            (_, None) => "was not judged: the record has too many values",
        };
        writeln!(f, "{} ({}) {outcome}", self.title, self.id)?;
        writeln!(f, "condition: {}", self.condition)?;
        for search in &self.searches {
            write!(f, "{search}")?;
        }
        Ok(())
    }
}

impl fmt::Display for SearchExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", verdict(self.held), self.name)?;
        self.items
            .iter()
            .try_for_each(|item| writeln!(f, "    {item}"))
    }
}

impl fmt::Display for ItemExplanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", verdict(self.held))?;
        if let Some(alternative) = self.alternative {
            write!(f, "[{alternative}] ")?;
        }
        match &self.field {
            None => write!(f, "anywhere in the record: wanted {}", self.wanted),
            Some(field) => {
                let seen = or_absent(&self.seen);
                write!(f, "{field}: {seen}; wanted {}", self.wanted)
            }
        }
    }
}
