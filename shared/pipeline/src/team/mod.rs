//! A team's own rules, lists and exceptions, taken up while running.
//!
//! A broken set never replaces a good one: as long as one document of the
//! folder is refused, a running container keeps the set it has. A container
//! that starts has none to keep, so it runs what loads. Either way the
//! refusals are counted (the stack has an alarm on them) and mailed once.
//! A folder that cannot be read leaves the set as it is: detection with the
//! built-in rules is better than none.

mod announce;
mod difference;
mod folder;

use std::sync::Arc;

use detection::rule::Rule;
use detection::sigma::{self, Lists, Source};
use detection::{RuleProblem, RuleSet};

pub use difference::Difference;
use folder::Files;

use crate::detect::Detector;
use crate::invocation::Invocation;
use crate::ports::{Listing, PortError, TeamFolder};

/// Seconds between two looks at the folder.
pub const LOOK_SECONDS: i64 = 300;

/// The rules that are built in, under a team's lists.
pub struct BuiltIn {
    /// The rules.
    pub rules: Vec<Rule>,
    /// What was refused of them.
    pub problems: Vec<RuleProblem>,
    /// The shipped lists with the team's laid over them.
    pub lists: Lists,
}

/// Makes the built-in rules under a team's lists.
pub type MakeBuiltIn = Arc<dyn Fn(&Lists) -> BuiltIn + Send + Sync>;

/// The team's folder, and what of it is in use.
pub struct Team {
    folder: Arc<dyn TeamFolder>,
    built_in: MakeBuiltIn,
    /// What the folder held at the last look that read it.
    seen: Option<Listing>,
    /// The team's rules in use; `None` before the first look.
    in_use: Option<Vec<Rule>>,
    /// Documents refused at that look.
    refused: usize,
    next_look: i64,
}

/// What a look at the folder found.
enum Look {
    /// It is not yet time.
    NotYet,
    /// What was seen last is what is there.
    Unchanged,
    /// Another set, loaded.
    Changed(Box<Changed>),
}

/// Another set, loaded.
struct Changed {
    set: RuleSet,
    own: Vec<Rule>,
    problems: Vec<RuleProblem>,
    listing: Listing,
}

impl Team {
    /// A folder that was not looked at yet.
    pub fn new(folder: Arc<dyn TeamFolder>, built_in: MakeBuiltIn) -> Self {
        Self {
            folder,
            built_in,
            seen: None,
            in_use: None,
            refused: 0,
            next_look: i64::MIN,
        }
    }

    /// Looks at the folder, at most every [`LOOK_SECONDS`], and lets the
    /// detector go on with what it holds. Never fails: what goes wrong is
    /// counted, logged and tried again.
    pub async fn refresh(&mut self, detector: &mut Detector, invocation: &Invocation) {
        let now = (detector.parts.clock)().div_euclid(1_000);
        match self.look(now).await {
            Ok(Look::NotYet) => {}
            // A folder that could not be read for a while is readable again.
            Ok(Look::Unchanged) => detector.parts.rules_refused = self.refused,
            Ok(Look::Changed(changed)) => {
                let Changed {
                    set,
                    own,
                    problems,
                    listing,
                } = *changed;
                self.refused = problems.len();
                detector.parts.rules_refused = self.refused;
                for problem in &problems {
                    tracing::error!(%problem, "a rule of the team was refused");
                }
                let takes = problems.is_empty() || self.in_use.is_none();
                let difference =
                    Difference::between(self.in_use.as_deref().unwrap_or_default(), &own);
                if takes {
                    detector.use_rules(set);
                    self.in_use = Some(own);
                }
                let news = announce::News {
                    difference,
                    problems,
                    taken: takes,
                    listing,
                };
                announce::tell(&news, &detector.parts, invocation).await;
            }
            Err(error) => {
                // Whatever is in use stays; the alarm on refused rules speaks.
                detector.parts.rules_refused = detector.parts.rules_refused.max(1);
                tracing::error!(%error, "the team's rules could not be read");
            }
        }
    }

    async fn look(&mut self, now: i64) -> Result<Look, PortError> {
        if now < self.next_look {
            return Ok(Look::NotYet);
        }
        self.next_look = now.saturating_add(LOOK_SECONDS);
        let listing = self.folder.list().await?;
        if self.seen.as_ref() == Some(&listing) {
            return Ok(Look::Unchanged);
        }
        if self.in_use.is_none() && listing.is_empty() {
            // Nothing to take up: what the detector began with is right.
            self.in_use = Some(Vec::new());
            self.seen = Some(listing);
            return Ok(Look::Unchanged);
        }
        let files = Files::read(self.folder.as_ref(), &listing).await?;
        self.seen = Some(listing.clone());
        let (set, own, problems) = self.load(&files);
        Ok(Look::Changed(Box::new(Changed {
            set,
            own,
            problems,
            listing,
        })))
    }

    fn load(&self, files: &Files) -> (RuleSet, Vec<Rule>, Vec<RuleProblem>) {
        let built_in = (self.built_in)(&files.lists);
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
        (set, own.rules, problems)
    }
}
