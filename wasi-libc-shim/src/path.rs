//! `path_*`: what is done by name, in or beneath an open directory.
//!
//! Sandbox-critical. It stands alone as one area of WASI: it decides by rights and flags, [`Place`] finds
//! the file, [`host`] acts. Invariants: below a read-only directory every change is `rofs`, whichever
//! rights were asked for, and a change that touches two directories needs both to be writable; no file is opened
//! that a system keeps from other users by its mode to show the inside of processes.

use crate::Wasi;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::designated::Granted;
use crate::edition::Edition;
use crate::errno::{Errno, Result};
use crate::file::{FLAG_DSYNC, FLAG_RSYNC, set_times_flags, status_flags};
use crate::file_type::{FileStatus, FileType, SetTime};
use crate::host::{self, OpenOptions, PATH_BYTES};
use crate::memory::GuestMemory;
use crate::object::Object;
use crate::resolve::{Place, read_path};
use crate::rights::{self, Rights};
use core::ffi::CStr;
use std::ffi::CString;

/// A path in linear memory: where it starts and how many bytes it has.
#[derive(Clone, Copy)]
pub(crate) struct GuestPath {
    pub(crate) pointer: u32,
    pub(crate) length: u32,
}

impl GuestPath {
    /// Reads it, once for each call: what is decided about a path is decided about the bytes that are used,
    /// whatever becomes of those in memory. What is wrong with it counts when it is used.
    fn read(self, memory: &GuestMemory<'_>) -> Result<Vec<u8>> {
        read_path(memory, self.pointer, self.length)
    }
}

/// `lookupflags::symlink_follow`, the only lookup flag.
fn follows(lookup_flags: u32) -> Result<bool> {
    match lookup_flags {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Errno::Invalid),
    }
}

/// Finds what exists: `a/` means the directory behind `a` even when links are not followed.
fn find_existing(start: &Descriptor, path: Vec<u8>, follow: bool) -> Result<Place<'_>> {
    let place = if follow || path.last() == Some(&b'/') {
        Place::find_target(start, path)?
    } else {
        Place::find(start, path)?
    };
    place.check_only_directory()?;
    Ok(place)
}

/// What was granted at a path from `start`. What is wrong with the path counts where that depends on it.
fn granted(start: &Descriptor, path: &Result<Vec<u8>>) -> Result<Granted> {
    match path {
        Ok(path) => Ok(start.granted_at(path)),
        Err(error) if start.designated.is_some() || start.is_virtual() => Err(*error),
        Err(_) => Ok(start.granted()),
    }
}

/// That something may be changed.
fn to_change(granted: Granted) -> Result<()> {
    match granted {
        Granted::Change => Ok(()),
        Granted::Read => Err(Errno::ReadOnlyFileSystem),
        // It is not there, whatever a program wants to do with it.
        Granted::Nothing => Err(Errno::NoEntry),
    }
}

/// The directory `fd`, for something that needs `rights`.
fn directory(descriptors: &DescriptorTable, fd: u32, rights: Rights) -> Result<&Descriptor> {
    let directory = descriptors.get(fd)?;
    if directory.file_type != FileType::Directory {
        return Err(Errno::NotDirectory);
    }
    directory.require(rights)?;
    Ok(directory)
}

impl Wasi {
    /// The directory `fd`, for something that needs `rights`.
    fn directory(&self, fd: u32, rights: Rights) -> Result<&Descriptor> {
        directory(&self.descriptors, fd, rights)
    }

    /// The directory `fd`, for a change at `path` that needs `rights`.
    fn writable_directory(
        &self,
        fd: u32,
        rights: Rights,
        path: &Result<Vec<u8>>,
    ) -> Result<&Descriptor> {
        to_change(granted(self.descriptors.get(fd)?, path)?)?;
        self.directory(fd, rights)
    }
}

pub(crate) fn create_directory(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    fd: u32,
    path: GuestPath,
) -> Result<()> {
    let path = path.read(memory);
    let start = wasi.writable_directory(fd, rights::PATH_CREATE_DIRECTORY, &path)?;
    let place = Place::find_name(start, path?)?;
    host::create_directory(place.parent()?, place.name()?)
}

pub(crate) fn filestat_get(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    edition: Edition,
    fd: u32,
    lookup_flags: u32,
    path: GuestPath,
    result: u32,
) -> Result<()> {
    let start = directory(&wasi.descriptors, fd, rights::PATH_FILESTAT_GET)?;
    let follow = follows(lookup_flags)?;
    let mut place = Place::find_again(start, path.read(memory)?, &mut wasi.recent)?;
    // Most files are no links: they are asked for their status first.
    let status = loop {
        let status = place.status()?;
        let is_link = status.file_type == FileType::SymbolicLink;
        if !(is_link && (follow || place.only_directory) && place.follow()?) {
            break status;
        }
    };
    if place.only_directory && status.file_type != FileType::Directory {
        return Err(Errno::NotDirectory);
    }
    status.write(memory, edition, result)
}

/// The two times and what to do with them.
#[derive(Clone, Copy)]
pub(crate) struct GuestTimes {
    pub(crate) accessed: u64,
    pub(crate) modified: u64,
    pub(crate) flags: u32,
}

pub(crate) fn filestat_set_times(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    fd: u32,
    lookup_flags: u32,
    path: GuestPath,
    times: GuestTimes,
) -> Result<()> {
    let path = path.read(memory);
    let start = wasi.writable_directory(fd, rights::PATH_FILESTAT_SET_TIMES, &path)?;
    let times = set_times_flags(times)?;
    let place = find_existing(start, path?, follows(lookup_flags)?)?;
    // Linux does not look whether there is something when it has nothing to set.
    if matches!((times.accessed, times.modified), (SetTime::Keep, SetTime::Keep)) {
        return place.file_type().map(drop);
    }
    host::set_entry_times(place.parent()?, place.name()?, times)
}

pub(crate) fn link(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    old_fd: u32,
    lookup_flags: u32,
    old_path: GuestPath,
    new_fd: u32,
    new_path: GuestPath,
) -> Result<()> {
    let (old_path, new_path) = (old_path.read(memory), new_path.read(memory));
    // A link to a file below a read-only directory would be a way to write to it.
    let old_start = wasi.writable_directory(old_fd, rights::PATH_LINK_SOURCE, &old_path)?;
    let new_start = wasi.writable_directory(new_fd, rights::PATH_LINK_TARGET, &new_path)?;
    let old = find_existing(old_start, old_path?, follows(lookup_flags)?)?;
    let new = Place::find_name(new_start, new_path?)?;
    absent_for_file(&new)?;
    host::hard_link(old.parent()?, old.name()?, new.parent()?, new.name()?)
}

/// A path that ends in `/` cannot become a file: it says so as POSIX does.
fn absent_for_file(place: &Place<'_>) -> Result<()> {
    if place.only_directory {
        place.file_type()?;
        return Err(Errno::Exists);
    }
    Ok(())
}

pub(crate) const OPEN_CREATE: u32 = 1 << 0;
pub(crate) const OPEN_DIRECTORY: u32 = 1 << 1;
const OPEN_EXCLUSIVE: u32 = 1 << 2;
pub(crate) const OPEN_TRUNCATE: u32 = 1 << 3;

/// What to open a file with.
#[derive(Clone, Copy)]
pub(crate) struct GuestOpen {
    pub(crate) lookup_flags: u32,
    pub(crate) open_flags: u32,
    pub(crate) rights_base: Rights,
    pub(crate) rights_inheriting: Rights,
    pub(crate) status_flags: u32,
}

pub(crate) fn open(
    wasi: &mut Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: GuestPath,
    how: GuestOpen,
    result: u32,
) -> Result<()> {
    memory.region(result, 4)?;
    let descriptor = open_descriptor(wasi.descriptors.get(fd)?, memory, path, how)?;
    let number = wasi.descriptors.insert(descriptor)?;
    memory.write_u32(result, number)
}

fn open_descriptor(
    start: &Descriptor,
    memory: &GuestMemory<'_>,
    path: GuestPath,
    how: GuestOpen,
) -> Result<Descriptor> {
    let follow = follows(how.lookup_flags)?;
    let (status, synchronous) = status_flags(how.status_flags)?;
    let flags = how.open_flags;
    if flags & !(OPEN_CREATE | OPEN_DIRECTORY | OPEN_EXCLUSIVE | OPEN_TRUNCATE) != 0 {
        return Err(Errno::Invalid);
    }
    let (create, truncate) = (flags & OPEN_CREATE != 0, flags & OPEN_TRUNCATE != 0);
    let directory = flags & OPEN_DIRECTORY != 0;
    if start.file_type != FileType::Directory {
        return Err(Errno::NotDirectory);
    }
    // Directories are made by `path_create_directory` only.
    if directory && (create || truncate) {
        return Err(Errno::Invalid);
    }

    let mut base = how.rights_base & rights::ALL;
    let mut inheriting = how.rights_inheriting & rights::ALL;
    if directory && base & rights::FD_WRITE != 0 {
        return Err(Errno::IsDirectory);
    }
    let path = path.read(memory);
    let granted = granted(start, &path)?;
    let read_only = !matches!(granted, Granted::Change);
    if read_only {
        if create || truncate || (!directory && base & rights::INTENT_TO_WRITE != 0) {
            to_change(granted)?;
        }
        // What libraries ask for besides is not worth refusing to read a file.
        base &= !rights::CHANGING;
        inheriting &= !rights::CHANGING;
    }
    // «The right to invoke `path_open` with `oflags::creat`», «… with `oflags::trunc`», «… with
    // `fdflags::rsync` and `fdflags::dsync`» (`rights`). It names no right for `fdflags::sync`.
    start.require(
        rights::PATH_OPEN
            | if create { rights::PATH_CREATE_FILE } else { 0 }
            | if truncate { rights::PATH_FILESTAT_SET_SIZE } else { 0 }
            | if synchronous & FLAG_RSYNC != 0 { rights::FD_SYNC } else { 0 },
    )?;
    let either = rights::FD_SYNC | rights::FD_DATASYNC;
    if synchronous & FLAG_DSYNC != 0 && start.rights_base & either == 0 {
        return Err(Errno::NotCapable);
    }
    if (base | inheriting) & !start.rights_inheriting != 0 {
        return Err(Errno::NotCapable);
    }

    let mut options = OpenOptions {
        read: base & (rights::FD_READ | rights::FD_READDIR) != 0,
        write: base & rights::HOST_WRITE != 0 && !directory,
        create,
        exclusive: flags & OPEN_EXCLUSIVE != 0,
        truncate,
        directory,
        status,
    };
    let path = path?;
    // «Fail if file already exists», which POSIX leaves open where nothing is to be created.
    if options.exclusive && !create {
        Place::find(start, path)?.file_type()?;
        return Err(Errno::Exists);
    }
    let object = match open_at_once(start, &path, options, follow) {
        Some(file) => Object::Host(host::Handle::Owned(file?)),
        None => open_by_name(start, path, follow, &mut options, &mut base)?,
    };

    // «Fewer rights than specified, if and only if those rights do not apply to the type of file».
    let file_type = if options.directory {
        FileType::Directory
    } else {
        let status = object.status()?;
        refuse_secret(&object, &status)?;
        status.file_type
    };
    let applicable = match &object {
        _ if file_type == FileType::Directory => rights::DIRECTORY,
        Object::Host(handle) if host::is_terminal(handle.borrow(), file_type) => rights::TERMINAL,
        _ => rights::FILE,
    };
    let mut descriptor = Descriptor::new(object, file_type, base & applicable, inheriting);
    descriptor.synchronous = synchronous;
    descriptor.opened_synchronous = synchronous;
    descriptor.read_only = read_only;
    // The directory itself once more.
    if descriptor.is_virtual() {
        descriptor.read_only = start.read_only;
        descriptor.designated = start.designated.clone();
    }
    descriptor.unconfined = start.unconfined;
    Ok(descriptor)
}

/// Refuses a file that no directory grants: beneath Linux's `/proc` is the memory of the program itself with its
/// code, and the environment that it was started with.
fn refuse_secret(object: &Object, status: &FileStatus) -> Result<()> {
    match object {
        Object::Host(handle) if host::is_secret(handle.borrow(), status) => {
            Err(Errno::NotPermitted)
        }
        _ => Ok(()),
    }
}

/// Opens a path of several names in one call of the host, where it has one that stays beneath `start`:
/// half as many as by [`Place`]. What else than the file or `noent` comes of it, [`open_by_name`] finds
/// again.
fn open_at_once(
    start: &Descriptor,
    path: &[u8],
    options: OpenOptions,
    follow: bool,
) -> Option<Result<host::Owned>> {
    // Its walk is another than the kernel's beneath a directory.
    if start.unconfined {
        return None;
    }
    let slash = path.iter().rposition(|&byte| byte == b'/')?;
    let name = path.get(slash + 1..)?;
    if path.first() == Some(&b'/') || matches!(name, b"" | b"." | b"..") {
        return None;
    }
    let Object::Host(handle) = &start.object else { return None };
    // A name that is granted by itself stands for another place.
    if start.designated.as_ref().is_some_and(|names| names.find(path).is_some()) {
        return None;
    }
    let path = CString::new(path).ok()?;
    host::open_path(handle.borrow(), &path, options, follow, start.host_root)
}

/// Opens the name that a path leads to, following it as long as it is a link.
fn open_by_name(
    start: &Descriptor,
    path: Vec<u8>,
    follow: bool,
    options: &mut OpenOptions,
    base: &mut Rights,
) -> Result<Object> {
    let mut place = match Place::find(start, path)?.elsewhere() {
        Ok(mut object) => {
            if options.directory && object.status()?.file_type != FileType::Directory {
                return Err(Errno::NotDirectory);
            }
            if options.exclusive {
                return Err(Errno::Exists);
            }
            // Of a pipe that others have open too they are not the program's.
            if matches!(object, Object::Embedded(_)) {
                object.set_status_flags(options.status)?;
            }
            return Ok(object);
        }
        Err(place) => place,
    };
    loop {
        if place.only_directory {
            if options.create {
                return Err(Errno::IsDirectory);
            }
            options.directory = true;
        }
        match host::open(place.parent()?, place.name()?, *options) {
            // A symbolic link; `follow` says whether it was.
            Err(error @ (Errno::Loop | Errno::NotDirectory)) => {
                if !(follow || place.only_directory) || !place.follow()? {
                    return Err(error);
                }
            }
            // Rights to resize alone are not worth refusing to read a file.
            Err(
                Errno::Access
                | Errno::Busy
                | Errno::IsDirectory
                | Errno::ReadOnlyFileSystem
                | Errno::TextBusy,
            ) if options.write && *base & rights::FD_WRITE == 0 => {
                options.write = false;
                *base &= !rights::HOST_WRITE;
            }
            result => return Ok(Object::Host(host::Handle::Owned(result?))),
        }
    }
}

pub(crate) fn readlink(
    wasi: &Wasi,
    memory: &mut GuestMemory<'_>,
    fd: u32,
    path: GuestPath,
    buffer: u32,
    length: u32,
    result: u32,
) -> Result<()> {
    let start = wasi.directory(fd, rights::PATH_READLINK)?;
    memory.region(buffer, length)?;
    let place = find_existing(start, path.read(memory)?, false)?;
    let mut target = [0; PATH_BYTES];
    let bytes = place.read_link(&mut target)?;
    let bytes = bytes.min(length as usize);
    memory.write(buffer, target.get(..bytes).unwrap_or_default())?;
    memory.write_u32(result, bytes as u32)
}

pub(crate) fn remove_directory(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    fd: u32,
    path: GuestPath,
) -> Result<()> {
    let path = path.read(memory);
    let start = wasi.writable_directory(fd, rights::PATH_REMOVE_DIRECTORY, &path)?;
    let place = Place::find_name(start, path?)?;
    host::remove_directory(place.parent()?, place.name()?)
}

pub(crate) fn rename(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    old_fd: u32,
    old_path: GuestPath,
    new_fd: u32,
    new_path: GuestPath,
) -> Result<()> {
    let (old_path, new_path) = (old_path.read(memory), new_path.read(memory));
    let old_start = wasi.writable_directory(old_fd, rights::PATH_RENAME_SOURCE, &old_path)?;
    let new_start = wasi.writable_directory(new_fd, rights::PATH_RENAME_TARGET, &new_path)?;
    let old = Place::find_name(old_start, old_path?)?;
    let new = Place::find_name(new_start, new_path?)?;
    // Only a directory can be renamed from or to a path that ends in `/`.
    if (old.only_directory || new.only_directory) && old.file_type()? != FileType::Directory {
        return Err(Errno::NotDirectory);
    }
    host::rename(old.parent()?, old.name()?, new.parent()?, new.name()?)
}

pub(crate) fn symlink(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    target: GuestPath,
    fd: u32,
    path: GuestPath,
) -> Result<()> {
    let path = path.read(memory);
    let start = wasi.writable_directory(fd, rights::PATH_SYMLINK, &path)?;
    let mut target = target.read(memory)?;
    // An absolute link would mean something else to everybody but this program.
    if target.first() == Some(&b'/') && !(start.host_root || start.unconfined) {
        return Err(Errno::NotPermitted);
    }
    target.push(0);
    let target = CStr::from_bytes_with_nul(&target).map_err(|_| Errno::Invalid)?;
    let place = Place::find_name(start, path?)?;
    absent_for_file(&place)?;
    host::create_symbolic_link(target, place.parent()?, place.name()?)
}

pub(crate) fn unlink_file(
    wasi: &Wasi,
    memory: &GuestMemory<'_>,
    fd: u32,
    path: GuestPath,
) -> Result<()> {
    let path = path.read(memory);
    let start = wasi.writable_directory(fd, rights::PATH_UNLINK_FILE, &path)?;
    let place = Place::find_name(start, path?)?;
    if place.only_directory {
        place.check_only_directory()?;
        return Err(Errno::IsDirectory);
    }
    host::unlink(place.parent()?, place.name()?)
}
