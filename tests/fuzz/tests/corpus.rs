//! Every promise of the fuzz targets on every test run, without a fuzzer: for the seeds, and for mutations of them.
//!
//! Only libFuzzer sees which branches an input takes, so `make fuzz` finds more; this finds what breaks again.

#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests assert")]

mod mutation;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use fuzz::{Kept, TARGETS, Target};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use mutation::{Mutation, mutations};

#[test]
fn every_target_has_seeds_and_every_seed_a_target() {
    let mut folders: Vec<String> = fs::read_dir(seeds_folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut names = TARGETS.map(|target| target.name.to_owned());
    names.sort();
    assert_eq!(folders, names);
    for target in TARGETS {
        assert!(!seeds(target).is_empty(), "{} has no seed", target.name);
    }
}

/// Seeds that are all refused would reach nothing: after a change of the format they have to be written anew.
#[test]
fn every_seed_keeps_its_promise_and_one_of_them_is_read() {
    for target in TARGETS {
        let mut is_read = false;
        for (path, seed) in seeds(target) {
            let kept = catch_unwind(AssertUnwindSafe(|| (target.check)(&seed)));
            let kept = kept.unwrap_or_else(|_| panic!("{} breaks its promise", path.display()));
            is_read |= kept == Kept::Read;
        }
        assert!(is_read, "all seeds of {} are refused", target.name);
    }
}

/// A test for each target, so that they run beside each other and one does not hide another.
macro_rules! mutated {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            keeps_its_promise(stringify!($target));
        }
    )*

        #[test]
        fn all() {
            assert_eq!([$(stringify!($target)),*], TARGETS.map(|target| target.name));
        }
    };
}

mod mutations_of_a_seed_keep_the_promise_of {
    use super::*;

    mutated! {
        alert extract enriched notice abuseipdb misp otx feed snapshot warninglist warninglists fetched confirmed
        reply answer redaction embedded mail probe chat event batch follower spool feedback settings variables figures
    }
}

fn keeps_its_promise(name: &str) {
    let target = fuzz::target(name).unwrap();
    let seeds: Vec<Vec<u8>> = seeds(target).into_iter().map(|(_, seed)| seed).collect();
    let words = mutation::words(include_str!("../words.dict"));
    let config = Config { cases: target.mutations, failure_persistence: None, ..Config::default() };
    // The same mutations every time: a test that fails now and then is not believed.
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, random).run(&mutations(), |mutation: Vec<Mutation>| {
        let bytes = mutation::mutated(&seeds, &words, &mutation);
        let kept = catch_unwind(AssertUnwindSafe(|| (target.check)(&bytes)));
        kept.map(drop).map_err(|_| TestCaseError::fail("the promise is broken"))
    });
    if let Err(TestError::Fail(_, mutation)) = outcome {
        let bytes = mutation::mutated(&seeds, &words, &mutation);
        panic!("{name}: these bytes break its promise:\n{}", bytes.escape_ascii());
    }
    outcome.unwrap();
}

/// The seeds of a target by their path, in the same order everywhere.
fn seeds(target: Target) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = seeds_folder().join(target.name);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Cargo runs tests in the folder of their package.
fn seeds_folder() -> PathBuf {
    PathBuf::from("seeds")
}
