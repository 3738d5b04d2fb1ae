//! Lists of networks, searched in the time of one look-up however long.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::engine::text::Text;

/// Networks as sorted ranges that do not overlap.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Networks {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl Networks {
    pub(crate) fn new(networks: &[IpNet]) -> Self {
        let mut v4 = Vec::new();
        let mut v6 = Vec::new();
        for network in networks {
            match network {
                IpNet::V4(net) => v4.push((net.network().to_bits(), net.broadcast().to_bits())),
                IpNet::V6(net) => v6.push((net.network().to_bits(), net.broadcast().to_bits())),
            }
        }
        Self {
            v4: merged(v4),
            v6: merged(v6),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether the text is an address in one of the networks. An IPv4 address
    /// with leading zeros is none: anonymised records have such.
    pub(crate) fn contain(&self, text: &Text<'_>) -> bool {
        if self.is_empty() {
            return false;
        }
        match text.as_str().parse() {
            Ok(IpAddr::V4(address)) => within(&self.v4, address.to_bits()),
            Ok(IpAddr::V6(address)) => within(&self.v6, address.to_bits()),
            Err(_) => false,
        }
    }
}

fn merged<T: Ord + Copy>(mut ranges: Vec<(T, T)>) -> Vec<(T, T)> {
    ranges.sort_unstable();
    let mut merged: Vec<(T, T)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match merged.last_mut().filter(|(_, end)| first <= *end) {
            Some((_, end)) => *end = last.max(*end),
            None => merged.push((first, last)),
        }
    }
    merged
}

fn within<T: Ord + Copy>(ranges: &[(T, T)], address: T) -> bool {
    let behind = ranges.partition_point(|(first, _)| *first <= address);
    behind
        .checked_sub(1)
        .and_then(|at| ranges.get(at))
        .is_some_and(|(_, last)| address <= *last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_networks_are_one_range() {
        let networks: Vec<IpNet> = ["10.0.0.0/8", "10.1.0.0/16", "192.168.0.0/16", "0.0.0.0/32"]
            .iter()
            .map(|n| n.parse().unwrap())
            .collect();
        let ranges = Networks::new(&networks);
        assert_eq!(ranges.v4.len(), 3);
        assert!(within(&ranges.v4, u32::from_be_bytes([10, 200, 0, 1])));
        assert!(!within(&ranges.v4, u32::from_be_bytes([192, 167, 0, 1])));
    }
}
