//! Secrets on command lines: `mysql -pSECRET`, `net user X SECRET /add`, `curl -u user:SECRET`.

use std::ops::Range;

use super::credentials::credential;
use super::runs::{before, from};
use super::{Secret, Span};

/// A quotation may hold a command of its own, which may hold another one.
const MAX_DEPTH: usize = 3;

pub(super) fn find(text: &str, spans: &mut Vec<Span>) {
    find_in(text, 0, MAX_DEPTH, spans);
}

fn find_in(text: &str, offset: usize, depth: usize, spans: &mut Vec<Span>) {
    let words = words(text);
    let contents: Vec<&str> = words.iter().map(|word| text.get(word.clone()).unwrap_or_default()).collect();
    for (index, range) in arguments(&contents) {
        if let Some(word) = words.get(index) {
            let start = offset + word.start;
            spans.push(Span { start: start + range.start, end: start + range.end, secret: Secret::Password });
        }
    }
    for (word, content) in words.iter().zip(contents) {
        if depth == 0 || !content.contains([' ', '\t']) {
            continue;
        }
        let at = offset + word.start;
        match content.find(['"', '\'']).filter(|_| !before(text, word.start).ends_with(['"', '\''])) {
            // Quoted from somewhere within the word, as in `--command="mysql …"`.
            Some(quote) => {
                let mark = from(content, quote).chars().next().unwrap_or('"');
                let parts = content.match_indices(mark).map(|(place, _)| place + 1);
                for begin in std::iter::once(0).chain(parts) {
                    let rest = from(content, begin);
                    let part = rest.split(mark).next().unwrap_or_default();
                    find_in(part, at + begin, depth - 1, spans);
                }
            }
            None => find_in(content, at, depth - 1, spans),
        }
    }
}

/// Which parts of which arguments are secrets: index and byte range.
pub fn arguments(words: &[&str]) -> Vec<(usize, Range<usize>)> {
    let mut secrets = Vec::new();
    let mut program = Program::Other;
    for (index, word) in words.iter().enumerate() {
        if matches!(*word, ";" | "|" | "||" | "&&" | "&") {
            program = Program::Other;
            continue;
        }
        if let Some(named) = Program::of(word) {
            program = named;
        }
        let next = || words.get(index + 1).copied().filter(|next| !next.is_empty());
        if let Some(range) = within(program, word) {
            secrets.push((index, range));
        } else if let Some(range) = next().and_then(|next| following(program, word, next)) {
            secrets.push((index + 1, range));
        } else if let Some(place) = positional(program, words, index) {
            secrets.push((place, 0..words.get(place).map_or(0, |word| word.len())));
        }
    }
    secrets
}

/// Programs whose options hold secrets under names that do not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    MySql,
    SshPass,
    Curl,
    Samba,
    /// `-w`.
    Ldap,
    /// `-a`.
    Redis,
    /// `-pw`.
    Putty,
    /// `-P`.
    SqlCmd,
    /// `-pSECRET`.
    Archiver,
    OpenSsl,
    Net,
    Rdp,
    /// `-p` with a password behind it.
    TakesPassword,
    /// `-p` is a port or a folder, or something else that is no secret.
    TakesNone,
    Other,
}

impl Program {
    /// The program that a word names, with or without folders and `.exe`.
    fn of(word: &str) -> Option<Self> {
        let name = word.rsplit(['/', '\\', '=']).next()?.trim_matches(['"', '\'']);
        if name.is_empty() || name.len() > 24 || name.starts_with('-') {
            return None;
        }
        let name = name.to_ascii_lowercase();
        Some(match name.strip_suffix(".exe").unwrap_or(&name) {
            "mysql" | "mysqldump" | "mysqladmin" | "mariadb" | "mariadb-dump" | "mysqlimport" => Self::MySql,
            "sshpass" => Self::SshPass,
            "curl" | "wget" | "http" => Self::Curl,
            "smbclient" | "rpcclient" | "smbmap" | "winexe" => Self::Samba,
            "ldapsearch" | "ldapmodify" | "ldapadd" | "ldapwhoami" => Self::Ldap,
            "redis-cli" => Self::Redis,
            "plink" | "pscp" | "psftp" | "putty" => Self::Putty,
            "sqlcmd" | "osql" | "bcp" | "tsql" | "zip" | "unzip" | "mosquitto_pub" | "mosquitto_sub" => {
                Self::SqlCmd
            }
            "7z" | "7za" | "7zr" | "rar" | "unrar" | "winrar" => Self::Archiver,
            "openssl" => Self::OpenSsl,
            "net" | "net1" => Self::Net,
            "xfreerdp" | "wfreerdp" | "cmdkey" | "rdesktop" => Self::Rdp,
            "psexec" | "psexec64" | "crackmapexec" | "cme" | "nxc" | "netexec" | "evil-winrm" | "hydra"
            | "mongo" | "mongosh" | "mongodump" | "useradd" | "usermod" | "winrs" | "login" => {
                Self::TakesPassword
            }
            "mkdir" | "ssh" | "scp" | "nmap" | "nc" | "ncat" | "docker" | "podman" | "cp" | "install"
            | "ps" | "kill" | "lsof" | "iptables" | "perl" | "psql" | "tar" | "ping" | "unshare"
            | "rsync" | "export" | "touch" => Self::TakesNone,
            _ => return None,
        })
    }
}

/// A secret within the option itself.
fn within(program: Program, word: &str) -> Option<Range<usize>> {
    let attached = |option: &str| word.strip_prefix(option).filter(|rest| !rest.is_empty());
    let rest = match program {
        Program::MySql | Program::Archiver | Program::SshPass => attached("-p"),
        Program::Rdp => attached("/p:").or_else(|| attached("/pass:")),
        Program::Curl => {
            let user = attached("--user=").or_else(|| attached("--proxy-user=")).or_else(|| attached("-u"));
            user.and_then(|user| user.split_once(':')).map(|(_, password)| password)
        }
        Program::OpenSsl => attached("pass:"),
        Program::Samba
        | Program::Ldap
        | Program::Redis
        | Program::Putty
        | Program::SqlCmd
        | Program::Net
        | Program::TakesPassword
        | Program::TakesNone
        | Program::Other => None,
    }?;
    let rest = rest.trim_matches(['"', '\'']);
    // `rest` is a part of `word`, so its place follows from the lengths.
    let start = word.rfind(rest)?;
    (!rest.is_empty()).then_some(start..start + rest.len())
}

/// A secret in the word after an option.
fn following(program: Program, word: &str, next: &str) -> Option<Range<usize>> {
    let whole = 0..next.len();
    let option = word.strip_prefix("--").or_else(|| word.strip_prefix(['-', '/']));
    let named = option.is_some_and(|name| !name.contains([':', '=', '/']) && credential(name).is_some());
    if (named && !next.starts_with(['-', '/'])) || word.eq_ignore_ascii_case("ConvertTo-SecureString") {
        return (!next.starts_with('-')).then_some(whole);
    }
    let behind = |mark: char| next.find(mark).map(|at| at + 1..next.len()).filter(|range| !range.is_empty());
    match (program, word) {
        (Program::Curl, "-u" | "--user" | "--proxy-user") => behind(':'),
        (Program::Samba, "-U" | "--user") => behind('%'),
        (Program::SshPass | Program::TakesPassword | Program::Rdp, "-p")
        | (Program::Ldap, "-w")
        | (Program::Redis, "-a")
        | (Program::Putty, "-pw")
        | (Program::SqlCmd, "-P")
        | (Program::OpenSsl, "-k" | "-K") => Some(whole),
        (Program::Other | Program::Samba, "-p") if looks_chosen(next) => Some(whole),
        _ => None,
    }
}

/// Letters mixed with digits or symbols, as passwords are and folders, ports and profiles are not.
fn looks_chosen(word: &str) -> bool {
    let letters = word.chars().any(char::is_alphabetic);
    let others = word.chars().any(|character| character.is_ascii_digit() || "!@#$%^*?".contains(character));
    letters && others && word.len() >= 6 && !word.contains(['/', ':', '=', ',', '\\'])
}

/// `net user NAME SECRET` and `net use SHARE SECRET`: where the secret stands.
fn positional(program: Program, words: &[&str], index: usize) -> Option<usize> {
    let word = words.get(index)?;
    let is_command = word.eq_ignore_ascii_case("user") || word.eq_ignore_ascii_case("use");
    let net =
        index.checked_sub(1).and_then(|before| words.get(before)).and_then(|before| Program::of(before));
    if program != Program::Net || net != Some(Program::Net) || !is_command {
        return None;
    }
    let is_drive = |word: &str| word.len() == 2 && word.ends_with(':');
    let places = (index + 1..words.len())
        .filter(|place| words.get(*place).is_some_and(|word| !word.starts_with('/') && !is_drive(word)));
    let second = places.take(2).nth(1)?;
    // What follows the options belongs to the next command.
    (second <= index + 3 && words.get(second) != Some(&"*")).then_some(second)
}

/// Words as a shell would see them, without the quotation marks around them and without auditd's `a1=`.
fn words(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(offset) =
        bytes.get(at..).and_then(|rest| rest.iter().position(|byte| !byte.is_ascii_whitespace()))
    {
        let start = at + offset;
        at = word_end(bytes, start);
        let word = text.get(start..at).unwrap_or_default();
        let start = start + audit_name(word);
        let inner = text.get(start..at).unwrap_or_default();
        let stripped = inner.trim_matches(['"', '\'']);
        let begin = start + (inner.len() - inner.trim_start_matches(['"', '\'']).len());
        if !stripped.is_empty() {
            words.push(begin..begin + stripped.len());
        }
    }
    words
}

/// A blank outside of quotation marks ends a word; a mark without its partner is a letter.
fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at) {
        if byte.is_ascii_whitespace() {
            return at;
        }
        let partner = matches!(byte, b'"' | b'\'').then(|| bytes.get(at + 1..)).flatten();
        let closing = partner.and_then(|rest| rest.iter().take(200).position(|other| other == byte));
        at += closing.map_or(1, |offset| offset + 2);
    }
    bytes.len()
}

/// Length of `a0=` before an argument in the records of auditd.
fn audit_name(word: &str) -> usize {
    let digits = word.strip_prefix('a').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let name = 2 + digits;
    if digits > 0 && word.as_bytes().get(1 + digits) == Some(&b'=') { name } else { 0 }
}
