//! A table of string sets, and workers that carry plans out step by step in
//! whatever order a schedule says, crashing and starting anew.

use std::collections::{BTreeMap, BTreeSet};

use detection::correlate::{
    Batch, Crossing, Member, Origin, Sighting, Stream, WindowPlan, sighting_of,
};
use detection::rule::Correlation;

/// One thing left out or done wrongly, to prove that the tests notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sabotage {
    Nothing,
    /// A full set takes no more: what came first stays.
    CapInOrderOfArrival,
    /// Only the written bucket is read.
    NoNeighbours,
    /// The decision is taken from what was read before the writes.
    DecideBeforeWriting,
}

/// A correlation and, for a chain, the one that watches it.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) inner: Correlation,
    pub(crate) inner_stream: Stream,
    pub(crate) outer: Option<(Correlation, Stream)>,
}

pub(crate) const INNER: &str = "inner";

/// What was found: (level, group, fold window).
pub(crate) type Found = BTreeSet<(&'static str, Vec<String>, i64)>;

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) capped_sets: usize,
    pub(crate) crossings_over_buckets: usize,
    pub(crate) crashes: usize,
}

#[derive(Debug)]
pub(crate) struct World<'r> {
    rules: &'r Rules,
    sabotage: Sabotage,
    sets: BTreeMap<(String, i64), BTreeSet<String>>,
    pub(crate) found: Found,
    pub(crate) counters: Counters,
}

/// One batch on its way.
struct Worker<'r> {
    batch: Vec<Sighting>,
    todo: Vec<Step>,
    plans: Vec<WindowPlan<'r>>,
    read: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Write(usize, usize),
    Read(usize, i64),
    Decide(usize),
}

impl<'r> World<'r> {
    pub(crate) fn new(rules: &'r Rules, sabotage: Sabotage) -> Self {
        Self {
            rules,
            sabotage,
            sets: BTreeMap::new(),
            found: Found::new(),
            counters: Counters::default(),
        }
    }

    /// Runs the batches with up to `workers` at a time. The schedule says who
    /// moves next, whether the worker crashes instead, and how eagerly
    /// surplus members are dropped; it is read round and round.
    pub(crate) fn run(&mut self, batches: Vec<Vec<Sighting>>, workers: usize, schedule: &[u16]) {
        let mut waiting = batches.into_iter();
        let mut active: Vec<Worker<'r>> = Vec::new();
        let mut turns = schedule.iter().copied().cycle();
        let mut crashes_left = 12;
        loop {
            while active.len() < workers {
                let Some(batch) = waiting.next() else { break };
                active.push(self.start(batch));
            }
            if active.is_empty() {
                return;
            }
            let turn = turns.next().unwrap_or(0);
            let chosen = usize::from(turn >> 4) % active.len();
            if turn % 16 == 15 && crashes_left > 0 {
                crashes_left -= 1;
                self.counters.crashes += 1;
                let batch = active.swap_remove(chosen).batch;
                active.push(self.start(batch));
            } else if active[chosen].todo.is_empty() {
                active.swap_remove(chosen);
            } else {
                self.step(&mut active[chosen], turn & 1 == 0);
            }
        }
    }

    fn start(&self, batch: Vec<Sighting>) -> Worker<'r> {
        let mut inner = Batch::new();
        for sighting in &batch {
            let key = format!("inner/{}", sighting.group.join("/"));
            inner.add(&key, &self.rules.inner_stream, sighting);
        }
        let mut worker = Worker {
            todo: Vec::new(),
            plans: Vec::new(),
            read: Vec::new(),
            batch,
        };
        self.enqueue(&mut worker, inner.plan());
        if let Some((outer, stream)) = &self.rules.outer {
            let mut direct = Batch::new();
            for sighting in worker.batch.clone() {
                let seen = direct_sighting(&self.rules.inner, outer, &sighting);
                let key = format!("outer/{}", seen.group.join("/"));
                direct.add(&key, stream, &seen);
            }
            self.enqueue(&mut worker, direct.plan());
        }
        worker
    }

    /// Steps are kept last first.
    fn enqueue(&self, worker: &mut Worker<'r>, plans: Vec<WindowPlan<'r>>) {
        let mut steps = Vec::new();
        for plan in plans {
            let at = worker.plans.len();
            let writes: Vec<_> = (0..plan.writes.len()).map(|n| Step::Write(at, n)).collect();
            let written: Vec<i64> = plan.writes.iter().map(|write| write.bucket).collect();
            let reads: Vec<_> = plan
                .reads
                .iter()
                .filter(|b| self.sabotage != Sabotage::NoNeighbours || written.contains(b))
                .map(|bucket| Step::Read(at, *bucket))
                .collect();
            if self.sabotage == Sabotage::DecideBeforeWriting {
                steps.extend(reads);
                steps.extend(writes);
            } else {
                steps.extend(writes);
                steps.extend(reads);
            }
            steps.push(Step::Decide(at));
            worker.plans.push(plan);
        }
        steps.reverse();
        steps.append(&mut worker.todo);
        worker.todo = steps;
    }

    fn step(&mut self, worker: &mut Worker<'r>, eager: bool) {
        match worker.todo.pop() {
            Some(Step::Write(plan, write)) => self.write(&worker.plans[plan], write, eager),
            Some(Step::Read(plan, bucket)) => {
                let key = (worker.plans[plan].key.clone(), bucket);
                worker
                    .read
                    .extend(self.sets.get(&key).into_iter().flatten().cloned());
            }
            Some(Step::Decide(plan)) => {
                let read = std::mem::take(&mut worker.read);
                let plan = &worker.plans[plan];
                let crossings = plan.decide(&read).unwrap();
                self.note(plan, &crossings);
                let chained = self.emit(plan, &crossings);
                self.enqueue(worker, chained);
            }
            None => {}
        }
    }

    fn write(&mut self, plan: &WindowPlan<'_>, write: usize, eager: bool) {
        let write = &plan.writes[write];
        let set = self
            .sets
            .entry((plan.key.clone(), write.bucket))
            .or_default();
        let parse = |set: &BTreeSet<String>| -> BTreeSet<Member> {
            set.iter()
                .map(|text| Member::parse(text).unwrap())
                .collect()
        };
        if self.sabotage == Sabotage::CapInOrderOfArrival {
            for member in &write.members {
                let mut with = set.clone();
                with.insert(member.clone());
                let (kept, _) = plan.stream.retain(&parse(&with));
                if kept.len() == with.len() {
                    *set = with;
                } else {
                    self.counters.capped_sets += 1;
                }
            }
            return;
        }
        set.extend(write.members.iter().cloned());
        let whole: Vec<String> = set.iter().cloned().collect();
        let drop = if eager {
            let members = parse(set);
            let (kept, _) = plan.stream.retain(&members);
            members.difference(&kept).map(Member::to_string).collect()
        } else {
            plan.surplus(&whole).unwrap().drop
        };
        self.counters.capped_sets += usize::from(!drop.is_empty());
        set.retain(|member| !drop.contains(member));
    }

    fn note(&mut self, plan: &WindowPlan<'_>, crossings: &[Crossing]) {
        let (level, group) = plan.key.split_once('/').unwrap();
        let level = if level == "inner" { "inner" } else { "outer" };
        let group: Vec<String> = group.split('/').map(str::to_owned).collect();
        for crossing in crossings {
            let over = crossing.members.first().is_some_and(|oldest| {
                plan.stream.bucket(oldest.time) != plan.stream.bucket(crossing.time)
            });
            self.counters.crossings_over_buckets += usize::from(over);
            self.found
                .insert((level, group.clone(), crossing.fold_window));
        }
    }

    fn emit(&self, plan: &WindowPlan<'r>, crossings: &[Crossing]) -> Vec<WindowPlan<'r>> {
        let Some((outer, stream)) = &self.rules.outer else {
            return Vec::new();
        };
        let Some(group) = plan.key.strip_prefix("inner/") else {
            return Vec::new();
        };
        let group: Vec<String> = group.split('/').map(str::to_owned).collect();
        let mut batch = Batch::new();
        for crossing in crossings {
            let seen = sighting_of(crossing, origin(&group), &self.rules.inner, outer);
            batch.add(&format!("outer/{}", seen.group.join("/")), stream, &seen);
        }
        batch.plan()
    }
}

pub(crate) fn origin(group: &[String]) -> Origin<'_> {
    Origin {
        rule: INNER,
        version: "1",
        scope: "111122223333",
        group,
    }
}

/// A plain event as the outer correlation sees it.
pub(crate) fn direct_sighting(
    inner: &Correlation,
    outer: &Correlation,
    seen: &Sighting,
) -> Sighting {
    let field = |name: &String| {
        let place = inner
            .group_by
            .iter()
            .position(|field| field == name)
            .unwrap();
        seen.group[place].clone()
    };
    Sighting {
        group: outer.group_by.iter().map(field).collect(),
        ..seen.clone()
    }
}
