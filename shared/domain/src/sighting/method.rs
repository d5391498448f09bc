//! How somebody logged in.

use serde::{Deserialize, Serialize};

use crate::alert::Alert;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Ssh,
    /// At the machine itself.
    Console,
    RemoteDesktop,
    /// To a share or a service of a host.
    Network,
    Mail,
    Web,
    Vpn,
    /// The console of a cloud, or the sign-in of its applications.
    Cloud,
    /// Somebody who is in becomes somebody else: sudo, su, runas.
    Elevation,
    /// A program started by the system: nobody is there.
    Scheduled,
    Other,
}

impl Method {
    pub fn of(alert: &Alert) -> Self {
        if alert.text_at(&["data", "win", "system", "eventID"]).is_some() {
            return windows(alert.text_at(&["data", "win", "eventdata", "logonType"]).as_deref());
        }
        let clouds = ["aws", "office365", "azure", "ms-graph", "gcp"];
        if clouds.into_iter().any(|cloud| alert.has(&["data", cloud])) {
            return Self::Cloud;
        }
        let program = alert.text_at(&["predecoder", "program_name"]);
        let decoder = || alert.text_at(&["decoder", "name"]);
        let by_program = program.or_else(decoder).and_then(|name| program_method(&name));
        by_program.unwrap_or_else(|| by_group(alert))
    }

    /// Whether somebody comes in from somewhere, and not from where he was.
    pub fn is_entry(self) -> bool {
        match self {
            Self::Ssh
            | Self::Console
            | Self::RemoteDesktop
            | Self::Network
            | Self::Mail
            | Self::Web
            | Self::Vpn
            | Self::Cloud
            | Self::Other => true,
            Self::Elevation | Self::Scheduled => false,
        }
    }

    /// In evidence lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssh => "SSH",
            Self::Console => "console",
            Self::RemoteDesktop => "remote desktop",
            Self::Network => "network logon",
            Self::Mail => "mail",
            Self::Web => "web",
            Self::Vpn => "VPN",
            Self::Cloud => "cloud",
            Self::Elevation => "elevation",
            Self::Scheduled => "scheduled",
            Self::Other => "login",
        }
    }
}

/// Logon types: <https://learn.microsoft.com/windows-server/identity/securing-privileged-access/reference-tools-logon-types>
fn windows(logon_type: Option<&str>) -> Method {
    match logon_type {
        Some("2" | "7" | "11" | "13") => Method::Console,
        Some("10" | "12") => Method::RemoteDesktop,
        Some("0" | "4" | "5") => Method::Scheduled,
        Some("9") => Method::Elevation,
        Some(_) | None => Method::Network,
    }
}

fn program_method(name: &str) -> Option<Method> {
    let name = name.to_ascii_lowercase();
    let first = name.split(['-', '/', '(', '[']).next().unwrap_or_default();
    Some(match first {
        "sshd" | "dropbear" => Method::Ssh,
        "sudo" | "su" | "doas" | "pkexec" | "runuser" => Method::Elevation,
        "cron" | "crond" | "anacron" | "atd" | "systemd" => Method::Scheduled,
        "login" | "gdm" | "lightdm" | "sddm" | "polkit" | "gnome" => Method::Console,
        "dovecot" | "postfix" | "exim" | "courier" | "cyrus" | "vpopmail" | "imapd" | "sendmail" => {
            Method::Mail
        }
        "openvpn" | "charon" | "wireguard" | "ocserv" | "pptpd" => Method::Vpn,
        "xrdp" => Method::RemoteDesktop,
        "smbd" | "vsftpd" | "proftpd" | "pure" | "mysqld" | "postgres" => Method::Network,
        _ => return None,
    })
}

fn by_group(alert: &Alert) -> Method {
    let groups: [(&str, Method); 9] = [
        ("sudo", Method::Elevation),
        ("su", Method::Elevation),
        ("sshd", Method::Ssh),
        ("vpn", Method::Vpn),
        ("web", Method::Web),
        ("accesslog", Method::Web),
        ("wordpress", Method::Web),
        ("windows", Method::Network),
        ("mail", Method::Mail),
    ];
    let known = groups.into_iter().find(|(group, _)| alert.rule().in_group(group));
    known.map_or(Method::Other, |(_, method)| method)
}
