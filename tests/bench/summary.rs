//! Many measurements in three numbers.

use ::tests::measured;
use anyhow::{Context, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary<T> {
    pub(crate) median: T,
    pub(crate) p90: T,
    pub(crate) max: T,
}

impl<T: Copy + Ord> Summary<T> {
    pub(crate) fn of(mut all: Vec<T>) -> Result<Self> {
        all.sort_unstable();
        let percentile = |percent| measured::percentile(&all, percent).context("nothing was measured");
        Ok(Self { median: percentile(50)?, p90: percentile(90)?, max: percentile(100)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measurements_by_nearest_rank() {
        let check = |measured: Vec<u64>, median, p90, max| {
            assert_eq!(Summary::of(measured).unwrap(), Summary { median, p90, max });
        };
        check(vec![7], 7, 7, 7);
        check((1..=10).rev().collect(), 5, 9, 10);
        check((1..=200).collect(), 100, 180, 200);
        assert!(Summary::<u64>::of(Vec::new()).is_err());
    }
}
