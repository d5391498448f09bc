//! What measuring programs share: percentiles, and what the kernel says about a process.

use anyhow::{Context, Result};

/// By nearest rank, of what is sorted; nothing of nothing.
pub fn percentile<T: Copy>(sorted: &[T], percent: usize) -> Option<T> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

/// A line of `/proc/PID/status` such as `VmRSS: 12345 kB`, whose kB are 1,024 bytes.
pub fn bytes(status: &str, name: &str) -> Result<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(name));
    let number = value.and_then(|value| value.split_whitespace().next());
    let kibibytes: u64 = number.with_context(|| format!("the kernel gives no {name}"))?.parse()?;
    Ok(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_lines_are_read() {
        let status = "VmHWM:\t    2048 kB\nVmRSS:\t      10 kB\n";
        assert_eq!(bytes(status, "VmRSS:").unwrap(), 10_240);
        assert_eq!(bytes(status, "VmHWM:").unwrap(), 2_097_152);
        assert!(bytes(status, "VmSwap:").is_err());
    }
}
