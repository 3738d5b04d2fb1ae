//! The network that a call came from.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::member::Member;
use crate::record::Record;

/// The source address cut to its /24 or /48, in CIDR notation.
pub(super) fn of(record: &Record<'_>) -> Option<String> {
    let text = record.text(Member::SourceIpAddress)?;
    Some(match address(&text)? {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    })
}

/// Reads an address; `None` for a service's name. Octets may have leading
/// zeros: anonymised records write them so.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address.to_canonical());
    }
    let mut octets = [0u8; 4];
    let mut parts = text.split('.');
    for octet in &mut octets {
        let part = parts.next()?;
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        *octet = part.parse().ok()?;
    }
    parts
        .next()
        .is_none()
        .then(|| Ipv4Addr::from(octets).into())
}

#[cfg(test)]
mod tests {
    use crate::derived::{Derived, tests::values};

    #[test]
    fn addresses_are_cut_to_their_network() {
        for (source, network) in [
            ("198.51.100.7", &["198.51.100.0/24"][..]),
            ("010.001.002.003", &["10.1.2.0/24"]),
            ("2001:db8:1:2:3::4", &["2001:db8:1::/48"]),
            ("::ffff:198.51.100.7", &["198.51.100.0/24"]),
            ("config.amazonaws.com", &[]),
            ("AWS Internal", &[]),
            ("1.2.3", &[]),
            ("1.2.3.4.5", &[]),
            ("1.2.3.400", &[]),
        ] {
            let text = format!(r#"{{"sourceIPAddress":"{source}"}}"#);
            assert_eq!(values(Derived::Network, &text), network, "{source}");
        }
    }
}
