//! Where the services of a region are.

/// The domain that the names of a region's services end with.
pub fn domain_of(region: &str) -> &'static str {
    match region.split('-').next() {
        Some("cn") => "amazonaws.com.cn",
        Some("eusc") => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}
