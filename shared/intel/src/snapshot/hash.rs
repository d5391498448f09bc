use std::net::IpAddr;

use domain::indicator::Indicator;
use twox_hash::XxHash3_64;

/// Stands for the indicator in files, so it never changes within a version of the format: XXH3 with 64 bits of the
/// canonical value. Standard hashers promise no stability; a cryptographic hash would take ten times as long, and a
/// collision that somebody seeks costs one read.
pub(super) fn of(indicator: &Indicator) -> u64 {
    // An address has the bytes of a short name: the kind keeps them apart.
    match indicator {
        Indicator::Ip(IpAddr::V4(address)) => XxHash3_64::oneshot(&address.octets()) ^ 1,
        Indicator::Ip(IpAddr::V6(address)) => XxHash3_64::oneshot(&address.octets()) ^ 2,
        Indicator::Domain(domain) => XxHash3_64::oneshot(domain.as_str().as_bytes()) ^ 3,
        Indicator::Url(url) => XxHash3_64::oneshot(url.as_str().as_bytes()) ^ 4,
        Indicator::Hash(hash) => XxHash3_64::oneshot(hash.as_str().as_bytes()) ^ 5,
    }
}

/// Checksum of a file in two parts.
pub(crate) fn checksum(header: &[u8], sections: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(header), sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values are those of another implementation, python-xxhash.
    #[test]
    fn a_hash_never_changes() {
        for (indicator, expected) in [
            ("97.46.99.111", 0xda0d_b994_bc34_8826_u64),
            ("a.co", 0xda0d_b994_bc34_8824),
            ("2001:db8::1", 0x275c_8fa5_8c2d_19a2),
            ("http://evil.example.com/a", 0x7248_47c5_ea9d_dd5d),
            ("d41d8cd98f00b204e9800998ecf8427e", 0xf69c_6247_c9bf_08a4),
        ] {
            assert_eq!(of(&indicator.parse().unwrap()), expected, "{indicator}");
        }
    }
}
