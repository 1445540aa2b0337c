//! Directories that are made when a program starts.
//!
//! Invariant: unless all went well and they are kept, those that were made are gone again.

use crate::errno::{Errno, Result};
use crate::host;
use core::ffi::CStr;

/// Directories that were made, in this order, each by its path and a NUL.
#[derive(Default)]
pub(super) struct Made(Vec<Vec<u8>>);

impl Made {
    /// Makes a directory, and those above it that are not there; for their user alone when `private`, else
    /// as the user's mask says.
    pub(super) fn make(&mut self, path: &[u8], private: bool) -> Result<()> {
        // The lengths of the paths that are still to be made, the longest first.
        let mut lengths = vec![path.len()];
        let mut goes_down = false;
        while let Some(&length) = lengths.last() {
            let mut part = path.get(..length).unwrap_or_default().to_vec();
            part.push(0);
            let name = CStr::from_bytes_with_nul(&part).map_err(|_| Errno::Invalid)?;
            match host::make_directory(name, private) {
                Ok(()) => self.0.push(part),
                // Somebody was faster, or it is where this ends.
                Err(Errno::Exists) => {}
                // What it is in is there, and no directory, as some systems say it.
                Err(Errno::NoEntry) if goes_down => return Err(Errno::NotDirectory),
                Err(Errno::NoEntry) => {
                    lengths.push(parent_length(path, length).ok_or(Errno::NoEntry)?);
                    continue;
                }
                Err(error) => return Err(error),
            }
            goes_down = true;
            lengths.pop();
        }
        Ok(())
    }

    /// Keeps them.
    pub(super) fn keep(&mut self) {
        self.0.clear();
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        while let Some(path) = self.0.pop() {
            if let Ok(path) = CStr::from_bytes_with_nul(&path) {
                host::remove_made_directory(path);
            }
        }
    }
}

/// How much of the first `length` bytes of a path is the directory that its last part is in.
fn parent_length(path: &[u8], length: usize) -> Option<usize> {
    let part = path.get(..length)?;
    let is_separator = |byte: &u8| host::is_separator(*byte);
    let name_end = part.iter().rposition(|byte| !is_separator(byte))? + 1;
    let separator = part.get(..name_end)?.iter().rposition(is_separator)?;
    let end = part.get(..separator)?.iter().rposition(|byte| !is_separator(byte))?;
    Some(end + 1)
}
