//! A rule's condition, taken apart by what decides each part.

use serde::{Deserialize, Serialize};

use crate::engine::evaluate::{FaultReason, Judge};
use crate::engine::program::{Node, Program};

/// The parts of a condition, which all have to hold.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Split {
    /// Those that ask for a single source, by its place in the program's list.
    by_source: Box<[(usize, Node)]>,
    /// What no single source tells; `None` if there is nothing else.
    rest: Option<Node>,
}

impl Split {
    pub(crate) fn new(program: &Program, condition: &Node) -> Self {
        let mut by_source: Vec<(usize, Vec<Node>)> = Vec::new();
        let mut rest = Vec::new();
        for part in parts(condition, true) {
            let Some(source) = sole_source(program, &part) else {
                rest.push(part);
                continue;
            };
            match by_source.iter_mut().find(|(known, _)| *known == source) {
                Some((_, parts)) => parts.push(part),
                None => by_source.push((source, vec![part])),
            }
        }
        rest.sort_by_cached_key(|part| program.cost(part));
        Self {
            by_source: by_source
                .into_iter()
                .filter_map(|(source, parts)| Some((source, joined(parts)?)))
                .collect(),
            rest: joined(rest),
        }
    }

    /// The sources that tell about the condition.
    pub(crate) fn sources(&self) -> impl Iterator<Item = usize> {
        self.by_source.iter().map(|(source, _)| *source)
    }

    /// What a source alone tells.
    pub(crate) fn of(&self, source: usize) -> Option<&Node> {
        let mut parts = self.by_source.iter();
        parts.find(|(known, _)| *known == source).map(|(_, it)| it)
    }

    /// Whether the whole condition holds. A part that could not be judged
    /// counts only where the others leave the matter open.
    pub(crate) fn holds(&self, judge: &mut Judge<'_, '_>) -> Result<bool, FaultReason> {
        let parts = self.by_source.iter().map(|(_, part)| part);
        let mut outcome = Ok(true);
        for part in parts.chain(&self.rest) {
            match judge.holds(part) {
                Ok(true) => {}
                Ok(false) => return Ok(false),
                Err(fault) => outcome = Err(fault),
            }
        }
        outcome
    }

    /// What is left to ask when each source has told what it can.
    pub(crate) fn rest(&self) -> Option<&Node> {
        self.rest.as_ref()
    }
}

/// A condition that wants all of these; `None` of none.
fn joined(mut parts: Vec<Node>) -> Option<Node> {
    match parts.len() {
        0 | 1 => parts.pop(),
        _ => Some(Node::All(parts.into())),
    }
}

/// The parts that all have to hold for a condition to be what is wanted. Of
/// alternatives that must not hold, none may.
fn parts(node: &Node, wanted: bool) -> Vec<Node> {
    match (node, wanted) {
        (Node::All(inner), true) | (Node::Any(inner), false) => {
            inner.iter().flat_map(|part| parts(part, wanted)).collect()
        }
        (Node::Not(inner), _) => parts(inner, !wanted),
        (other, true) => vec![other.clone()],
        (other, false) => vec![Node::Not(Box::new(other.clone()))],
    }
}

/// The one source that a condition asks for, if it asks for no other.
fn sole_source(program: &Program, node: &Node) -> Option<usize> {
    match node {
        Node::Not(inner) => sole_source(program, inner),
        Node::All(parts) | Node::Any(parts) => {
            let mut sources = parts.iter().map(|part| sole_source(program, part));
            let first = sources.next()??;
            sources.all(|other| other == Some(first)).then_some(first)
        }
        Node::Test(predicate) => program.teller(*predicate),
    }
}
