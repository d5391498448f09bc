//! What a snapshot costs, for `make bench`, which builds this as what ships: `snapshot INDICATORS` prints one measure a
//! line, times in seconds: its building, size and loading, and look-ups beside hash sets and, if `AWS_ENDPOINT_URL`
//! names a `DynamoDB` or something like it, beside its queries; and the same of warninglists, as many as `ingest` fetches.
#![expect(clippy::print_stdout, reason = "the result is for the bench")]

use std::collections::HashSet;
use std::error::Error;
use std::hint::black_box;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use domain::indicator::Indicator;
use intel::feed::Entry;
use intel::snapshot::{Builder, Snapshot};
use intel::{DynamoStore, IntelStore, Warninglist, Warninglists};
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

    warninglists(&addresses(&strangers))?;

    if let Some(endpoint) = Environment::of_process().get("AWS_ENDPOINT_URL") {
        tell("query", queries(endpoint, &strangers)?);
    }
    Ok(())
}

/// Fifty lists of networks, together as many as those that `ingest` fetches had in August 2026: half of them single
/// addresses.
fn warninglists(strangers: &[Indicator]) -> Result<(), Box<dyn Error>> {
    const LISTS: u64 = 50;
    const ENTRIES: u64 = 77_000;
    let mut lists = Vec::new();
    for list in 0..LISTS {
        let own = (0..ENTRIES).filter(|number| number % LISTS == list);
        let entries: Vec<String> = own
            .map(|number| match number % 2 {
                0 => network(number).map(|network| network.to_string()),
                _ => indicator(20 * number).map(|address| address.to_string()),
            })
            .collect::<Result<_, _>>()?;
        let json = serde_json::json!({"name": format!("Akamai {list}"), "type": "cidr", "list": entries});
        lists.push(Warninglist::read(json.to_string().as_bytes())?);
    }
    let (built, file) = fastest(|| Warninglists::of(&lists).to_file());
    let file = file?;
    tell("lists_build", built.as_secs_f64());
    println!("lists_bytes {}", file.len());
    let before = resident_bytes()?;
    let loaded = Warninglists::read(&file)?;
    println!("lists_memory {}", resident_bytes()?.saturating_sub(before));
    println!("lists_entries {}", loaded.len());
    let (took, _) = fastest(|| Warninglists::read(&file));
    tell("lists_load", took.as_secs_f64());
    let listed: Vec<Indicator> = (0..ENTRIES)
        .filter(|number| number % 2 == 1)
        .map(|number| indicator(20 * number))
        .collect::<Result<_, _>>()?;
    tell("lists_negative", each(strangers, |address| loaded.about(address).is_empty()));
    tell("lists_positive", each(&listed, |address| loaded.about(address).is_empty()));
    Ok(())
}

/// Memory that the system has given this process. What was freed before is used again unseen, unless glibc is told to
/// give it back: `MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=65536`.
fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    const PAGE: u64 = 4096;
    let pages = std::fs::read_to_string("/proc/self/statm")?;
    let resident = pages.split(' ').nth(1).ok_or("statm has no second field")?;
    Ok(resident.parse::<u64>()? * PAGE)
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
