//! Prints the table of public suffixes for `make suffixes`: the rules in the package of `psl` that `Cargo.lock` names, IDNs in
//! their ASCII form, in the two sections of the original.
#![expect(clippy::print_stdout, reason = "the table is the result")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use psl::{Psl as _, Type};
use serde_json::Value;

const HEAD: &str = "\
// This Source Code Form is subject to the terms of the Mozilla Public
// License, v. 2.0. If a copy of the MPL was not distributed with this
// file, You can obtain one at https://mozilla.org/MPL/2.0/.
//
// The Public Suffix List (https://publicsuffix.org/list/) without its comments, sorted by label from the right, IDNs in their ASCII
// form. `make suffixes` writes this file; do not edit it.";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (version, rules) = packaged()?;
    let mut icann = Vec::new();
    let mut private = Vec::new();
    for rule in rules.lines().filter(|rule| !rule.is_empty()) {
        let rule = ascii(rule)?;
        match section(&rule).ok_or_else(|| format!("psl does not know its own rule {rule}"))? {
            Type::Icann => icann.push(rule),
            Type::Private => private.push(rule),
        }
    }
    println!("{HEAD}\n// psl {version}");
    for (section, rules) in [("ICANN", &mut icann), ("PRIVATE", &mut private)] {
        rules.sort_by_cached_key(|rule| rule.rsplit('.').map(str::to_owned).collect::<Vec<_>>());
        println!("// ===BEGIN {section} DOMAINS===\n{}", rules.join("\n"));
    }
    Ok(())
}

/// The version of `psl`, and the list that it is made of.
fn packaged() -> Result<(String, String), Box<dyn std::error::Error>> {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version=1"])
        .stderr(Stdio::inherit())
        .output()?;
    if !metadata.status.success() {
        return Err("cargo does not say where psl is".into());
    }
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let packages = metadata.get("packages").and_then(Value::as_array).ok_or("cargo lists no packages")?;
    let psl = packages
        .iter()
        .find(|package| package.get("name").is_some_and(|name| name == "psl"))
        .ok_or("cargo lists no psl")?;
    let text = |name: &str| {
        psl.get(name).and_then(Value::as_str).ok_or_else(|| format!("cargo gives psl no {name}"))
    };
    let manifest = Path::new(text("manifest_path")?);
    Ok((text("version")?.to_owned(), fs::read_to_string(manifest.with_file_name("data").join("rules.txt"))?))
}

/// `*` and `!` stay.
fn ascii(rule: &str) -> Result<String, Box<dyn std::error::Error>> {
    let name = rule.trim_start_matches(['*', '.', '!']);
    let mark = rule.strip_suffix(name).unwrap_or_default();
    match url::Host::parse(name)? {
        url::Host::Domain(name) => Ok(format!("{mark}{name}")),
        url::Host::Ipv4(_) | url::Host::Ipv6(_) => Err(format!("{rule} is an address").into()),
    }
}

/// The list in the package has no sections; the code made of it knows them.
fn section(rule: &str) -> Option<Type> {
    psl::List.suffix(rule.trim_start_matches('!').replace('*', "any").as_bytes())?.typ()
}
