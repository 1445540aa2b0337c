//! What a trial happens in: directories that are granted and one that is not, one with a file that an
//! argument names, a process and a socket that are somebody else's.

use anyhow::Result;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use wasm2native_tests::scratch::Scratch;

/// A world, which ends with the value.
pub(crate) struct World {
    scratch: Scratch,
    pub(crate) other: std::sync::Mutex<Child>,
    pub(crate) listener: TcpListener,
}

impl World {
    pub(crate) fn new() -> Result<Self> {
        let scratch = Scratch::new()?;
        for name in
            ["writable/file", "readable/kept", "outside/canary", "around/named", "around/neighbour"]
        {
            scratch.write(name, "contents")?;
        }
        let other = Command::new("sleep").arg("600").stdout(Stdio::null()).spawn()?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        Ok(Self { scratch, other: std::sync::Mutex::new(other), listener })
    }

    /// Where something is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// Whether a file holds what it did at first.
    pub(crate) fn is_whole(&self, name: &str) -> bool {
        self.scratch.read(name).is_ok_and(|bytes| bytes == b"contents")
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).symlink_metadata().is_ok()
    }

    /// The number of the other process.
    pub(crate) fn other_process(&self) -> i64 {
        self.other.lock().map_or(0, |other| other.id().into())
    }

    /// Whether the other process lives.
    pub(crate) fn other_lives(&self) -> bool {
        // A signal that was sent is not always delivered when the sender goes on.
        std::thread::sleep(std::time::Duration::from_millis(20));
        self.other.lock().is_ok_and(|mut other| matches!(other.try_wait(), Ok(None)))
    }

    /// The address of the listening socket, as the kernel takes it.
    pub(crate) fn address(&self) -> Result<Vec<u8>> {
        let port = self.listener.local_addr()?.port().to_be_bytes();
        let family = 2_u16.to_ne_bytes();
        Ok([&family[..], &port, &[127, 0, 0, 1], &[0; 8]].concat())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Ok(mut other) = self.other.lock() {
            // It may have ended already.
            let _ = other.kill();
            let _ = other.wait();
        }
    }
}
