//! What several rules ask of one record, worked out once.
//!
//! Nothing here is done for a record that no rule looks into.

use std::cell::OnceCell;
use std::ops::Range;

use serde_json::Value;

use crate::derived::Policies;
use crate::json::{Json, is_plain};
use crate::spans::Span;

/// Answers to be given again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    children: OnceCell<Vec<Child>>,
    tree: OnceCell<Option<Box<Value>>>,
    policies: OnceCell<Box<Policies>>,
}

/// Parameters for which there is room at once; few requests have more.
const ORDINARY: usize = 16;

/// Where a member of the request's parameters lies in them.
#[derive(Debug, Clone)]
struct Child {
    key: Span,
    value: Span,
    /// What stands between the key's quotes if that is all there is to it:
    /// ASCII without an escape.
    name: Option<Span>,
}

impl Child {
    fn new(parameters: Json<'_>, key: Range<usize>, value: Range<usize>) -> Option<Self> {
        let written = parameters.as_written();
        let quote = parameters.layer().quote();
        let name = key.start + quote..key.end.checked_sub(quote)?;
        let plain = is_plain(written.get(name.clone())?);
        Some(Self {
            key: Span::new(key.start, key.end)?,
            value: Span::new(value.start, value.end)?,
            name: plain.then(|| Span::new(name.start, name.end)).flatten(),
        })
    }

    fn is_named(&self, name: &str, parameters: Json<'_>) -> bool {
        match self.name {
            Some(plain) => plain.of(parameters.as_written()) == name.as_bytes(),
            None => parameters.part(self.key).is_named(name),
        }
    }
}

impl Asked {
    /// The member `key` of `parameters`, which are always those of one
    /// record; the last one where the key stands twice.
    pub(crate) fn child<'p>(&self, parameters: Json<'p>, key: &str) -> Option<Json<'p>> {
        let children = self.children.get_or_init(|| {
            let mut children = Vec::with_capacity(ORDINARY);
            let mut members = parameters.members();
            while let Some((key, value)) = members.next_places() {
                children.extend(Child::new(parameters, key, value));
            }
            children
        });
        let mut found = children.iter().rev();
        let found = found.find(|child| child.is_named(key, parameters));
        found.map(|child| parameters.part(child.value))
    }

    /// The tree of the request's parameters, made by `make` at the first time.
    pub(crate) fn tree(&self, make: impl FnOnce() -> Option<Value>) -> Option<&Value> {
        self.tree.get_or_init(|| make().map(Box::new)).as_deref()
    }

    /// The policies in the request, read by `read` at the first time.
    pub(crate) fn policies(&self, read: impl FnOnce() -> Policies) -> &Policies {
        self.policies.get_or_init(|| Box::new(read()))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Layer, Member, Record};

    #[test]
    fn noted_keys_are_found_as_others_are() {
        let text = r#"{"requestParameters":{"a":1,"b\u0063":[2],"a":{"x":3},"d":null},
            "responseElements":{"a":4}}"#;
        let quoted = serde_json::to_string(text).unwrap();
        for record in [
            Record::scan(text.as_bytes(), Layer::Plain).unwrap(),
            Record::scan(&quoted.as_bytes()[1..quoted.len() - 1], Layer::Escaped).unwrap(),
        ] {
            for member in [Member::RequestParameters, Member::ResponseElements] {
                for key in ["a", "bc", "d", "e", "b\\u0063", ""] {
                    let plainly = record.member(member).unwrap().get(key);
                    let noted = record.child(member, key);
                    assert_eq!(
                        noted.map(|value| value.text().into_owned()),
                        plainly.map(|value| value.text().into_owned()),
                        "{key}"
                    );
                }
            }
        }
    }
}
