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
mod refusal;
mod rules;

use std::sync::Arc;

use detection::rule::Rule;

pub use difference::Difference;
use folder::Files;
pub(crate) use refusal::refusal;
pub use rules::{BuiltIn, MakeBuiltIn, TeamRules};

use crate::detect::Detector;
use crate::invocation::Invocation;
use crate::ports::{Listing, PortError, TeamFolder};

/// Seconds between two looks at the folder.
pub const LOOK_SECONDS: i64 = 300;

/// The team's folder, and what of it is in use.
pub struct Team {
    folder: Arc<dyn TeamFolder>,
    built_in: Arc<MakeBuiltIn>,
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
    rules: TeamRules,
    listing: Listing,
}

impl Team {
    /// A folder that was not looked at yet.
    pub fn new(folder: Arc<dyn TeamFolder>, built_in: Arc<MakeBuiltIn>) -> Self {
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
                let Changed { rules, listing } = *changed;
                let TeamRules {
                    set, own, problems, ..
                } = rules;
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
        let rules = TeamRules::load(&files, self.built_in.as_ref());
        Ok(Look::Changed(Box::new(Changed { rules, listing })))
    }
}
