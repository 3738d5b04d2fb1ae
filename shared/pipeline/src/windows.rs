//! Correlations: members first, then consistent reads of the neighbours, then
//! the decision, whoever wrote the members.

use std::collections::BTreeMap;

use detection::correlate::{self, Batch, Crossing, Origin, Stream, WindowPlan};
use detection::engine::RuleIndex;
use detection::rule::{Correlation, Logic, Rule};

use crate::alert::Together;
use crate::cases::{Case, Naming, Outcome, PairId, is_staged};
use crate::gather::Watched;
use crate::invocation::Problem;
use crate::keys::{self, FoldWindow};
use crate::ports::{CountEntry, CounterKey, MemberSet, WindowKey};
use crate::work::Work;

/// Longest chain of correlations that watch each other.
const MAX_CHAIN: usize = 16;

/// The sightings of one round: of records first, then of the crossings that
/// the round before found.
#[derive(Default)]
pub(crate) struct Round<'a> {
    batch: Batch<'a>,
    windows: BTreeMap<String, Window>,
}

/// One correlation and group in this batch.
struct Window {
    rule: RuleIndex,
    account: String,
    group: Vec<String>,
    sights: Vec<Sight>,
}

/// What brought a member.
struct Sight {
    time: i64,
    /// The place of the event that is told if this makes the window cross.
    event: usize,
    pair: Option<PairId>,
    details: Vec<(String, String)>,
}

impl<'a> Work<'a> {
    /// Notes a finding for a correlation that watches its rule, and answers
    /// which counter moves with it.
    pub(crate) fn watch(
        &mut self,
        place: usize,
        watched: &Watched,
        entry: usize,
    ) -> Option<CounterKey> {
        let rule = self.rules.rule(watched.correlation);
        let event = self.events.get(place)?;
        let account = event.facts.account.clone();
        let stream = self.streams.get(&watched.correlation);
        let alone = self.rules.alerts_alone(watched.correlation);
        if let Some(journal) = self.journal.as_deref_mut() {
            journal.watched(watched, event, stream.is_some());
        }
        let stream = stream?;
        if watched.excepted_by.is_some() {
            if alone {
                self.pairs.closed(Outcome::Excepted);
            }
            return None;
        }
        let pair = alone.then(|| self.pairs.open(Some(entry)));
        let time = watched.sighting.time;
        let window = FoldWindow::holding(time, keys::fold_seconds(rule));
        let naming = Naming::of(rule, &account, &watched.sighting.group, window, false);
        let sight = Sight {
            time,
            event: place,
            pair,
            details: watched.details.clone(),
        };
        let mut round = std::mem::take(&mut self.round);
        let counts = round.add(
            (watched.correlation, rule, stream),
            &account,
            &watched.sighting,
            sight,
        );
        self.round = round;
        counts.then_some(CounterKey::Group {
            fingerprint: naming.fingerprint,
        })
    }

    /// Runs the rounds until no crossing is left that another correlation
    /// watches.
    pub(crate) async fn correlate(&mut self) {
        for _ in 0..MAX_CHAIN {
            let round = std::mem::take(&mut self.round);
            if round.windows.is_empty() {
                return;
            }
            let mut windows = round.windows;
            for plan in round.batch.plan() {
                let Some(window) = windows.remove(&plan.key) else {
                    continue;
                };
                match self.run_window(&plan).await {
                    Ok(crossings) => {
                        for crossing in crossings {
                            self.crossed(plan.stream, &window, &crossing);
                        }
                    }
                    Err(problem) => {
                        let pairs: Vec<PairId> = window
                            .sights
                            .iter()
                            .filter_map(|sight| sight.pair)
                            .collect();
                        self.fail(&pairs);
                        self.problems.push(problem);
                    }
                }
            }
        }
    }

    async fn run_window(&self, plan: &WindowPlan<'_>) -> Result<Vec<Crossing>, Problem> {
        if !self.has_time() {
            return Err(Problem::OutOfTime { left: 1 });
        }
        let key = WindowKey(plan.key.clone());
        let bad = |member: correlate::BadMember| Problem::BadMember {
            window: plan.key.clone(),
            member: member.0,
        };
        for write in &plan.writes {
            let members: MemberSet = write.members.iter().cloned().collect();
            let expiry = self.expiry(write.latest, 0);
            let set = self
                .state
                .add_members(&key, write.bucket, &members, expiry)
                .await?;
            let set: Vec<String> = set.into_iter().collect();
            let surplus = plan.surplus(&set).map_err(bad)?;
            if surplus.beyond_bound || write.beyond_bound {
                tracing::warn!(window = %plan.key, "a window holds more than it may remember");
            }
            if !surplus.drop.is_empty() {
                let drop: MemberSet = surplus.drop.into_iter().collect();
                self.state.drop_members(&key, write.bucket, &drop).await?;
            }
        }
        let now = self.now();
        let sets = self.state.read_members(&key, &plan.reads, now).await?;
        let members: Vec<String> = sets.into_iter().flatten().collect();
        plan.decide(&members).map_err(bad)
    }

    /// A window crossed: a case to tell, and a sighting for whoever watches.
    fn crossed(&mut self, stream: &Stream, window: &Window, crossing: &Crossing) {
        let rules = self.rules;
        let rule = rules.rule(window.rule);
        let Logic::Correlation(correlation) = &rule.logic else {
            return;
        };
        if crossing.first && rules.alerts_alone(window.rule) {
            self.crossing_case(stream, window, crossing);
        }
        let origin = Origin {
            rule: &rule.meta.id,
            version: &rule.meta.version,
            scope: keys::state_account(rule, &window.account),
            group: &window.group,
        };
        for outer in rules.correlations_of(window.rule) {
            let outer_rule = rules.rule(*outer);
            let (Logic::Correlation(watching), Some(stream)) =
                (&outer_rule.logic, self.streams.get(outer))
            else {
                continue;
            };
            let sighting = correlate::sighting_of(crossing, origin, correlation, watching);
            let sight = Sight {
                time: crossing.time,
                event: window.told(crossing.fold_window, rule).event,
                pair: None,
                details: Vec::new(),
            };
            let mut round = std::mem::take(&mut self.round);
            round.add(
                (*outer, outer_rule, stream),
                &window.account,
                &sighting,
                sight,
            );
            self.round = round;
        }
    }

    fn crossing_case(&mut self, stream: &Stream, window: &Window, crossing: &Crossing) {
        let rules = self.rules;
        let rule = rules.rule(window.rule);
        let fold = FoldWindow {
            start: crossing.fold_window,
            seconds: keys::signed(keys::fold_seconds(rule)),
        };
        let naming = Naming::of(rule, &window.account, &window.group, fold, false);
        let entry = self.entries.len();
        self.entries.push(CountEntry {
            event: naming.fingerprint.clone(),
            rule: keys::rule_version(&rule.meta),
            counters: vec![CounterKey::Day {
                day: fold.start.div_euclid(86_400),
                account: keys::state_account(rule, &window.account).to_owned(),
                rule: rule.meta.id.clone(),
            }],
        });
        let mut pairs = window.pairs_in(fold, rule);
        if pairs.is_empty() {
            pairs.push(self.pairs.open(Some(entry)));
        }
        let told = window.told(fold.start, rule);
        let case = Case {
            rule: window.rule,
            level: naming.level,
            event: told.event,
            details: told.details.clone(),
            together: Some(together(rules, stream, window, crossing)),
            window: fold,
            fingerprint: naming.fingerprint,
            previous: naming.previous,
            group: window.group.clone(),
            pairs,
        };
        if let (Some(journal), Some(event)) =
            (self.journal.as_deref_mut(), self.events.get(case.event))
        {
            journal.correlation(rule, &case, &event.facts, crossing);
        }
        if is_staged(rule, crossing.time) {
            for pair in &case.pairs {
                self.pairs.close(*pair, Outcome::Staged);
            }
        } else {
            self.open_case(case);
        }
    }
}

impl<'a> Round<'a> {
    fn add(
        &mut self,
        (index, rule, stream): (RuleIndex, &Rule, &'a Stream),
        account: &str,
        sighting: &correlate::Sighting,
        sight: Sight,
    ) -> bool {
        let key = keys::window(rule, account, &sighting.group).0;
        if !self.batch.add(&key, stream, sighting) {
            return false;
        }
        let window = self.windows.entry(key).or_insert_with(|| Window {
            rule: index,
            account: account.to_owned(),
            group: sighting.group.clone(),
            sights: Vec::new(),
        });
        window.sights.push(sight);
        true
    }
}

impl Window {
    fn pairs_in(&self, fold: FoldWindow, rule: &Rule) -> Vec<PairId> {
        let seconds = keys::fold_seconds(rule);
        self.sights
            .iter()
            .filter(|sight| FoldWindow::holding(sight.time, seconds) == fold)
            .filter_map(|sight| sight.pair)
            .collect()
    }

    /// The sight that is told: the latest of the fold window, else of all.
    fn told(&self, fold_start: i64, rule: &Rule) -> &Sight {
        static NONE: Sight = Sight {
            time: 0,
            event: usize::MAX,
            pair: None,
            details: Vec::new(),
        };
        let seconds = keys::fold_seconds(rule);
        let inside = |sight: &&Sight| FoldWindow::holding(sight.time, seconds).start == fold_start;
        self.sights
            .iter()
            .max_by_key(|sight| (inside(sight), sight.time))
            .unwrap_or(&NONE)
    }
}

fn together(
    rules: &detection::engine::RuleSet,
    stream: &Stream,
    window: &Window,
    crossing: &Crossing,
) -> Together {
    let mut steps: Vec<String> = Vec::new();
    for id in crossing
        .members
        .iter()
        .filter_map(|member| stream.rule_of(member))
    {
        let title = rules
            .by_id(id)
            .map_or(id, |step| rules.rule(step).meta.title.as_str());
        if steps.last().is_none_or(|last| last != title) {
            steps.push(title.to_owned());
        }
    }
    let names = group_names(&rules.rule(window.rule).logic);
    Together {
        count: crossing.count,
        from: crossing
            .members
            .first()
            .map_or(crossing.time, |first| first.time),
        to: crossing.time,
        steps,
        group: names.iter().cloned().zip(window.group.clone()).collect(),
    }
}

fn group_names(logic: &Logic) -> &[String] {
    match logic {
        Logic::Correlation(Correlation { group_by, .. }) => group_by,
        _ => &[],
    }
}
