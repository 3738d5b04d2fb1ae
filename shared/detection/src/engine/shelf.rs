//! The rules of a set as their authors meant them, taken down when asked for.
//!
//! A function that starts needs the compiled conditions; a rule's texts are
//! wanted only where it matches. So a set that is kept as bytes keeps each
//! rule closed until then.

use std::sync::{LazyLock, OnceLock};

use crate::engine::bytes::BytesError;
use crate::rule::{
    Condition, Detection, Level, Location, Logic, Meta, Rule, Search, SearchBody, Settings,
};

/// Rules in the order of their set.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    rules: Vec<Shelved>,
}

#[derive(Debug)]
struct Shelved {
    written: &'static [u8],
    rule: OnceLock<Box<Rule>>,
}

impl Shelf {
    /// A shelf of rules that are at hand.
    pub(crate) fn new(rules: Vec<Rule>) -> Self {
        let shelved = rules.into_iter().map(|rule| Shelved {
            written: &[],
            rule: OnceLock::from(Box::new(rule)),
        });
        Self {
            rules: shelved.collect(),
        }
    }

    /// A shelf of rules as [`Shelf::written`] gave them.
    pub(crate) fn closed(written: Vec<&'static [u8]>) -> Self {
        let shelved = written.into_iter().map(|written| Shelved {
            written,
            rule: OnceLock::new(),
        });
        Self {
            rules: shelved.collect(),
        }
    }

    /// Each rule as bytes.
    ///
    /// # Errors
    /// Where a rule cannot be encoded; none that the loader makes.
    pub(crate) fn written(&self) -> Result<Vec<Vec<u8>>, BytesError> {
        let rules = self.iter();
        rules
            .map(|rule| postcard::to_stdvec(rule).map_err(BytesError::Unwritable))
            .collect()
    }

    /// The rule at a place; one that never matches where there is none, or
    /// where its bytes are damaged.
    pub(crate) fn get(&self, place: usize) -> &Rule {
        self.rules.get(place).map_or(&NO_RULE, Shelved::get)
    }

    /// Every rule, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(Shelved::get)
    }

    pub(crate) fn len(&self) -> usize {
        self.rules.len()
    }
}

impl Shelved {
    fn get(&self) -> &Rule {
        self.rule.get_or_init(|| {
            let rule = postcard::from_bytes(self.written);
            Box::new(rule.unwrap_or_else(|_| NO_RULE.clone()))
        })
    }
}

/// What stands where no rule is.
static NO_RULE: LazyLock<Rule> = LazyLock::new(|| Rule {
    meta: Meta {
        id: String::new(),
        name: None,
        title: "no such rule".to_owned(),
        status: None,
        level: Level::Informational,
        description: String::new(),
        author: None,
        references: Vec::new(),
        tags: Vec::new(),
        false_positives: Vec::new(),
        version: String::new(),
        location: Location {
            file: String::new(),
            line: 0,
        },
        settings: Settings::default(),
    },
    logic: Logic::Event(Detection {
        searches: vec![Search {
            name: "none".to_owned(),
            body: SearchBody::AnyOf(Vec::new()),
        }],
        condition: Condition::Search(0),
    }),
});
