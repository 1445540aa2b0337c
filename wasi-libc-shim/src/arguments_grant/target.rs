//! Finds what a path of the user's stands for on the host: the directory where it really is, and its name
//! there.
//!
//! Sandbox-critical. The path is the user's, so it may lead anywhere and follow any link, once: what comes
//! of it is held open by its directory, and names nothing else later.

use crate::audit::Source;
use crate::designated::{Target, TargetKind};
use crate::errno::{Errno, Result};
use crate::file_type::FileType;
use crate::host::{self, MAXIMUM_LINKS, PATH_BYTES};
use std::ffi::CString;
use std::sync::Arc;

/// Finds targets; several in one directory share its handle.
pub(super) struct Finder {
    read_only: bool,
    open: Vec<(Vec<u8>, Arc<host::Owned>)>,
}

impl Finder {
    pub(super) fn new(read_only: bool) -> Self {
        Self { read_only, open: Vec::new() }
    }

    /// What is at the path and whether it is a directory; also what is not there, whether it may be made or not.
    pub(super) fn find(&mut self, path: &[u8], may_be_made: bool) -> Option<(Target, bool)> {
        let mut path = path.to_vec();
        let mut through_link = false;
        for _ in 0..=MAXIMUM_LINKS {
            let end =
                path.iter().rposition(|&byte| !host::is_separator(byte)).map_or(0, |last| last + 1);
            let start = path.get(..end)?.iter().rposition(|&byte| host::is_separator(byte));
            let start = start.map_or(0, |separator| separator + 1);
            let (directory, name) = (path.get(..start)?, path.get(start..end)?);
            // The path leads to a directory that has no name there.
            if matches!(name, b"" | b"." | b"..") || host::is_drive(path.get(..end)?) {
                let target = self.target(&path, b".", through_link).ok()?;
                return Some((target, true));
            }
            let parent = if directory.is_empty() { &b"."[..] } else { directory };
            let mut target = match self.target(parent, name, through_link) {
                Err(Errno::NoEntry | Errno::NotDirectory) => return self.missing(),
                target => target.ok()?,
            };
            match host::entry_status(host::borrow(&target.parent), &target.name) {
                Ok(status) if status.file_type == FileType::SymbolicLink => {
                    let mut link = [0; PATH_BYTES];
                    let parent = host::borrow(&target.parent);
                    let bytes = host::read_link(parent, &target.name, &mut link).ok()?;
                    let link = link.get(..bytes).filter(|link| !link.is_empty())?;
                    if let Some(file) = host::inherited(&path, link) {
                        target.kind = TargetKind::Inherited(file);
                        return Some((target, false));
                    }
                    path = if link.first() == Some(&b'/') {
                        host::native_path(link)
                    } else {
                        [directory, link].concat()
                    };
                    through_link = true;
                }
                Ok(status) => return Some((target, status.file_type == FileType::Directory)),
                Err(Errno::NoEntry) if may_be_made && !self.read_only => {
                    return Some((target, false));
                }
                Err(Errno::NoEntry) => return self.missing(),
                Err(_) => return None,
            }
        }
        None
    }

    fn missing(&mut self) -> Option<(Target, bool)> {
        let target = self.target(b".", b"", false).ok()?;
        Some((Target { kind: TargetKind::Missing, ..target }, false))
    }

    fn target(&mut self, parent: &[u8], name: &[u8], through_link: bool) -> Result<Target> {
        Ok(Target {
            parent: self.open(parent)?,
            name: CString::new(name).map_err(|_| Errno::Invalid)?,
            read_only: self.read_only,
            through_link,
            kind: TargetKind::Named,
            source: Source::Arguments,
        })
    }

    fn open(&mut self, path: &[u8]) -> Result<Arc<host::Owned>> {
        if let Some((_, directory)) = self.open.iter().find(|(other, _)| other == path) {
            return Ok(directory.clone());
        }
        let text = CString::new(path).map_err(|_| Errno::Invalid)?;
        let directory = Arc::new(host::open_to_search(&text)?);
        // Those that nothing was found in need not stay open.
        self.open.retain(|(_, other)| Arc::strong_count(other) > 1);
        self.open.push((path.to_vec(), directory.clone()));
        Ok(directory)
    }
}
