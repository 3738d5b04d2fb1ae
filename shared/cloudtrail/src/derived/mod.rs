//! The `trailward.*` fields: what rules ask of a record that no member of it
//! says in so many words.
//!
//! They are computed when asked for, on the few records that reach a rule
//! with such a field, and never fail: what cannot be read has no value.

mod condition;
mod grants;
mod limits;
mod network;
mod policy;
mod tree;
mod who;
mod world_open;

use serde::{Deserialize, Serialize};

use crate::bounds::MAX_DERIVED_VALUES;
use crate::record::Record;

pub(crate) use policy::Policies;

/// A derived field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Derived {
    /// Who acted: arn, else userName, else principalId, else invokedBy.
    Principal,
    /// For an assumed role the role's arn, else the principal.
    Role,
    /// The source address cut to /24 or /48; absent for a service name.
    Network,
    /// The product at the start of the user agent, lower-cased, no version.
    Agent,
    /// `true` where a policy or grant in the request allows everybody.
    PolicyPublic,
    /// Accounts other than the record's that the request lets in.
    PolicyForeignAccount,
    /// Federated principals that a policy in the request allows.
    PolicyFederated,
    /// Service principals that a policy in the request allows.
    PolicyService,
    /// `true` where a policy in the request allows every action on everything.
    PolicyAdmin,
    /// Actions that policies in the request allow, lower-cased.
    PolicyAction,
    /// Actions that policies in the request deny, lower-cased.
    PolicyDeny,
    /// Sensitive ports opened to the world, and `all` where every port is.
    WorldOpenPort,
    /// `true` where anything is opened to the world.
    WorldOpenAny,
    /// Of the request's parameters, the response, the additional data and the
    /// service's details those that AWS replaced by `{"omitted":true}`.
    Omitted,
    /// `true` for a record over a bound.
    Oversize,
}

impl Derived {
    /// Every derived field with the path that rules write.
    pub const ALL: [(Derived, &'static str); 15] = [
        (Derived::Principal, "trailward.principal"),
        (Derived::Role, "trailward.role"),
        (Derived::Network, "trailward.network"),
        (Derived::Agent, "trailward.agent"),
        (Derived::PolicyPublic, "trailward.policy.public"),
        (
            Derived::PolicyForeignAccount,
            "trailward.policy.foreign-account",
        ),
        (Derived::PolicyFederated, "trailward.policy.federated"),
        (Derived::PolicyService, "trailward.policy.service"),
        (Derived::PolicyAdmin, "trailward.policy.admin"),
        (Derived::PolicyAction, "trailward.policy.action"),
        (Derived::PolicyDeny, "trailward.policy.deny"),
        (Derived::WorldOpenPort, "trailward.world-open.port"),
        (Derived::WorldOpenAny, "trailward.world-open.any"),
        (Derived::Omitted, "trailward.omitted"),
        (Derived::Oversize, "trailward.oversize"),
    ];

    /// The field with exactly this path.
    pub fn from_path(path: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, known)| *known == path)
            .map(|(derived, _)| *derived)
    }

    /// The path that rules write.
    pub fn path(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(derived, _)| *derived == self)
            .map_or("", |(_, path)| path)
    }
}

impl Record<'_> {
    /// The values of a derived field, none where it is absent. Each value
    /// stands once.
    pub fn derived(&self, derived: Derived) -> Vec<String> {
        let one = |value: Option<String>| value.into_iter().collect();
        let flag = |set: bool| one(set.then(|| "true".to_owned()));
        let mut values: Vec<String> = match derived {
            Derived::Principal => one(self.principal().map(Into::into)),
            Derived::Role => one(who::role(self)),
            Derived::Network => one(network::of(self)),
            Derived::Agent => one(who::agent(self)),
            Derived::PolicyPublic => flag(grants::public(self)),
            Derived::PolicyForeignAccount => grants::foreign_accounts(self),
            Derived::PolicyFederated => policy::of(self).federated().collect(),
            Derived::PolicyService => policy::of(self).services().collect(),
            Derived::PolicyAdmin => flag(policy::of(self).admin()),
            Derived::PolicyAction => policy::of(self).actions(true),
            Derived::PolicyDeny => policy::of(self).actions(false),
            Derived::WorldOpenPort => world_open::ports(self),
            Derived::WorldOpenAny => flag(world_open::any(self)),
            Derived::Omitted => limits::omitted(self),
            Derived::Oversize => flag(self.is_oversize()),
        };
        values.sort_unstable();
        values.dedup();
        values.truncate(MAX_DERIVED_VALUES);
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layer;

    /// The values of a field of the record that `text` holds.
    #[track_caller]
    pub(super) fn values(derived: Derived, text: &str) -> Vec<String> {
        Record::scan(text.as_bytes(), Layer::Plain)
            .unwrap()
            .derived(derived)
    }

    #[test]
    fn every_field_has_its_path() {
        for (derived, path) in Derived::ALL {
            assert_eq!(Derived::from_path(path), Some(derived));
            assert_eq!(derived.path(), path);
        }
        assert_eq!(Derived::from_path("trailward.nothing"), None);
    }

    #[test]
    fn an_empty_record_has_no_derived_values() {
        for (derived, path) in Derived::ALL {
            assert_eq!(values(derived, "{}"), [""; 0], "{path}");
        }
    }
}
