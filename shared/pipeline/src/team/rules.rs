//! The built-in rules and the team's as one set.

use detection::rule::Rule;
use detection::sigma::{self, Lists, Loaded, Source};
use detection::{RuleProblem, RuleSet};

use super::folder::Files;
use crate::ports::{PortError, TeamFolder};

/// The rules that are built in, under a team's lists.
pub struct BuiltIn {
    /// The rules.
    pub rules: Vec<Rule>,
    /// What was refused of them.
    pub problems: Vec<RuleProblem>,
    /// The shipped lists with the team's laid over them.
    pub lists: Lists,
}

impl BuiltIn {
    /// What loading the built-in rules gave, under these lists.
    pub fn new(loaded: Loaded, lists: Lists) -> Self {
        Self {
            rules: loaded.rules,
            problems: loaded.problems,
            lists,
        }
    }
}

/// Makes the built-in rules under a team's lists.
pub type MakeBuiltIn = dyn Fn(&Lists) -> BuiltIn + Send + Sync;

/// The built-in rules and the team's, loaded together.
pub struct TeamRules {
    /// All that loaded.
    pub set: RuleSet,
    /// The built-in ones.
    pub built_in: Vec<Rule>,
    /// The team's, exceptions among them.
    pub own: Vec<Rule>,
    /// The shipped lists with the team's laid over them.
    pub lists: Lists,
    /// Every document, rule or file that was refused.
    pub problems: Vec<RuleProblem>,
    /// Why the folder could not be read; the rules are then the built-in ones.
    pub unread: Option<PortError>,
}

impl TeamRules {
    /// Looks at the folder once and loads what is there; without a folder, the
    /// built-in rules. Never fails: a folder that cannot be read is said in
    /// `unread`, since the built-in rules are better than none.
    pub async fn read(folder: Option<&dyn TeamFolder>, built_in: &MakeBuiltIn) -> Self {
        let files = match folder {
            Some(folder) => Files::list_and_read(folder).await,
            None => Ok(Files::default()),
        };
        match files {
            Ok(files) => Self::load(&files, built_in),
            Err(error) => Self {
                unread: Some(error),
                ..Self::load(&Files::default(), built_in)
            },
        }
    }

    pub(super) fn load(files: &Files, built_in: &MakeBuiltIn) -> Self {
        let built_in = built_in(&files.lists);
        let sources: Vec<Source<'_>> = files
            .rules
            .iter()
            .map(|(name, text)| Source { name, text })
            .collect();
        let own = sigma::load_among(&sources, &built_in.lists, &built_in.rules);
        let (set, refused) = RuleSet::new([built_in.rules.as_slice(), &own.rules].concat());
        let mut problems = files.problems.clone();
        problems.extend(built_in.problems);
        problems.extend(own.problems);
        problems.extend(refused);
        Self {
            set,
            built_in: built_in.rules,
            own: own.rules,
            lists: built_in.lists,
            problems,
            unread: None,
        }
    }
}
