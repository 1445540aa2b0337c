//! The walk by hand: from a directory along a path to a directory beneath it, a component at a time,
//! each opened without following links, so that nothing another process renames or replaces meanwhile
//! leads out.
//!
//! Sandbox-critical, and the same on every system: each provides a [`step`]. Invariant: `..` goes back
//! to a directory that is held open, never to whatever its parent may be by now.

use super::{Borrowed, MAXIMUM_LINKS, Owned, borrow, open_itself, step};
use crate::errno::{Errno, Result};
use core::ffi::CStr;

/// What one component of a path leads to.
pub(crate) enum Step {
    Directory(Owned),
    /// A symbolic link, to a path that begins with `/` when it does not depend on where the link is.
    Link(Vec<u8>),
}

/// Opens the directory of that name, following nothing.
///
/// # Errors
/// [`Errno::NotPermitted`] when the name is that of a symbolic link.
pub(crate) fn open_directory(directory: Borrowed<'_>, name: &CStr) -> Result<Owned> {
    match step(directory, name)? {
        Step::Directory(opened) => Ok(opened),
        Step::Link(_) => Err(Errno::NotPermitted),
    }
}

/// Opens the directory at `path` beneath `start`, following symbolic links as long as they stay there.
/// Where `start` is the host's root directory (`host_root`), absolute links and `..` stay there too.
///
/// # Errors
/// [`Errno::NotPermitted`] when the path leads out.
pub(crate) fn walk_by_hand(start: Borrowed<'_>, path: &CStr, host_root: bool) -> Result<Owned> {
    // The directories from `start` (itself not included) to where the walk is.
    let mut beneath: Vec<Owned> = Vec::new();
    let mut rest = path.to_bytes().to_vec();
    let mut links = 0;
    let mut next = 0;
    while let Some(component) = rest.get(next..).and_then(|rest| rest.split(|&b| b == b'/').next())
    {
        let end = next + component.len();
        if component == b".." {
            if beneath.pop().is_none() && !host_root {
                return Err(Errno::NotPermitted);
            }
        } else if !component.is_empty() && component != b"." {
            let mut name = component.to_vec();
            name.push(0);
            let name = CStr::from_bytes_with_nul(&name).map_err(|_| Errno::Invalid)?;
            let here = beneath.last().map_or(start, borrow);
            match step(here, name)? {
                Step::Directory(directory) => beneath.push(directory),
                Step::Link(target) => {
                    links += 1;
                    if links > MAXIMUM_LINKS {
                        return Err(Errno::Loop);
                    }
                    if target.first() == Some(&b'/') {
                        if !host_root {
                            return Err(Errno::NotPermitted);
                        }
                        beneath.clear();
                    }
                    rest = [&target, rest.get(end..).unwrap_or_default()].concat();
                    next = 0;
                    continue;
                }
            }
        }
        next = end + 1;
    }
    match beneath.pop() {
        Some(directory) => Ok(directory),
        None => open_itself(start),
    }
}
