//! What systemd is told: ready, alive, stopping (`sd_notify(3)`), by one datagram each.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Without systemd nobody is told.
pub(crate) struct Notifier(Option<UnixDatagram>);

impl Notifier {
    /// `$NOTIFY_SOCKET` is a path, or an abstract name after an `@`.
    pub(crate) fn new(socket: Option<&OsStr>) -> Self {
        let connect = |name: &OsStr| {
            let address = match name.as_bytes() {
                [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
                _ => SocketAddr::from_pathname(name)?,
            };
            let socket = UnixDatagram::unbound()?;
            socket.set_nonblocking(true)?;
            socket.connect_addr(&address)?;
            std::io::Result::Ok(socket)
        };
        Self(socket.and_then(|name| connect(name).ok()))
    }

    pub(crate) fn tell(&self, text: &str) {
        if let Some(socket) = &self.0 {
            // The next beat says it again.
            let _ = socket.send(text.as_bytes());
        }
    }
}
