//! What is known about the fields of an alert: union of what Wazuh's decoders, AWS, Azure, Office 365, GCP, Windows,
//! Suricata and osquery events use. docs/indicators.md has the table.

use super::Direction;

/// What a field's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Address(Direction),
    Domain(Direction),
    Url,
    Hash,
    /// `MD5=…,SHA256=…,IMPHASH=…`.
    Hashes,
    /// What a DNS server answered.
    Answers,
    /// The address of a mail's sender.
    Sender,
    Text,
    /// Text in which four numbers are a version.
    Version,
    /// Text in which 32 hexadecimal digits are the name of a thing, not a file's hash.
    Name,
    /// Nothing to be found.
    Nothing,
}

/// Whether a member, and all that is below it, says nothing about the event: what the manager writes about itself, and
/// what policies, advisories and log readers write about themselves.
pub(super) fn is_beside_the_point(path: &str) -> bool {
    matches!(
        path,
        "agent"
            | "manager"
            | "cluster"
            | "rule"
            | "decoder"
            | "id"
            | "timestamp"
            | "location"
            | "predecoder"
            | "data.sca"
            | "data.vulnerability"
            | "data.aws.log_info"
    )
}

/// What the last key of a path says about its text.
pub(super) fn meaning(path: &str) -> Meaning {
    let (parents, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut lower = [0; LONGEST_KEY];
    let Some(lower) = lower.get_mut(..key.len()) else { return Meaning::Text };
    lower.copy_from_slice(key.as_bytes());
    lower.make_ascii_lowercase();
    let lengths =
        lower.first().and_then(|first| LENGTHS.get(usize::from(*first))).copied().unwrap_or_default();
    if lengths & (1 << key.len()) != 0
        && let Ok(place) = MEANINGS.binary_search_by(|(known, _)| known.as_bytes().cmp(lower))
    {
        let known = MEANINGS.get(place).map_or(Meaning::Text, |(_, meaning)| *meaning);
        return among_parents(parents, lower, known);
    }
    if lower.ends_with(b"version") { Meaning::Version } else { Meaning::Text }
}

/// Where a key alone says too little.
fn among_parents(parents: &str, key: &[u8], meaning: Meaning) -> Meaning {
    match key {
        // `dns.question.name` is a domain, `user.name` is not.
        b"name" if parents.ends_with("question") => meaning,
        b"name" => Meaning::Text,
        // A fingerprint of how a client speaks, not of a file.
        b"hash" if parents.ends_with("ja3") || parents.ends_with("ja3s") => Meaning::Nothing,
        // GuardDuty names our own end of the connection like the other.
        b"ipaddressv4" | b"ipaddressv6" if parents.ends_with("localIpDetails") => {
            Meaning::Address(Direction::Unknown)
        }
        _ => meaning,
    }
}

const LONGEST_KEY: usize = 31;

/// For each first letter a bit for each length that a known key has: most keys are not looked for.
const LENGTHS: [u32; 256] = lengths();

#[expect(clippy::indexing_slicing, reason = "checked by the compiler")]
const fn lengths() -> [u32; 256] {
    let mut lengths = [0; 256];
    let mut place = 0;
    while place < MEANINGS.len() {
        let key = MEANINGS[place].0.as_bytes();
        assert!(key.len() <= LONGEST_KEY, "a key is longer than the buffer");
        lengths[key[0] as usize] |= 1 << key.len();
        place += 1;
    }
    lengths
}

const SOURCE: Meaning = Meaning::Address(Direction::Source);
const DESTINATION: Meaning = Meaning::Address(Direction::Destination);
const ASKED_FOR: Meaning = Meaning::Domain(Direction::Destination);

/// Sorted, in lower case.
const MEANINGS: [(&str, Meaning); 119] = [
    ("actoripaddress", SOURCE),
    ("boot_id", Meaning::Name),
    ("callerip", SOURCE),
    ("calleripaddress", SOURCE),
    ("callingipaddress", SOURCE),
    ("client_address", SOURCE),
    ("client_ip", SOURCE),
    ("clientip", SOURCE),
    ("clientipaddress", SOURCE),
    ("community_id", Meaning::Nothing),
    ("container_id", Meaning::Name),
    ("containerid", Meaning::Name),
    ("correlationid", Meaning::Name),
    ("daddr", DESTINATION),
    ("dest_host", ASKED_FOR),
    ("dest_ip", DESTINATION),
    ("destination_address", DESTINATION),
    ("destination_ip", DESTINATION),
    ("destinationaddress", DESTINATION),
    ("destinationhostname", ASKED_FOR),
    ("destinationip", DESTINATION),
    ("destip", DESTINATION),
    ("domain", Meaning::Domain(Direction::Unknown)),
    ("dst", DESTINATION),
    ("dst_host", ASKED_FOR),
    ("dst_ip", DESTINATION),
    ("dstaddr", DESTINATION),
    ("dsthost", ASKED_FOR),
    ("dsthostname", ASKED_FOR),
    ("dstip", DESTINATION),
    ("etag", Meaning::Name),
    ("event_fingerprint", Meaning::Name),
    ("eventid", Meaning::Name),
    ("eventsource", Meaning::Nothing),
    ("execid", Meaning::Name),
    ("file_hash", Meaning::Hash),
    ("filehash", Meaning::Hash),
    ("fingerprint", Meaning::Name),
    ("flow_id", Meaning::Name),
    ("fromip", SOURCE),
    ("full_url", Meaning::Url),
    ("guid", Meaning::Name),
    ("hash", Meaning::Hash),
    ("hash_md5", Meaning::Hash),
    ("hash_sha1", Meaning::Hash),
    ("hash_sha256", Meaning::Hash),
    ("hashes", Meaning::Hashes),
    ("hostname", Meaning::Domain(Direction::Unknown)),
    ("http_host", Meaning::Domain(Direction::Unknown)),
    ("http_url", Meaning::Url),
    ("id", Meaning::Name),
    ("imphash", Meaning::Nothing),
    ("ipaddress", SOURCE),
    ("ipaddressv4", SOURCE),
    ("ipaddressv6", SOURCE),
    ("ja3", Meaning::Nothing),
    ("ja3s", Meaning::Nothing),
    ("ja4", Meaning::Nothing),
    ("machine_id", Meaning::Name),
    ("md5", Meaning::Hash),
    ("md5_after", Meaning::Hash),
    ("md5_before", Meaning::Nothing),
    ("name", ASKED_FOR),
    ("nat_destination_ip", DESTINATION),
    ("nat_source_ip", SOURCE),
    ("original_url", Meaning::Url),
    ("p1sender", Meaning::Sender),
    ("p2sender", Meaning::Sender),
    ("permalink", Meaning::Nothing),
    ("processguid", Meaning::Name),
    ("qname", ASKED_FOR),
    ("query_name", ASKED_FOR),
    ("queryname", ASKED_FOR),
    ("queryresults", Meaning::Answers),
    ("remote_addr", SOURCE),
    ("remote_address", SOURCE),
    ("remote_ip", SOURCE),
    ("remoteaddr", SOURCE),
    ("remoteip", SOURCE),
    ("request_id", Meaning::Name),
    ("request_url", Meaning::Url),
    ("requestid", Meaning::Name),
    ("rhost", SOURCE),
    ("rrname", ASKED_FOR),
    ("saddr", SOURCE),
    ("sender_address", Meaning::Sender),
    ("senderaddress", Meaning::Sender),
    ("senderip", SOURCE),
    ("server_ip", DESTINATION),
    ("server_name", ASKED_FOR),
    ("serverip", DESTINATION),
    ("session_id", Meaning::Name),
    ("sessionid", Meaning::Name),
    ("sha1", Meaning::Hash),
    ("sha1_after", Meaning::Hash),
    ("sha1_before", Meaning::Nothing),
    ("sha256", Meaning::Hash),
    ("sha256_after", Meaning::Hash),
    ("sha256_before", Meaning::Nothing),
    ("sni", ASKED_FOR),
    ("source_address", SOURCE),
    ("source_ip", SOURCE),
    ("source_ip_address", SOURCE),
    ("sourceaddress", SOURCE),
    ("sourceip", SOURCE),
    ("sourceipaddress", SOURCE),
    ("src", SOURCE),
    ("src_ip", SOURCE),
    ("srcaddr", SOURCE),
    ("srcip", SOURCE),
    ("toip", DESTINATION),
    ("token", Meaning::Name),
    ("trace_id", Meaning::Name),
    ("traceid", Meaning::Name),
    ("url", Meaning::Url),
    ("uuid", Meaning::Name),
    ("x-forwarded-for", SOURCE),
    ("x_forwarded_for", SOURCE),
    ("xff", SOURCE),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched() {
        assert!(MEANINGS.is_sorted_by(|(left, _), (right, _)| left < right));
    }

    #[test]
    fn keys_are_known_in_any_case_and_at_any_depth() {
        for (path, expected) in [
            ("data.srcip", SOURCE),
            ("data.aws.service.action.awsApiCallAction.remoteIpDetails.ipAddressV4", SOURCE),
            ("data.aws.service.action.x.localIpDetails.ipAddressV4", Meaning::Address(Direction::Unknown)),
            ("data.win.eventdata.destinationIp", DESTINATION),
            ("data.eventdata.DestinationIp", DESTINATION),
            ("data.dns.question.name", ASKED_FOR),
            ("data.user.name", Meaning::Text),
            ("data.tls.ja3.hash", Meaning::Nothing),
            ("data.win.eventdata.fileVersion", Meaning::Version),
            ("syscheck.sha256_after", Meaning::Hash),
            ("syscheck.sha256_before", Meaning::Nothing),
            ("srcip", SOURCE),
            ("", Meaning::Text),
            ("data.a_key_that_is_longer_than_every_key_that_is_known", Meaning::Text),
        ] {
            assert_eq!(meaning(path), expected, "{path}");
        }
    }
}
