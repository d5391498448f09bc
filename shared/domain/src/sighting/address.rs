//! Where somebody came from.

use std::net::IpAddr;

use super::log_line;
use crate::alert::Alert;
use crate::indicator::{Direction, Found};

/// Where decoders put the address of whoever logs in.
const FIELDS: [&[&str]; 16] = [
    &["data", "srcip"],
    &["data", "src_ip"],
    &["data", "source_ip"],
    &["data", "client_ip"],
    &["data", "win", "eventdata", "ipAddress"],
    &["data", "aws", "sourceIPAddress"],
    &["data", "aws", "source_ip_address"],
    &["data", "office365", "ActorIpAddress"],
    &["data", "office365", "ClientIP"],
    &["data", "office365", "ClientIPAddress"],
    &["data", "azure", "properties", "ipAddress"],
    &["data", "azure", "callerIpAddress"],
    &["data", "ms-graph", "ipAddress"],
    &["data", "gcp", "protoPayload", "requestMetadata", "callerIp"],
    &["data", "audit", "srcip"],
    &["data", "vpn", "source_ip"],
];

/// The address that the alert is about, never the host's own: typed fields first, then the log line, then whatever address the alert is about.
pub fn of(alert: &Alert) -> Option<IpAddr> {
    let texts: Vec<String> = FIELDS.iter().filter_map(|path| alert.text_at(path)).collect();
    if !texts.is_empty() {
        return texts.iter().find_map(|text| read(text));
    }
    let log = alert.text_at(&["full_log"])?;
    log_line::address(&log).and_then(read).or_else(|| by_indicator(alert))
}

fn by_indicator(alert: &Alert) -> Option<IpAddr> {
    let found = alert.indicators();
    let source = found.iter().filter(|found| found.direction == Direction::Source);
    let unknown = found.iter().filter(|found| found.direction == Direction::Unknown);
    source.chain(unknown).filter_map(Found::address).find(|address| !address.is_loopback())
}

/// With or without a port; an IPv4 address mapped into IPv6 is itself. Nothing for the host itself.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.split_once(']').map(|(address, _)| address);
    let address: IpAddr = match (text.parse(), bracketed()) {
        (Ok(address), _) => address,
        (Err(_), Some(inner)) => inner.parse().ok()?,
        (Err(_), None) => text.split_once(':')?.0.parse().ok()?,
    };
    let address = address.to_canonical();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
