//! `install` and `uninstall`: everything on a manager that Wazuh Triage needs, and its way out again.
//!
//! Each file is written whole, what was there before is copied to `OSSEC/backup/wazuh-triage`, and a record says what
//! was written. A second call changes nothing; what somebody changed in between is theirs.

mod apply;
mod diff;
pub mod layout;
pub mod ossec_conf;
pub mod owners;
pub mod plan;
mod record;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Zoned;

use apply::{Hand, Outcome};
use layout::Layout;
use ossec_conf::{OssecConf, Unreadable};
use owners::Owners;
use plan::{Content, Step, Wishes};
use record::Record;

use crate::home::INTEGRATION;

/// Whether anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    ForReal,
}

/// What becomes of the manager, which must be restarted to see the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    Never,
    AtTheEnd,
}

/// Why nothing more was installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    #[error("{} is no Wazuh 4 manager: it has no user wazuh, or no {}", root.display(), missing.display())]
    NoWazuh { root: PathBuf, missing: PathBuf },
    #[error("{} is left alone, {unreadable}", path.display())]
    OssecConf { path: PathBuf, unreadable: Unreadable },
    #[error("{unreadable}")]
    Block { unreadable: Unreadable },
    #[error("queue URL and profile must not hold < > & \\ or a space: Wazuh could not read ossec.conf")]
    NotForXml,
    #[error("cannot {action} {} ({cause}); {}", path.display(), advice(cause))]
    File { action: &'static str, path: PathBuf, cause: io::Error },
    #[error("wazuh-manager did not restart ({0}); see systemctl status wazuh-manager")]
    Restart(String),
}

impl From<Unreadable> for InstallError {
    fn from(unreadable: Unreadable) -> Self {
        Self::Block { unreadable }
    }
}

/// Installs, or says what it would do. `program` is the running executable.
pub fn install(
    layout: &Layout,
    wishes: &Wishes,
    program: &Path,
    mode: Mode,
    restart: Restart,
    out: &mut dyn Write,
) -> Result<(), InstallError> {
    let mut hand = hand(layout)?;
    let conf_path = layout.ossec_conf();
    let conf = read(&conf_path)?;
    let changed = changed(&conf, &conf_path, wishes)?;
    let steps = steps(layout, wishes, program)?;
    for step in &steps {
        let outcome = hand.outcome(step).map_err(at("read", &step.path))?;
        say(out, step, &outcome, mode);
        if mode == Mode::ForReal {
            hand.apply(step, &outcome).map_err(at("write", &step.path))?;
        }
    }
    // Last, so that Wazuh never has a block for a program that is not there.
    put(&hand, &conf_path, &conf, &changed, mode, out)?;
    if plan::is_taken(layout).map_err(at("read", &layout.rules()))? {
        tell(out, "rule 100015 is another's here: wazuh-triage-abuseipdb-positive.xml was not installed");
    }
    warn_of_intake(&parse(&changed, &conf_path)?, layout, wishes, out)?;
    if mode == Mode::DryRun {
        tell(out, "nothing was written");
        return Ok(());
    }
    let has_systemd = layout.root() == Path::new("/");
    if has_systemd {
        tell(out, "then: systemctl daemon-reload && systemctl enable --now wazuh-publisher");
    }
    finish(restart, out)
}

/// What install does not touch may have alerts come twice, or not at all.
fn warn_of_intake(
    conf: &OssecConf,
    layout: &Layout,
    wishes: &Wishes,
    out: &mut dyn Write,
) -> Result<(), InstallError> {
    if plan::comes_twice(conf, wishes)? {
        let path = layout.ossec_conf();
        tell(
            out,
            &format!(
                "alerts come twice: take the <integration> block of {INTEGRATION} out of {}",
                path.display()
            ),
        );
    }
    // The file is the site's: what it says counts, not what was asked for now.
    if let Some(set) = wishes.intake_of_file
        && set != wishes.intake
    {
        let path = layout.config();
        tell(
            out,
            &format!("set intake = \"{}\" in {}: it says otherwise", wishes.intake.as_str(), path.display()),
        );
    }
    Ok(())
}

/// Takes away what install wrote, and nothing that somebody changed since.
pub fn uninstall(
    layout: &Layout,
    mode: Mode,
    restart: Restart,
    out: &mut dyn Write,
) -> Result<(), InstallError> {
    let mut hand = hand(layout)?;
    let conf_path = layout.ossec_conf();
    let conf = read(&conf_path)?;
    let parsed = parse(&conf, &conf_path)?;
    let without = parsed.without_block()?;
    // First, so that Wazuh never has a block for a program that is not there.
    put(&hand, &conf_path, &conf, &without, mode, out)?;
    if mode == Mode::DryRun {
        for path in hand.record.files.keys().chain(&hand.record.folders) {
            tell(out, &format!("would remove {}", layout.root().join(path).display()));
        }
        tell(out, "nothing was written");
        return Ok(());
    }
    let files = std::mem::take(&mut hand.record.files);
    for (relative, written) in files {
        let path = layout.root().join(&relative);
        if hand.undo(&relative, &written).map_err(at("remove", &path))? {
            let word = if written.before.is_some() { "restored" } else { "removed" };
            tell(out, &format!("{word} {}", path.display()));
        } else {
            tell(out, &format!("left {}: it was changed since it was installed", path.display()));
        }
    }
    for relative in std::mem::take(&mut hand.record.folders) {
        let path = layout.root().join(relative);
        match fs::remove_dir(&path) {
            Ok(()) => tell(out, &format!("removed {}", path.display())),
            Err(_) => tell(out, &format!("left {}: it is not empty", path.display())),
        }
    }
    remove_backups(layout, &without, out)?;
    finish(restart, out)
}

/// The copies of `ossec.conf` are worth nothing when it is again what it was.
fn remove_backups(layout: &Layout, conf: &str, out: &mut dyn Write) -> Result<(), InstallError> {
    let backups = layout.backups();
    let record = layout.record();
    match fs::remove_file(&record) {
        Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(at("remove", &record)(cause)),
        _ => {}
    }
    let mut copies: Vec<PathBuf> = match fs::read_dir(&backups) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(_) => return Ok(()),
    };
    copies.sort();
    let of_conf: Vec<&PathBuf> = copies.iter().filter(|copy| is_of_conf(copy)).collect();
    let oldest = of_conf.first().and_then(|copy| fs::read_to_string(copy).ok());
    if oldest.is_some_and(|oldest| oldest == conf) {
        for copy in of_conf {
            fs::remove_file(copy).map_err(at("remove", copy))?;
        }
        tell(out, "removed the copies of ossec.conf: it is again what it was");
    }
    if fs::remove_dir(&backups).is_err() {
        tell(out, &format!("left {}: copies of what was there before", backups.display()));
    }
    Ok(())
}

fn is_of_conf(copy: &Path) -> bool {
    copy.file_name().is_some_and(|name| name.to_string_lossy().starts_with("ossec.conf."))
}

fn hand(layout: &Layout) -> Result<Hand<'_>, InstallError> {
    let missing = layout.ossec().join("etc/ossec.conf");
    let no_wazuh = || InstallError::NoWazuh { root: layout.root().to_owned(), missing: missing.clone() };
    let owners = Owners::of(layout.root()).ok_or_else(no_wazuh)?;
    if !missing.is_file() {
        return Err(no_wazuh());
    }
    Ok(Hand {
        layout,
        owners,
        record: Record::read(&layout.record()).map_err(at("read", &layout.record()))?,
        stamp: Zoned::now().strftime("%Y%m%d-%H%M%S%.6f").to_string(),
        may_chown: rustix::process::geteuid().is_root(),
    })
}

fn steps(layout: &Layout, wishes: &Wishes, program: &Path) -> Result<Vec<Step>, InstallError> {
    let bytes = fs::read(program).map_err(at("read", program))?;
    // A build may bring a smaller program for integratord, beside this one or in the package; this one does both.
    let beside = program.with_file_name(INTEGRATION);
    let packaged =
        program.parent().and_then(Path::parent).map(|above| above.join(PACKAGED).join(INTEGRATION));
    let smaller = [Some(beside), packaged].into_iter().flatten().find(|path| path.is_file());
    let integration = match smaller {
        Some(path) => fs::read(&path).map_err(at("read", &path))?,
        None => bytes.clone(),
    };
    plan::steps(layout, wishes, bytes, integration).map_err(at("read", &layout.rules()))
}

const PACKAGED: &str = "lib/wazuh-publisher";

fn changed(conf: &str, path: &Path, wishes: &Wishes) -> Result<String, InstallError> {
    let parsed = parse(conf, path)?;
    let block = plan::block(&parsed, wishes)?;
    let changed = if block.is_empty() { parsed.without_block()? } else { parsed.with_block(&block)? };
    // What we would write must be as readable as what is there.
    parse(&changed, path)?;
    Ok(changed)
}

fn parse<'a>(conf: &'a str, path: &Path) -> Result<OssecConf<'a>, InstallError> {
    OssecConf::parse(conf).map_err(|unreadable| InstallError::OssecConf { path: path.to_owned(), unreadable })
}

fn put(
    hand: &Hand,
    path: &Path,
    before: &str,
    after: &str,
    mode: Mode,
    out: &mut dyn Write,
) -> Result<(), InstallError> {
    if before == after {
        tell(out, &format!("unchanged {}", path.display()));
        return Ok(());
    }
    if mode == Mode::DryRun {
        tell(out, &format!("would change {}\n{}", path.display(), diff::diff(before, after).trim_end()));
        return Ok(());
    }
    let copy = hand.change(path, after).map_err(at("write", path))?;
    let copy = hand.layout.root().join(copy);
    tell(out, &format!("changed {}; before: {}", path.display(), copy.display()));
    Ok(())
}

fn say(out: &mut dyn Write, step: &Step, outcome: &Outcome, mode: Mode) {
    let path = step.path.display();
    let would = if mode == Mode::DryRun { "would " } else { "" };
    match (outcome, &step.content) {
        (Outcome::Unchanged, _) => tell(out, &format!("unchanged {path}")),
        (Outcome::Make, _) => tell(out, &format!("{would}make {path}, {} {:04o}", step.owner, step.mode)),
        (Outcome::Write { before }, Content::File(bytes) | Content::FirstFile(bytes)) => {
            let length = bytes.len();
            tell(out, &format!("{would}write {path}, {} {:04o}, {length} bytes", step.owner, step.mode));
            let texts = before.as_ref().and_then(|before| std::str::from_utf8(before).ok());
            if let (Mode::DryRun, Some(before), Ok(after)) = (mode, texts, std::str::from_utf8(bytes)) {
                tell(out, diff::diff(before, after).trim_end());
            }
        }
        (Outcome::Write { .. }, Content::Folder) => {}
        (Outcome::LeftAsChanged, _) => {
            tell(out, &format!("left {path}: it was changed since it was installed"));
        }
        (Outcome::LeftAsTheirs, _) => tell(out, &format!("left {path} as it is")),
    }
}

fn finish(restart: Restart, out: &mut dyn Write) -> Result<(), InstallError> {
    if restart == Restart::Never {
        tell(out, "then: systemctl restart wazuh-manager");
        return Ok(());
    }
    let done = Command::new("systemctl").args(["restart", "wazuh-manager"]).status();
    match done {
        Ok(status) if status.success() => {
            tell(out, "restarted wazuh-manager");
            Ok(())
        }
        Ok(status) => Err(InstallError::Restart(status.to_string())),
        Err(error) => Err(InstallError::Restart(error.to_string())),
    }
}

fn read(path: &Path) -> Result<String, InstallError> {
    fs::read_to_string(path).map_err(at("read", path))
}

/// A closed pipe is nobody's failure.
fn tell(out: &mut dyn Write, text: &str) {
    let _ = writeln!(out, "{text}");
}

fn at(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> InstallError {
    move |cause| InstallError::File { action, path: path.to_owned(), cause }
}

fn advice(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::PermissionDenied => "run this as root",
        io::ErrorKind::StorageFull => "free some space there",
        io::ErrorKind::NotFound => "is this a Wazuh manager?",
        _ => "nothing after it was done",
    }
}
