//! A Redis server of our own on a socket in a temporary folder; it dies with its value.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(crate) struct Redis {
    server: Child,
    socket: PathBuf,
}

impl Redis {
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let socket = folder.join("redis.sock");
        let server = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--dir"])
            .arg(folder)
            .arg("--unixsocket")
            .arg(&socket)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .context("could not start redis-server")?;
        let redis = Self { server, socket };
        let deadline = Instant::now() + Duration::from_secs(10);
        while redis.ask(&["PING"])? != "PONG" {
            if Instant::now() > deadline {
                bail!("redis-server does not answer");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(redis)
    }

    pub(crate) fn socket(&self) -> Result<&str> {
        self.socket.to_str().context("the path of the temporary folder is not UTF-8")
    }

    /// How many alerts have been pushed onto a list.
    pub(crate) fn arrived(&self, list: &str) -> Result<usize> {
        self.ask(&["LLEN", list])?.parse().context("Redis gave no length")
    }

    fn ask(&self, words: &[&str]) -> Result<String> {
        let output = Command::new("redis-cli").arg("-s").arg(&self.socket).args(words).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}
