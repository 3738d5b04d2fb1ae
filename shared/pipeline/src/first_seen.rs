//! Values seen for the first time: read, judge, replace, judge anew where
//! another writer was quicker.

use detection::correlate::first_seen::{Novelty, judge, needed_until};
use detection::rule::{FirstSeen, Meta};

use crate::cases::Outcome;
use crate::gather::Finding;
use crate::invocation::Problem;
use crate::keys;
use crate::ports::SeenKey;
use crate::work::Work;

/// Tries to write a value against other writers.
const MAX_TRIES: usize = 8;

impl Work<'_> {
    /// Whether a finding counts: always, but for a `first_seen` rule only
    /// where the value is new. Otherwise its pair is closed here.
    pub(crate) async fn is_new(&mut self, place: usize, finding: &Finding) -> bool {
        let rules = self.rules;
        let rule = rules.rule(finding.rule);
        let Some(first_seen) = &rule.meta.settings.first_seen else {
            return true;
        };
        let outcome = match (self.events.get(place), &finding.value) {
            (Some(event), Some(value)) => {
                let facts = &event.facts;
                let key = SeenKey {
                    rule: keys::seen(rule, &facts.account, &finding.group),
                    value: keys::seen_value(value),
                };
                let sighting = (facts.time_or_epoch(), facts.identity.as_str());
                self.sight(finding.rule, &rule.meta, first_seen, key, sighting)
                    .await
            }
            // Without the value there is nothing to be new.
            _ => Ok(Novelty::Learned),
        };
        match outcome {
            Ok(Novelty::New) => return true,
            Ok(Novelty::Known) => self.pairs.closed(Outcome::AlreadyKnown),
            Ok(Novelty::Learned) => self.pairs.closed(Outcome::BelowThreshold),
            Err(problem) => {
                self.pairs.closed(Outcome::Failed);
                self.problems.push(problem);
            }
        }
        false
    }

    async fn sight(
        &mut self,
        index: detection::engine::RuleIndex,
        meta: &Meta,
        settings: &FirstSeen,
        key: SeenKey,
        (time, identity): (i64, &str),
    ) -> Result<Novelty, Problem> {
        let remembered = self.remembered.seen.get(&key);
        if remembered.is_some_and(|seen| seen.settles(settings, time, identity)) {
            return Ok(Novelty::Known);
        }
        if !self.has_time() {
            return Err(Problem::OutOfTime { left: 1 });
        }
        let activated = self.activated(index, meta).await?;
        for _ in 0..MAX_TRIES {
            let now = self.now();
            let known = self.state.seen(&key, now).await?;
            let decision = judge(settings, activated, known.as_ref(), time, identity);
            let Some(becomes) = decision.write else {
                if let Some(known) = known {
                    self.remembered.see(key, known);
                }
                return Ok(decision.novelty);
            };
            let needed = needed_until(settings, &becomes).saturating_sub(time);
            let expiry = self.expiry(time, needed.max(0));
            let replaced = self
                .state
                .replace_seen(&key, known.as_ref(), &becomes, expiry)
                .await?;
            if replaced {
                self.remembered.see(key, becomes);
                return Ok(decision.novelty);
            }
        }
        Err(Problem::Contended { value: key.value })
    }

    /// When this version of the rule began, fixed by whoever asks first.
    async fn activated(
        &mut self,
        index: detection::engine::RuleIndex,
        meta: &Meta,
    ) -> Result<i64, Problem> {
        if let Some(time) = self.remembered.activated.get(&index) {
            return Ok(*time);
        }
        let key = keys::activation(meta);
        let time = self.state.fix_time(&key, self.activation).await?;
        self.remembered.activated.insert(index, time);
        Ok(time)
    }
}
