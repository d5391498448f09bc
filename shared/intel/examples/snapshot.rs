//! What a snapshot costs, for `make bench`, which builds this as what ships: `snapshot INDICATORS` prints one measure a
//! line, times in seconds: its building, size and loading, and look-ups beside hash sets and, if `AWS_ENDPOINT_URL`
//! names a `DynamoDB` or something like it, beside its queries.
#![expect(clippy::print_stdout, reason = "the result is for the bench")]

use std::collections::HashSet;
use std::error::Error;
use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use domain::indicator::Indicator;
use intel::feed::Entry;
use intel::snapshot::{Builder, Snapshot};
use intel::{DynamoStore, IntelStore};
use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use lambda::config::Environment;

const PASSES: usize = 5;
const QUERIES: u64 = 2_000;

fn main() -> Result<(), Box<dyn Error>> {
    let count: u64 = std::env::args().nth(1).ok_or("no number of indicators")?.parse()?;
    let listed: Vec<Indicator> = (0..count).map(indicator).collect::<Result<_, _>>()?;
    let strangers: Vec<Indicator> = (count..2 * count).map(indicator).collect::<Result<_, _>>()?;
    // Fewer than the addresses of feeds by far, as networks are.
    let networks: Vec<IpNet> = (0..count / 200).map(network).collect::<Result<_, _>>()?;

    let (built, file) = fastest(|| {
        let mut builder = Builder::new(Timestamp::UNIX_EPOCH);
        for indicator in &listed {
            builder.add(&Entry::Indicator(indicator.clone()));
        }
        for network in &networks {
            builder.add(&Entry::Network(*network));
        }
        builder.build()
    });
    tell("build", built.as_secs_f64());
    println!("bytes {}", file.len());
    let copies: Vec<Vec<u8>> = vec![file; PASSES];
    let mut copies = copies.into_iter();
    let (loaded, snapshot) = fastest(|| Snapshot::read(copies.next().unwrap_or_default()));
    let snapshot = snapshot?;
    tell("load", loaded.as_secs_f64());
    println!("listed {}", snapshot.len());

    tell("negative", each(&strangers, |indicator| snapshot.listed(indicator).is_nowhere()));
    tell("positive", each(&listed, |indicator| snapshot.listed(indicator).itself));
    let addresses = |indicators: &[Indicator]| -> Vec<Indicator> {
        indicators.iter().filter(|indicator| indicator.as_ip().is_some()).cloned().collect()
    };
    tell("negative_address", each(&addresses(&strangers), |address| snapshot.listed(address).is_nowhere()));
    tell("positive_address", each(&addresses(&listed), |address| snapshot.listed(address).itself));

    let set: HashSet<&Indicator> = listed.iter().collect();
    tell("set_negative", each(&strangers, |indicator| set.contains(indicator)));
    tell("set_positive", each(&listed, |indicator| set.contains(indicator)));
    let numbers: HashSet<u64> = (0..count).map(scattered).collect();
    let others: Vec<u64> = (count..2 * count).map(scattered).collect();
    tell("numbers_negative", each(&others, |number| numbers.contains(number)));

    if let Some(endpoint) = Environment::of_process().get("AWS_ENDPOINT_URL") {
        tell("query", queries(endpoint, &strangers)?);
    }
    Ok(())
}

/// The same numbers in each run, with no order in them.
fn scattered(number: u64) -> u64 {
    let mixed =
        (number ^ (number >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Of twenty: twelve addresses, one of IPv6, five names, a URL and a file.
fn indicator(number: u64) -> Result<Indicator, Box<dyn Error>> {
    let bits = scattered(number);
    Ok(match number % 20 {
        0..12 => Indicator::address(Ipv4Addr::from(u32::try_from(bits >> 32)?).into()),
        12 => Indicator::address(Ipv6Addr::from(u128::from(bits) << 64 | 0x2001 << 112).into()),
        13..18 => format!("host-{bits:x}.example.com").parse()?,
        18 => format!("http://host-{bits:x}.example.com/{number}").parse()?,
        _ => format!("{bits:016x}{number:016x}").parse()?,
    })
}

fn network(number: u64) -> Result<IpNet, Box<dyn Error>> {
    let address = Ipv4Addr::from(u32::try_from(scattered(!number) >> 32)?);
    Ok(IpNet::V4(Ipv4Net::new(address, 20 + u8::try_from(number % 9)?)?.trunc()))
}

fn fastest<T>(mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut pass = || {
        let begin = Instant::now();
        let made = work();
        (begin.elapsed(), made)
    };
    let mut best = pass();
    for _ in 1..PASSES {
        let next = pass();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// Seconds of one: the median of slices so short that hardly any is interrupted, each of other queries than the one
/// before, so that nothing is at hand because it was just used.
fn each<T>(queries: &[T], mut look_up: impl FnMut(&T) -> bool) -> f64 {
    const SLICE: u32 = 1_000;
    let mut took = Vec::new();
    for slice in queries.chunks_exact(1_000) {
        let begin = Instant::now();
        black_box(slice.iter().filter(|query| look_up(black_box(query))).count());
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64() / f64::from(SLICE)
}

fn queries(endpoint: &str, strangers: &[Indicator]) -> Result<f64, Box<dyn Error>> {
    let environment: Environment = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "bench"),
        ("AWS_SECRET_ACCESS_KEY", "bench"),
        ("AWS_ENDPOINT_URL", endpoint),
    ]
    .into_iter()
    .collect();
    let store = DynamoStore::new(aws_sdk_dynamodb::Client::new(&lambda::aws::config(&environment)?), "intel");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut took = Vec::new();
        for (_, indicator) in (0..QUERIES).zip(strangers) {
            let begin = Instant::now();
            store.about(indicator, &[], Timestamp::UNIX_EPOCH).await?;
            took.push(begin.elapsed());
        }
        took.sort_unstable();
        Ok(took.get(took.len() / 2).copied().unwrap_or_default().as_secs_f64())
    })
}

fn tell(what: &str, seconds: f64) {
    println!("{what} {seconds}");
}
