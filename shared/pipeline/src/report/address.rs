//! Which source addresses are public ones, said twice: as the patterns that
//! the SQL uses and as the code that a local engine uses. A property holds
//! the two together.
//!
//! `sourceIPAddress` may also be a service's name or `AWS Internal`: those are
//! no addresses and never public. Documentation ranges count as public, since
//! examples and rehearsals use them.

/// What has the form of an address, lower-cased: IPv4 (also inside IPv6) or IPv6.
pub const ADDRESS_PATTERN: &str =
    r"^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-f]*:[0-9a-f:]*(:[0-9]{1,3}(\.[0-9]{1,3}){3})?)$";

/// Addresses that are not routed on the internet: this host, loopback,
/// link-local, RFC 1918 (172.16.0.0/12, not all of 172), the shared space of
/// carriers 100.64.0.0/10, and IPv6's loopback, unique-local and link-local.
/// Some tools write octets with leading zeros.
pub const PRIVATE_PATTERN: &str = concat!(
    r"^((::ffff:)?0{0,2}(0\.|10\.|127\.|169\.254\.|192\.168\.",
    r"|172\.0?(1[6-9]|2[0-9]|3[01])\.",
    r"|100\.0?(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)",
    r"|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)"
);

/// Whether an address is a public one.
pub fn is_public(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    if let Some(octets) = octets(address.strip_prefix("::ffff:").unwrap_or(&address)) {
        return is_public_v4(octets);
    }
    is_v6(&address) && !is_private_v6(&address)
}

fn octets(text: &str) -> Option<[u16; 4]> {
    let mut parts = text.split('.').map(|part| {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u16>().ok()).flatten()
    });
    let octets = [
        parts.next()??,
        parts.next()??,
        parts.next()??,
        parts.next()??,
    ];
    parts.next().is_none().then_some(octets)
}

fn is_public_v4(octets: [u16; 4]) -> bool {
    !matches!(
        octets,
        [0 | 10 | 127, ..]
            | [169, 254, ..]
            | [192, 168, ..]
            | [172, 16..=31, ..]
            | [100, 64..=127, ..]
    )
}

fn is_v6(text: &str) -> bool {
    let groups = match text.rsplit_once(':') {
        Some((head, tail)) if octets(tail).is_some() => head,
        Some(_) => text,
        None => return false,
    };
    text.contains(':')
        && groups.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        && (groups.contains(':') || groups.len() == text.len())
}

fn is_private_v6(text: &str) -> bool {
    let first = text.split(':').next().unwrap_or_default();
    matches!(text, "::" | "::1")
        || (first.len() == 4
            && ["fc", "fd", "fe8", "fe9", "fea", "feb"]
                .iter()
                .any(|prefix| first.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use regex::Regex;

    fn by_patterns(address: &str) -> bool {
        let lower = address.to_ascii_lowercase();
        Regex::new(ADDRESS_PATTERN).unwrap().is_match(&lower)
            && !Regex::new(PRIVATE_PATTERN).unwrap().is_match(&lower)
    }

    #[test]
    fn known_addresses() {
        let table = [
            ("203.0.113.50", true),
            ("172.15.0.1", true),
            ("172.32.0.1", true),
            ("100.63.255.255", true),
            ("100.128.0.1", true),
            ("2600:1f18::1", true),
            ("::ffff:8.8.8.8", true),
            ("172.16.0.1", false),
            ("172.31.255.255", false),
            ("172.016.0.1", false),
            ("010.1.2.3", false),
            ("10.1.2.3", false),
            ("100.64.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("127.0.0.1", false),
            ("::1", false),
            ("FD00::1", false),
            ("fe80::1", false),
            ("::ffff:10.0.0.1", false),
            ("AWS Internal", false),
            ("cloudformation.amazonaws.com", false),
            ("", false),
            ("1.2.3", false),
        ];
        for (address, public) in table {
            assert_eq!(is_public(address), public, "{address}");
            assert_eq!(by_patterns(address), public, "{address} by patterns");
        }
    }

    proptest! {
        #[test]
        fn code_and_patterns_agree(
            v4 in "0{0,2}(10|127|0|100|169|172|192|8)\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}",
            v6 in "(f[cde][0-9a-f]{0,2}|::ffff|::|2600)?[0-9a-f:]{0,12}(:?[0-9]{1,3}\\.1\\.1\\.1)?",
            any in "[0-9a-fA-F:. ]{0,20}",
        ) {
            for address in [&v4, &v6, &any] {
                prop_assert_eq!(is_public(address), by_patterns(address), "{}", address);
            }
        }
    }
}
