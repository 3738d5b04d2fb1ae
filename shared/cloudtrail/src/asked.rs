//! What several rules ask of one record, worked out once.
//!
//! Nothing here is done for a record that no rule looks into.

use std::ops::Range;
use std::sync::OnceLock;

use serde_json::Value;

use crate::json::Json;

/// Answers to be given again.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    children: OnceLock<Vec<Child>>,
    tree: OnceLock<Option<Box<Value>>>,
}

/// Where a member of the request's parameters lies in them.
#[derive(Debug, Clone)]
struct Child {
    key: Range<usize>,
    value: Range<usize>,
}

impl Asked {
    /// The member `key` of `parameters`, which are always those of one
    /// record; the last one where the key stands twice.
    pub(crate) fn child<'p>(&self, parameters: Json<'p>, key: &str) -> Option<Json<'p>> {
        let children = self.children.get_or_init(|| {
            let mut members = parameters.members();
            let places = std::iter::from_fn(|| members.next_places());
            places.map(|(key, value)| Child { key, value }).collect()
        });
        let written = parameters.as_written();
        let at = |range: &Range<usize>| {
            let bytes = written.get(range.clone()).unwrap_or_default();
            Json::spanning(bytes, parameters.layer())
        };
        let found = children.iter().rev();
        let mut found = found.filter(|child| at(&child.key).is_named(key));
        found.next().map(|child| at(&child.value))
    }

    /// The tree of the request's parameters, made by `make` at the first time.
    pub(crate) fn tree(&self, make: impl FnOnce() -> Option<Value>) -> Option<&Value> {
        self.tree.get_or_init(|| make().map(Box::new)).as_deref()
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
