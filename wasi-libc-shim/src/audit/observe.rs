//! From a call and its result to the event that it is.
//!
//! Invariant: what is told as a refusal is one of the shim's: the host has the same numbers for reasons of its
//! own, and is told from it by what the descriptor that a path starts from says, or by walking the path again.

use super::calls::{self, Arguments, PathCall, Role};
use super::{Access, Action, Audit, Event, Origin, Reason, Source, Subject};
use crate::Wasi;
use crate::descriptor_table::Descriptor;
use crate::designated::{Granted, spelled};
use crate::errno::{Errno, Result};
use crate::host::{self, OpenOptions, StatusFlags};
use crate::memory::GuestMemory;
use crate::resolve::{Place, read_path};
use wasm2native_abi::policy::{DENY_FILES, DENY_NETWORK, DENY_WRITE};

impl Role {
    /// The path; empty when it is none.
    fn read(&self, memory: &GuestMemory<'_>) -> Vec<u8> {
        read_path(memory, self.path.pointer, self.path.length).unwrap_or_default()
    }
}

/// The paths that a call names. They are read before it is made, since its results may overwrite them.
#[derive(Default)]
pub(crate) struct Names([Vec<u8>; 2]);

/// What has to be known of a call before it is made; none when nobody watches.
pub(crate) fn before(
    wasi: &Wasi,
    function_index: usize,
    memory: &GuestMemory<'_>,
    arguments: Arguments<'_>,
) -> Option<Names> {
    if !wasi.audit.is_watching() {
        return None;
    }
    let mut names = Names::default();
    if let Some(call) = calls::path_call(function_index, arguments) {
        for (name, role) in names.0.iter_mut().zip(call.roles()) {
            *name = role.read(memory);
        }
    }
    Some(names)
}

/// Takes note of a call that was made: of every one when somebody watches, else of those that failed.
#[cold]
pub(crate) fn observe(
    wasi: &mut Wasi,
    function_index: usize,
    memory: &GuestMemory<'_>,
    arguments: Arguments<'_>,
    mut names: Option<Names>,
    result: Result<()>,
) {
    let Some(call) = calls::path_call(function_index, arguments) else {
        observe_other(wasi, function_index, arguments.u32(0), result);
        return;
    };
    for (index, role) in call.roles().enumerate() {
        let Ok(start) = wasi.descriptors.get(role.fd) else { continue };
        if result.is_err_and(|error| !may_be_refusal(start, error)) {
            continue;
        }
        let path = match names.as_mut().and_then(|names| names.0.get_mut(index)) {
            Some(name) => core::mem::take(name),
            None => role.read(memory),
        };
        if path.is_empty() {
            continue;
        }
        let refused = match result {
            Ok(()) => None,
            Err(error) => match reason(start, wasi.denied, memory, &call, role, &path, error) {
                None => continue,
                reason => reason,
            },
        };
        let (source, grant) = source(&wasi.audit, start, &path);
        let path = joined(start, path);
        // What was opened comes from where its path began.
        if wasi.audit.is_watching()
            && result.is_ok()
            && let Some(place) = call.opened
            && let Ok(number) = memory.read::<4>(place)
            && let Ok(opened) = wasi.descriptors.get_mut(u32::from_le_bytes(number))
        {
            opened.origin = Some(Box::new(Origin { source, grant, path: path.clone().into() }));
        }
        let (subject, action, access) = (Subject::File, call.action, call.access);
        wasi.audit.add(Event { subject, action, access, path, source, grant, refused });
        // One cause is enough.
        if refused.is_some() {
            return;
        }
    }
}

/// Takes note of a call that names no file.
fn observe_other(wasi: &mut Wasi, function_index: usize, fd: u32, result: Result<()>) {
    let Some((subject, access)) = calls::use_without_path(function_index) else { return };
    let refused = match (subject, result) {
        (_, Ok(())) => None,
        (Subject::Clock, Err(Errno::NotCapable)) => Some(Reason::KindDenied),
        // Its number is another file's, or nobody's.
        (Subject::Socket, Err(Errno::NotCapable | Errno::NotSocket | Errno::BadDescriptor))
            if wasi.denied & DENY_NETWORK != 0 =>
        {
            Some(Reason::KindDenied)
        }
        (_, Err(_)) => return,
    };
    let mut event = Event::without_path(subject, access, refused);
    if subject == Subject::File {
        let descriptor = wasi.descriptors.get(fd).ok();
        let Some(origin) = descriptor.and_then(|descriptor| descriptor.origin.as_ref()) else {
            return;
        };
        event.action = if access == Access::List { Action::List } else { Action::Change };
        event.path = origin.path.to_vec();
        (event.source, event.grant) = (origin.source, origin.grant);
    }
    wasi.audit.add(event);
}

/// Takes note of a wait for a time on a clock that is denied: the call itself does not fail.
#[cold]
pub(crate) fn observe_denied_clock(wasi: &mut Wasi) {
    let refused = Some(Reason::KindDenied);
    wasi.audit.add(Event::without_path(Subject::Clock, Access::Read, refused));
}

/// Whether an error of a call whose path starts here can be a refusal, whatever the path is.
fn may_be_refusal(start: &Descriptor, error: Errno) -> bool {
    match error {
        Errno::NoEntry => start.is_virtual(),
        Errno::NotPermitted | Errno::ReadOnlyFileSystem | Errno::NotCapable => true,
        _ => false,
    }
}

/// Why an error is a refusal, if it is.
fn reason(
    start: &Descriptor,
    denied: u16,
    memory: &GuestMemory<'_>,
    call: &PathCall,
    role: &Role,
    path: &[u8],
    error: Errno,
) -> Option<Reason> {
    let kind = |flag, other| Some(if denied & flag != 0 { Reason::KindDenied } else { other });
    match error {
        Errno::NoEntry | Errno::NotPermitted if start.grants_nothing_at(path) => {
            kind(DENY_FILES, Reason::NotGranted)
        }
        Errno::ReadOnlyFileSystem if start.granted_at(path) == Granted::Read => {
            kind(DENY_WRITE, Reason::ReadOnly)
        }
        Errno::NotCapable => Some(Reason::NoRight),
        Errno::NotPermitted if call.opened.is_some() && leads_to_secret(start, path) => {
            Some(Reason::OwnersOnly)
        }
        // Paths lead anywhere from here, and links may too.
        Errno::NotPermitted if start.unconfined => None,
        Errno::NotPermitted => {
            let is_designated = start.designates(path);
            if path.first() == Some(&b'/') && !is_designated {
                return Some(Reason::LeadsOut);
            }
            if start.host_root {
                return None;
            }
            let is_absolute = |target| memory.read::<1>(target).is_ok_and(|first| first == *b"/");
            if call.link_target.is_some_and(is_absolute) {
                return Some(Reason::AbsoluteTarget);
            }
            if leads_out_by_name(path) && !is_designated {
                return Some(Reason::LeadsOut);
            }
            // It is walked again, since the host may have said it too.
            let place = if role.follows {
                Place::find_target(start, path.to_vec())
            } else {
                Place::find(start, path.to_vec())
            };
            matches!(place, Err(Errno::NotPermitted)).then_some(Reason::LinkLeadsOut)
        }
        _ => None,
    }
}

/// Whether a path leads to what no directory grants.
fn leads_to_secret(start: &Descriptor, path: &[u8]) -> bool {
    let status = StatusFlags { nonblock: true, ..StatusFlags::default() };
    let look = OpenOptions { read: true, status, ..OpenOptions::default() };
    let file = Place::find_target(start, path.to_vec())
        .and_then(|place| host::open(place.parent()?, place.name()?, look));
    file.is_ok_and(|file| {
        let file = host::borrow(&file);
        host::file_status(file).is_ok_and(|status| host::is_secret(file, &status))
    })
}

/// Whether the names in a relative path lead out of where it starts, whatever is there.
fn leads_out_by_name(path: &[u8]) -> bool {
    let mut depth = 0_i32;
    path.split(|&byte| byte == b'/').any(|component| {
        depth += match component {
            b"" | b"." => 0,
            b".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

/// What grants what a path from `start` leads to, and which of the watched directories that is, where it is one.
fn source(audit: &Audit, start: &Descriptor, path: &[u8]) -> (Source, Option<u16>) {
    let Some(origin) = &start.origin else { return (start.source, None) };
    let found = start.designated.as_ref().and_then(|names| names.find(path));
    let designated = found.map(|found| found.target.source);
    let is_absolute = path.first() == Some(&b'/');
    let whole = spelled(&join(&origin.path, path));
    let place = audit.grants.iter().position(|grant| {
        let is_meant = match designated {
            Some(source) => grant.source == source,
            // The root of everything, where the path leads by itself.
            None if start.unconfined && is_absolute => *grant.name == *b"/",
            None if start.is_virtual() => matches!(grant.source, Source::Embedded(_)),
            None => return false,
        };
        is_meant && is_in(&whole, &grant.name)
    });
    match place.and_then(|place| Some((audit.grants.get(place)?.source, place as u16))) {
        Some((source, place)) => (source, Some(place)),
        None if designated.is_some() => (designated.unwrap_or_default(), None),
        None => (origin.source, origin.grant),
    }
}

/// Whether a path is a directory's or that of something in it.
fn is_in(path: &[u8], directory: &[u8]) -> bool {
    path.strip_prefix(directory).is_some_and(|rest| {
        rest.is_empty() || rest.first() == Some(&b'/') || directory.last() == Some(&b'/')
    })
}

/// The path as the program would spell it.
fn joined(start: &Descriptor, path: Vec<u8>) -> Vec<u8> {
    let base = match (&start.origin, &start.preopened) {
        (Some(origin), _) => &origin.path[..],
        (None, Some(name)) => name,
        (None, None) => b".",
    };
    join(base, &path)
}

/// `path` as seen from where `base` is.
fn join(base: &[u8], path: &[u8]) -> Vec<u8> {
    if base == b"." || path.first() == Some(&b'/') {
        return path.to_vec();
    }
    let mut joined = base.to_vec();
    if path != b"." {
        if joined.last() != Some(&b'/') {
            joined.push(b'/');
        }
        joined.extend_from_slice(path.strip_prefix(b"./").unwrap_or(path));
    }
    joined
}
