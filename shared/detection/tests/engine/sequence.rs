//! Long sequences of records that are put together from few parts, so that
//! values return, give way to others and stand in odd records between.

use cloudtrail::Layer;
use proptest::prelude::*;

use crate::agreement::written;
use crate::oracle::Tree;

/// How a record of a sequence is put together.
#[derive(Debug, Clone)]
pub(crate) struct Mixed {
    top: prop::sample::Index,
    identity: prop::sample::Index,
    number: usize,
    pub(crate) code: u8,
    context: u8,
    agent: u8,
    style: u8,
    pub(crate) layer: Layer,
}

pub(crate) fn sequence() -> impl Strategy<Value = Vec<Mixed>> {
    let one = (
        any::<[prop::sample::Index; 2]>(),
        0usize..600,
        (0u8..12, 0u8..10, 0u8..6),
        prop_oneof![4 => Just(0u8), 1 => 0u8..9],
        prop::sample::select(vec![Layer::Plain, Layer::Escaped]),
    );
    let one = one.prop_map(
        |([top, identity], number, (code, context, agent), style, layer)| Mixed {
            top,
            identity,
            number,
            code,
            context,
            agent,
            style,
            layer,
        },
    );
    prop::collection::vec(one, 200)
}

pub(crate) fn text(text: impl Into<String>) -> Tree {
    Tree::Text(text.into())
}

fn map(key: &str, value: Tree) -> Tree {
    Tree::Map(vec![(key.to_owned(), value)])
}

/// Puts a member in the place of any that has its key.
pub(crate) fn put(members: &mut Vec<(String, Tree)>, key: &str, value: Option<Tree>) {
    members.retain(|(known, _)| known != key);
    members.extend(value.map(|value| (key.to_owned(), value)));
}

impl Mixed {
    /// The record's members, without a name.
    pub(crate) fn members(&self, pool: &[Tree]) -> Vec<(String, Tree)> {
        let of = |index: &prop::sample::Index| match &pool[index.index(pool.len())] {
            Tree::Map(members) => members.clone(),
            _ => Vec::new(),
        };
        let mut members = of(&self.top);
        let identity = of(&self.identity).into_iter();
        let mut identity = identity
            .filter(|(key, _)| key == "userIdentity")
            .map(|(_, value)| value)
            .next();
        let n = self.number;
        let issuer = |n: usize| map("sessionIssuer", map("arn", text(format!("arn {}", n % 40))));
        if let Some(Tree::Map(inner)) = &mut identity {
            match self.context {
                0 => put(inner, "sessionContext", Some(issuer(n))),
                1 => put(inner, "sessionContext.a", Some(text("a"))),
                2 => put(inner, "sessionContext", None),
                3 => put(inner, "type", Some(text("Root"))),
                4 => put(inner, "type", None),
                _ => {}
            }
        }
        identity = match (self.context, identity) {
            (5, Some(identity)) => Some(Tree::List(vec![identity, map("type", text("a"))])),
            (6, _) => Some(text("a")),
            (7, _) => Some(Tree::Null),
            (_, identity) => identity,
        };
        put(&mut members, "userIdentity", identity);
        if self.context == 8 {
            let inner = map("a", text("Root"));
            put(&mut members, "userIdentity.sessionContext", Some(inner));
        }
        match self.code {
            0..4 => put(&mut members, "errorCode", Some(text(format!("code {n}")))),
            4 => put(&mut members, "errorCode", None),
            5 => put(&mut members, "errorCode", Some(Tree::Word(n.to_string()))),
            6 => {
                let long = format!("{}{}", "x".repeat(2_000 + n % 60), n % 10);
                put(&mut members, "errorCode", Some(text(long)));
            }
            7 => {
                let long = format!("{}{}", "x".repeat(58 + n % 8), n % 10);
                put(&mut members, "errorCode", Some(text(long)));
            }
            8 => {
                let list = Tree::List(vec![text(n.to_string()), Tree::Null]);
                put(&mut members, "errorCode", Some(list));
            }
            _ => {}
        }
        match self.agent {
            0 | 1 => {
                let agent = ("userAgent", format!("aws-cli/{n} a"));
                let address = ("sourceIPAddress", format!("10.{}.2.3", n % 3));
                let mut both = [address, agent];
                if self.agent == 1 {
                    both.reverse();
                }
                for (key, value) in both {
                    put(&mut members, key, Some(text(value)));
                }
            }
            2 => put(&mut members, "userAgent", Some(map("a", text("a")))),
            _ => {}
        }
        put(&mut members, "eventName", None);
        members
    }

    /// The record with a name.
    pub(crate) fn named(&self, members: &[(String, Tree)], name: Tree) -> Tree {
        let mut members = members.to_vec();
        members.push(("eventName".to_owned(), name));
        Tree::Map(members)
    }

    pub(crate) fn text(&self, record: &Tree) -> String {
        in_layer(&written(record, self.style), self.layer)
    }
}

/// A text as it stands in the layer.
fn in_layer(text: &str, layer: Layer) -> String {
    match layer {
        Layer::Plain => text.to_owned(),
        Layer::Escaped => {
            let quoted = serde_json::to_string(text).unwrap();
            quoted[1..quoted.len() - 1].to_owned()
        }
    }
}
