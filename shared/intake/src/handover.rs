//! Who carries an accepted alert on: the resident service, a shipper at work, or one that is started now.

use std::io::{self, ErrorKind};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::home::Home;
use crate::spool::Spool;

/// Who takes it from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    Service,
    ShipperAtWork,
    ShipperStarted,
}

impl Carrier {
    pub fn words(self) -> &'static str {
        match self {
            Self::Service => "the service was told",
            Self::ShipperAtWork => "a shipper is at work",
            Self::ShipperStarted => "a shipper was started",
        }
    }
}

/// How a shipper is started where no service listens.
pub struct Shipper<'a> {
    /// Looked for when it is needed.
    pub program: &'a dyn Fn() -> PathBuf,
    pub log: Option<&'a Path>,
    pub config: Option<&'a Path>,
}

/// Never waits: a full socket means that the service has been told often enough.
pub fn hand_over(spool: &Spool, shipper: &Shipper) -> io::Result<Carrier> {
    if ring(spool) {
        return Ok(Carrier::Service);
    }
    // A shipper that ends now looks at the spool once more after it has let go of the lock.
    if spool.try_lock().map_err(io::Error::other)?.is_none() {
        return Ok(Carrier::ShipperAtWork);
    }
    start(spool, shipper)?;
    Ok(Carrier::ShipperStarted)
}

/// Whether the service listens.
pub fn ring(spool: &Spool) -> bool {
    let rung = UnixDatagram::unbound().and_then(|socket| {
        socket.set_nonblocking(true)?;
        socket.send_to(b"", spool.doorbell())
    });
    rung.map_or_else(|error| error.kind() == ErrorKind::WouldBlock, |_| true)
}

/// Where the whole program is, unless a setting says.
pub fn publisher(home: &Home) -> PathBuf {
    let places =
        [home.publisher(), "/usr/bin/wazuh-publisher".into(), "/usr/local/bin/wazuh-publisher".into()];
    let [own, ..] = &places;
    places.iter().find(|path| path.is_file()).unwrap_or(own).clone()
}

/// Detached: its output goes nowhere, for integratord reads ours until everyone who has it is gone.
fn start(spool: &Spool, shipper: &Shipper) -> io::Result<()> {
    let mut command = Command::new((shipper.program)());
    command.args(["ship", "--detached", "--spool"]).arg(spool.path());
    for (option, path) in [("--log", shipper.log), ("--config", shipper.config)] {
        if let Some(path) = path {
            command.arg(option).arg(path);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().map(drop)
}
