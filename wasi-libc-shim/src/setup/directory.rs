//! The directories that a policy grants: found, made where that was granted, opened.
//!
//! Sandbox-critical. The order of descriptors is that of the policy's records: the current directory is 3,
//! where Zig's library looks for it. A directory that is also known by its own path has a second
//! descriptor behind its first: C's and Rust's library take the longest prefix of a path, Go's goes by the
//! variable `PWD`, so that all find `x`, `./x`, `sub/x` and the absolute path. A name that the builder gave
//! to something else stays that. Zig's library starts every path from the first directory, which therefore
//! knows those paths as names in it. Invariant: when one grant cannot be given, nothing that was made for
//! others stays.

use super::anchor::{Kind, Place, Places};
use super::denial::Denied;
use super::{MALFORMED, everything, joined, made::Made, refusal};
use crate::audit::Source;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::designated::{Designation, Target, TargetKind, bare, spelled};
use crate::errno::{Errno, Result};
use crate::host::{self, Handle};
use crate::{SetupError, Wasi};
use core::ffi::CStr;
use std::sync::Arc;
use wasm2native_abi::policy::{
    DIRECTORY_CREATE, DIRECTORY_EVERYTHING, DIRECTORY_OPTIONAL, DIRECTORY_OWN_PATH,
    DIRECTORY_READ_ONLY, Record, RecordKind, Records,
};

/// What granting directories leads to besides descriptors.
#[derive(Default)]
pub(super) struct Granted {
    /// Variables that say where directories are.
    pub(super) variables: Vec<(&'static str, Vec<u8>)>,
    /// Directories by their own paths.
    pub(super) own_paths: Vec<Designation>,
    /// Whether everything is granted, and if so whether only to be read.
    pub(super) everything: Option<bool>,
}

/// How a directory is granted.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) read_only: bool,
    pub(super) host_root: bool,
    /// Links and `..` lead wherever they lead.
    pub(super) unconfined: bool,
    pub(super) source: Source,
}

/// Grants every directory of the policy.
///
/// # Errors
/// A sentence when one cannot be given.
pub(super) fn grant_all(
    policy: &Records<'_>,
    environment: &super::Variables<'_>,
    wasi: &mut Wasi,
    made: &mut Made,
    denied: Denied,
) -> core::result::Result<Granted, SetupError> {
    let mut granting = Granting {
        places: Places::new(environment),
        wasi,
        denied,
        names: Vec::new(),
        granted: Granted::default(),
        made,
    };
    if !denied.files() {
        granting.look_at(policy)?;
        for (index, record) in (0..).zip(policy.of(RecordKind::Directory)) {
            granting.grant(&record, Source::Directory(index))?;
        }
        granting.wasi.temporary = granting.places.temporary.map(|(_, made)| made);
    }
    Ok(granting.granted)
}

const CANNOT_OPEN: &str = "cannot open the granted directory";

struct Granting<'a> {
    places: Places<'a>,
    wasi: &'a mut Wasi,
    denied: Denied,
    /// What the policy calls its directories, as [`bare`] names.
    names: Vec<Vec<u8>>,
    granted: Granted,
    made: &'a mut Made,
}

impl Granting<'_> {
    /// Looks at all records before the first is granted.
    fn look_at(&mut self, policy: &Records<'_>) -> core::result::Result<(), SetupError> {
        for record in policy.of(RecordKind::Directory) {
            let (_, guest) = record.pair().ok_or(MALFORMED)?;
            if record.flags & DIRECTORY_EVERYTHING != 0 {
                self.granted.everything = Some(self.is_read_only(&record));
            } else {
                self.names.push(bare(&host::guest_path(guest)));
            }
        }
        for record in policy.of(RecordKind::EmbeddedDirectory) {
            self.names.push(bare(record.bytes));
        }
        Ok(())
    }

    fn is_read_only(&self, record: &Record<'_>) -> bool {
        self.denied.write() || record.flags & DIRECTORY_READ_ONLY != 0
    }

    #[inline(never)]
    fn grant(
        &mut self,
        record: &Record<'_>,
        source: Source,
    ) -> core::result::Result<(), SetupError> {
        let (written, _) = record.pair().ok_or(MALFORMED)?;
        let is_optional = record.flags & DIRECTORY_OPTIONAL != 0;
        // To make it would be a change, and a temporary directory that is empty is of no use.
        if self.denied.write() && written.starts_with(b"tmp:") {
            return Ok(());
        }
        let place = match self.places.find(written) {
            Err(_) if is_optional => return Ok(()),
            result => result?,
        };
        let (what, error) = match self.open(&place, record) {
            Ok(file) => match self.hand_out(record, source, &place, file) {
                Ok(()) => return Ok(()),
                Err(error) => (CANNOT_OPEN, error),
            },
            Err((error, making)) if is_optional && (making || error == Errno::NoEntry) => {
                return Ok(());
            }
            Err((error, true)) => ("cannot make the granted directory", error),
            Err((error, false)) => (CANNOT_OPEN, error),
        };
        Err(refusal(what, &place.path, error))
    }

    /// Gives the program a directory that is open, under all its names.
    #[inline(never)]
    fn hand_out(
        &mut self,
        record: &Record<'_>,
        source: Source,
        place: &Place,
        file: host::Owned,
    ) -> Result<()> {
        let (_, guest) = record.pair().ok_or(Errno::Invalid)?;
        let read_only = self.is_read_only(record);
        let mut terms = Terms {
            read_only,
            host_root: place.path == b"/",
            // Not a way to write what is granted to be read.
            unconfined: self.granted.everything.is_some_and(|only_read| read_only || !only_read),
            source,
        };
        if record.flags & DIRECTORY_EVERYTHING != 0 {
            terms.host_root = false;
            let descriptors = &mut self.wasi.descriptors;
            self.wasi.shadowed = everything::grant(descriptors, &self.names, file, terms)?;
            return Ok(());
        }
        let mut own_path = None;
        if record.flags & DIRECTORY_OWN_PATH != 0
            && let Some(path) = self::own_path(place)
        {
            for name in variables(place.kind) {
                self.granted.variables.push((name, path.clone()));
            }
            let name = bare(&path);
            // Something else may have that name, which then has no other.
            if guest.is_empty() || name.is_empty() || !self.names.contains(&name) {
                own_path = Some(path);
            }
        }
        if !guest.is_empty() {
            let name = host::guest_path(guest);
            if own_path.is_none() {
                return insert(&mut self.wasi.descriptors, file, name, terms);
            }
            insert(&mut self.wasi.descriptors, host::duplicate(host::borrow(&file))?, name, terms)?;
        }
        let name = own_path.ok_or(Errno::IllegalSequence)?;
        self.add_own_path(&name, host::duplicate(host::borrow(&file))?, terms);
        insert(&mut self.wasi.descriptors, file, name, terms)
    }

    /// Has a path from the first directory find the directory by its own path.
    fn add_own_path(&mut self, path: &[u8], directory: host::Owned, terms: Terms) {
        // Where paths lead anywhere, this one does.
        if !terms.unconfined {
            let target = Target {
                parent: Arc::new(directory),
                name: c".".to_owned(),
                read_only: terms.read_only,
                through_link: false,
                kind: TargetKind::Named,
                source: terms.source,
            };
            self.granted.own_paths.push((spelled(path).into(), Arc::new(target)));
        }
    }

    /// Opens a directory, having made it where that is granted. An error comes with whether it is one of
    /// making.
    fn open(
        &mut self,
        place: &Place,
        record: &Record<'_>,
    ) -> core::result::Result<host::Owned, (Errno, bool)> {
        match open(&place.path) {
            Err(Errno::NoEntry) if record.flags & DIRECTORY_CREATE != 0 && !self.denied.write() => {
                self.made.make(&place.path, place.private).map_err(|error| (error, true))?;
                open(&place.path).map_err(|error| (error, false))
            }
            result => result.map_err(|error| (error, false)),
        }
    }
}

/// Opens a directory by the host's own path.
#[inline(never)]
pub(super) fn open(path: &[u8]) -> Result<host::Owned> {
    let path = joined(&[path, b"\0"]);
    CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid).and_then(host::open_granted)
}

/// Gives the program a directory under a name.
#[inline(never)]
pub(super) fn insert(
    descriptors: &mut DescriptorTable,
    file: host::Owned,
    name: Vec<u8>,
    terms: Terms,
) -> Result<()> {
    let mut directory = Descriptor::directory(Handle::Owned(file), terms.read_only);
    directory.preopened = Some(name.into());
    directory.host_root = terms.host_root;
    directory.unconfined = terms.unconfined;
    directory.source = terms.source;
    descriptors.insert(directory).map(drop)
}

/// The directory's absolute path as the program spells it; none where that is no text.
fn own_path(place: &Place) -> Option<Vec<u8>> {
    let path = match place.kind {
        Kind::Current => super::absolute(b""),
        _ => super::absolute(&place.path),
    };
    let path = host::guest_path(&path);
    (path.first() == Some(&b'/') && core::str::from_utf8(&path).is_ok()).then_some(path)
}

/// The variables that programs find a directory by.
fn variables(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Current => &["PWD"],
        Kind::Temporary => host::TEMPORARY_VARIABLES,
        Kind::Other => &[],
    }
}
