//! Secrets that are told by their own shape: PEM blocks, JSON web tokens, keys with a vendor's prefix.

use super::runs::{from, length, runs};
use super::{Secret, Span};

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    private_keys(text, spans);
    for (start, run) in runs(text, is_key) {
        if let Some((end, secret)) = web_token(text, start, run).or_else(|| vendor_key(start, run)) {
            spans.push(Span { start, end, secret });
        }
    }
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// From BEGIN to END of the same label; one without an end was cut, and goes to the end of the text.
fn private_keys(text: &str, spans: &mut Vec<Span>) {
    const BEGIN: &str = "-----BEGIN ";
    let mut done = 0;
    while let Some(at) = from(text, done).find(BEGIN) {
        let start = done + at;
        done = start + BEGIN.len();
        let head = from(text, done);
        let label = head.get(..head.find("-----").unwrap_or(0)).unwrap_or_default();
        if label.contains("PRIVATE KEY") && label.len() < 60 {
            let ending = format!("-----END {label}-----");
            let end = head.find(&ending).map_or(text.len(), |at| done + at + ending.len());
            spans.push(Span { start, end, secret: Secret::PrivateKey });
            done = end;
        }
    }
}

/// `eyJ….….…`: header and claims are JSON objects in base64, and so begin with `{"`.
fn web_token(text: &str, start: usize, run: &str) -> Option<(usize, Secret)> {
    if !run.starts_with("eyJ") || run.len() < 12 {
        return None;
    }
    let mut end = start + run.len();
    for _part in 0..2 {
        let next = from(text, end).strip_prefix('.')?;
        end += 1 + length(next, is_key);
    }
    Some((end, Secret::Jwt))
}

/// Prefix, least length of what follows. Sources: the vendors' pages on secret scanning.
const PREFIXES: &[(&str, usize)] = &[
    ("github_pat_", 22),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghu_", 30),
    ("ghs_", 30),
    ("ghr_", 30),
    ("glpat-", 20),
    ("gldt-", 20),
    ("glrt-", 20),
    ("xoxb-", 10),
    ("xoxp-", 10),
    ("xoxa-", 10),
    ("xoxr-", 10),
    ("xoxs-", 10),
    ("xapp-", 10),
    ("sk-ant-", 20),
    ("sk-proj-", 20),
    ("sk-svcacct-", 20),
    ("sk-", 32),
    ("sk_live_", 16),
    ("rk_live_", 16),
    ("AIza", 35),
    ("hf_", 30),
    ("npm_", 36),
    ("dop_v1_", 40),
    ("pypi-", 40),
];

fn vendor_key(start: usize, run: &str) -> Option<(usize, Secret)> {
    let end = start + run.len();
    if is_aws_key(run) {
        return Some((end, Secret::AwsKey));
    }
    let fits =
        |(prefix, least): &(&str, usize)| run.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *least);
    PREFIXES.iter().any(fits).then_some((end, Secret::VendorKey))
}

fn is_aws_key(run: &str) -> bool {
    let known = ["AKIA", "ASIA", "ABIA", "ACCA"].iter().any(|prefix| run.starts_with(prefix));
    known && run.len() == 20 && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
