//! The directory that a path led through last, kept open: programs look at many files in one directory, and
//! to open that each time would cost more than to look.
//!
//! Sandbox-critical. It stands alone because nowhere else a directory is used that was opened for an
//! earlier path. Invariants: it is kept only for a path with a single name before the last, and used only
//! when the kernel says, in this call, that what has this name now is a directory and this very one. So it is
//! what opening it now would give, whoever renamed what in between, and what happens after that look is the
//! same race as the one after opening. (With more names a link on the way could lead out and back.) One is
//! kept at a time, so that few files are open.

use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host::{self, Borrowed};
use core::ffi::CStr;
use std::ffi::CString;
use std::sync::Arc;

/// The last directory.
#[derive(Default)]
pub(crate) struct Recent(Option<Last>);

struct Last {
    name: CString,
    state: State,
}

enum State {
    /// The name came once.
    Once,
    /// It is a link, or the directory does not tell what it is.
    Unfit,
    /// It is a directory, which is open.
    Open(Arc<host::Owned>, Identity),
}

/// Device and inode: while a directory is open, no other has them.
type Identity = (u64, u64);

/// A directory that a path leads through.
pub(crate) enum Beneath {
    Opened(host::Owned),
    Kept(Arc<host::Owned>),
}

impl Beneath {
    /// The directory, for a call.
    pub(crate) fn borrow(&self) -> Borrowed<'_> {
        match self {
            Self::Opened(directory) => host::borrow(directory),
            Self::Kept(directory) => host::borrow(directory),
        }
    }
}

impl Recent {
    /// As [`host::open_beneath`]. A name that comes for the second time is worth keeping.
    pub(crate) fn open_beneath(
        &mut self,
        start: Borrowed<'_>,
        path: &CStr,
        host_root: bool,
    ) -> Result<Beneath> {
        let open = || host::open_beneath(start, path, host_root);
        let Some(name) = only_name(path.to_bytes()) else { return open().map(Beneath::Opened) };
        let state = match self.0.take_if(|last| last.name.as_bytes() == name) {
            Some(Last { name, state: State::Open(directory, identity) }) => {
                if identity_of(start, &name) == Some(identity) {
                    return Ok(self.keep(name, directory, identity));
                }
                State::Once
            }
            Some(Last { state: State::Once, name }) => {
                let directory = open()?;
                let itself = identity_of(host::borrow(&directory), c".");
                return Ok(match itself.filter(|_| itself == identity_of(start, &name)) {
                    Some(identity) => self.keep(name, directory.into(), identity),
                    None => {
                        self.0 = Some(Last { name, state: State::Unfit });
                        Beneath::Opened(directory)
                    }
                });
            }
            Some(Last { state, .. }) => state,
            None => State::Once,
        };
        let directory = open()?;
        self.0 = Some(Last { name: CString::new(name).map_err(|_| Errno::Invalid)?, state });
        Ok(Beneath::Opened(directory))
    }

    fn keep(&mut self, name: CString, directory: Arc<host::Owned>, identity: Identity) -> Beneath {
        let kept = Beneath::Kept(Arc::clone(&directory));
        self.0 = Some(Last { name, state: State::Open(directory, identity) });
        kept
    }
}

/// The name, if a path to a directory is only one, and one in the directory that it starts from. Systems where
/// an open directory is in others' way keep none.
fn only_name(path: &[u8]) -> Option<&[u8]> {
    let name = path.split(|&byte| byte == b'/').next()?;
    let is_only = path.get(name.len()..)?.iter().all(|&byte| byte == b'/');
    (cfg!(unix) && is_only && !matches!(name, b"" | b"." | b"..")).then_some(name)
}

fn identity_of(directory: Borrowed<'_>, name: &CStr) -> Option<Identity> {
    let status = host::entry_status(directory, name).ok()?;
    (status.file_type == FileType::Directory).then_some((status.device, status.inode))
}
