//! What a program was refused and what it used: from calls and their results to events.
//!
//! It stands alone so that the areas decide and this file only watches: [`observe`] is called behind every
//! host call, with the call and its result. Invariants: nothing here changes what a call did; a program
//! that nobody watches pays one branch a call, and for a refusal a copy into fixed space; what is kept is
//! bounded, whatever the program does.

mod calls;
mod seen;

use crate::Wasi;
use crate::descriptor_table::Descriptor;
use crate::errno::{Errno, Result};
use crate::memory::GuestMemory;
use crate::resolve::{Place, read_path};
use calls::{Arguments, PathCall, Role};
use seen::Seen;
use wasm2native_abi::policy::{DENY_FILES, DENY_KINDS, DENY_WRITE};

/// How a program meant to use, or used, what it named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Access {
    /// To look at it.
    Read,
    /// To see what is in it.
    List,
    /// To change or remove it.
    Write,
    /// To make it.
    Create,
}

impl Access {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Create => "create",
        }
    }

    /// Whether a grant to read is not enough for it.
    pub fn changes(self) -> bool {
        matches!(self, Self::Write | Self::Create)
    }
}

/// What a program does with what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// What the subject says.
    Use,
    /// Opens it.
    Open,
    /// Asks for its status.
    Stat,
    /// Asks where a symbolic link leads.
    ReadLink,
    /// Lists a directory.
    List,
    /// Changes an open file's size or times.
    Change,
    /// Changes its times.
    SetTimes,
    /// Makes a directory.
    CreateDirectory,
    /// Makes a symbolic link.
    CreateLink,
    /// Removes a directory.
    RemoveDirectory,
    /// Removes a file.
    Remove,
    /// Gives it another name.
    Rename,
    /// Gives it one more name.
    Link,
}

impl Action {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::Open => "open",
            Self::Stat => "stat",
            Self::ReadLink => "read link",
            Self::List => "list",
            Self::Change => "change",
            Self::SetTimes => "set times of",
            Self::CreateDirectory => "create directory",
            Self::CreateLink => "create link",
            Self::RemoveDirectory => "remove directory",
            Self::Remove => "remove",
            Self::Rename => "rename",
            Self::Link => "link",
        }
    }
}

/// Why something was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// No grant covers it.
    NotGranted,
    /// The names in its path lead out of the directory that it starts from.
    LeadsOut,
    /// A symbolic link in its path leads out of the directory that it starts from.
    LinkLeadsOut,
    /// A symbolic link to it would mean another place to everybody but the program.
    AbsoluteTarget,
    /// It is in or below what may only be read.
    ReadOnly,
    /// The descriptor lacks a right, which the program did not ask for or gave up.
    NoRight,
    /// The whole kind was taken away.
    KindDenied,
}

impl Reason {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotGranted => "not-granted",
            Self::LeadsOut => "leads-out",
            Self::LinkLeadsOut => "link-leads-out",
            Self::AbsoluteTarget => "absolute-target",
            Self::ReadOnly => "read-only",
            Self::NoRight => "no-right",
            Self::KindDenied => "kind-denied",
        }
    }
}

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Subject {
    /// A file or directory, by its path.
    File,
    /// The variables of the environment.
    Environment,
    /// The command line.
    Arguments,
    /// A clock.
    Clock,
    /// Random numbers.
    Random,
    /// A connection.
    Socket,
}

impl Subject {
    /// Its name in records and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Environment => "environment",
            Self::Arguments => "arguments",
            Self::Clock => "clock",
            Self::Random => "random",
            Self::Socket => "socket",
        }
    }
}

/// Something that a program used or was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub subject: Subject,
    /// What the program did.
    pub action: Action,
    /// How it did.
    pub access: Access,
    /// The path as the program would spell it; empty where there is none.
    pub path: Vec<u8>,
    /// The index in [`Wasi::watched`] of the grant that the path starts from.
    pub grant: Option<u16>,
    /// Why it was refused; none when it was not.
    pub refused: Option<Reason>,
}

/// Bytes of a path that are kept for the end.
const KEPT_BYTES: usize = 256;

/// A refusal, kept in fixed space.
#[derive(Clone, Copy, Debug)]
pub struct Denial {
    /// What the program did.
    pub action: Action,
    /// How.
    pub access: Access,
    /// Why it was refused.
    pub reason: Reason,
    path: [u8; KEPT_BYTES],
    path_bytes: u16,
}

impl Denial {
    const NONE: Self = Self {
        action: Action::Use,
        access: Access::Read,
        reason: Reason::NotGranted,
        path: [0; KEPT_BYTES],
        path_bytes: 0,
    };

    /// The path as the program would spell it, as far as it was kept.
    pub fn path(&self) -> &[u8] {
        self.path.get(..self.path_bytes.into()).unwrap_or_default()
    }

    fn keep(&mut self, event: &Event, reason: Reason) {
        (self.action, self.access, self.reason) = (event.action, event.access, reason);
        let bytes = event.path.len().min(KEPT_BYTES);
        if let (Some(kept), Some(path)) = (self.path.get_mut(..bytes), event.path.get(..bytes)) {
            kept.copy_from_slice(path);
            self.path_bytes = bytes as u16;
        }
    }
}

/// A grant, and whether it was used.
#[derive(Clone, Debug)]
pub struct Watched {
    /// The name by which the program knows it.
    pub name: Box<[u8]>,
    /// Nothing in or below it may be changed.
    pub read_only: bool,
    /// Something in it was read.
    pub was_read: bool,
    /// Something in it was changed.
    pub was_written: bool,
}

/// What a descriptor was opened from, when the program is watched.
pub(crate) struct Origin {
    grant: u16,
    path: Box<[u8]>,
}

/// What is told of at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Watch {
    /// Nothing: refusals are kept for the end.
    #[default]
    Nothing,
    /// Each refusal.
    Refusals,
    /// Each refusal and each use.
    Everything,
}

/// What is remembered.
pub(crate) struct Audit {
    watch: Watch,
    first: Denial,
    last: Denial,
    count: u32,
    events: Vec<Event>,
    grants: Vec<Watched>,
    seen: Seen,
}

impl Audit {
    pub(crate) const fn new() -> Self {
        Self {
            watch: Watch::Nothing,
            first: Denial::NONE,
            last: Denial::NONE,
            count: 0,
            events: Vec::new(),
            grants: Vec::new(),
            seen: Seen::new(),
        }
    }

    /// Whether anything is told of at once.
    fn is_watching(&self) -> bool {
        self.watch != Watch::Nothing
    }

    fn add(&mut self, event: Event) {
        if self.watch != Watch::Everything && event.refused.is_none() {
            return;
        }
        if let Some(reason) = event.refused {
            self.last.keep(&event, reason);
            if self.count == 0 {
                self.first = self.last;
            }
            self.count = self.count.saturating_add(1);
        } else if let Some(grant) =
            event.grant.and_then(|index| self.grants.get_mut(usize::from(index)))
        {
            grant.was_read |= !event.access.changes();
            grant.was_written |= event.access.changes();
        }
        if self.is_watching() && self.seen.is_new(&event) {
            self.events.push(event);
        }
    }
}

impl Wasi {
    /// Has refusals, or uses too, told of by [`Self::events`] from now on.
    pub fn watch(&mut self, watch: Watch) {
        self.audit.watch = watch;
        self.audit.seen.reserve();
        for directory in self.descriptors.iter_mut() {
            let Some(name) = &directory.preopened else { continue };
            let grant = self.audit.grants.len() as u16;
            directory.origin = Some(Box::new(Origin { grant, path: name.clone() }));
            self.audit.grants.push(Watched {
                name: name.clone(),
                read_only: directory.read_only,
                was_read: false,
                was_written: false,
            });
        }
    }

    /// Whether [`Self::events`] has anything.
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.audit.events.is_empty()
    }

    /// What happened since the last call, each thing only the first time that it happens.
    pub fn events(&mut self) -> Vec<Event> {
        core::mem::take(&mut self.audit.events)
    }

    /// The directories that were granted, when the program is watched.
    pub fn watched(&self) -> &[Watched] {
        &self.audit.grants
    }

    /// Whether so much happened that some of it was not told.
    pub fn has_lost_events(&self) -> bool {
        self.audit.seen.is_full()
    }

    /// How often something was refused, and the first and the last of it.
    pub fn denials(&self) -> (u32, &Denial, &Denial) {
        (self.audit.count, &self.audit.first, &self.audit.last)
    }

    /// The kinds that were taken away, by their names.
    pub fn denied_kinds(&self) -> impl Iterator<Item = &'static str> {
        DENY_KINDS.iter().filter(|(_, flag)| self.denied & flag != 0).map(|(name, _)| *name)
    }

    /// Names in the host's root that mean those of the current directory for the program, which has both.
    pub fn shadowed(&self) -> &[Vec<u8>] {
        &self.shadowed
    }

    /// The variables that the program has, each as `name=value`.
    pub fn environment(&self) -> &[Vec<u8>] {
        &self.environment
    }
}

/// The paths that a call names. They are read before it is made, since its results may overwrite them.
#[derive(Default)]
pub(crate) struct Names([Vec<u8>; 2]);

impl Names {
    fn read(memory: &GuestMemory<'_>, call: &PathCall) -> Self {
        let mut names = Self::default();
        for (name, role) in names.0.iter_mut().zip(call.roles()) {
            *name = read_path(memory, role.path.pointer, role.path.length).unwrap_or_default();
        }
        names
    }
}

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
    let call = calls::path_call(function_index, arguments);
    Some(call.map_or_else(Names::default, |call| Names::read(memory, &call)))
}

/// Takes note of a call that was made: of every one when somebody watches, else of those that failed.
#[cold]
pub(crate) fn observe(
    wasi: &mut Wasi,
    function_index: usize,
    memory: &GuestMemory<'_>,
    arguments: Arguments<'_>,
    names: Option<Names>,
    result: Result<()>,
) {
    let Some(call) = calls::path_call(function_index, arguments) else {
        observe_other(wasi, function_index, arguments.u32(0), result);
        return;
    };
    let names = names.unwrap_or_else(|| Names::read(memory, &call));
    for (role, path) in call.roles().zip(names.0) {
        let Ok(start) = wasi.descriptors.get(role.fd) else { continue };
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
        let (grant, path) = name(start, path);
        // What was opened comes from where its path began.
        if let Some(grant) = grant
            && result.is_ok()
            && let Some(place) = call.opened
            && let Ok(number) = memory.read::<4>(place)
            && let Ok(opened) = wasi.descriptors.get_mut(u32::from_le_bytes(number))
        {
            opened.origin = Some(Box::new(Origin { grant, path: path.clone().into() }));
        }
        let (subject, action, access) = (Subject::File, call.action, call.access);
        wasi.audit.add(Event { subject, action, access, path, grant, refused });
        // One cause is enough.
        if refused.is_some() {
            return;
        }
    }
}

/// Takes note of a call that names no file.
fn observe_other(wasi: &mut Wasi, function_index: usize, fd: u32, result: Result<()>) {
    let (subject, access, refused) = match result {
        Ok(()) => match calls::use_without_path(function_index) {
            Some((subject, access)) => (subject, access, None),
            None => return,
        },
        Err(Errno::NotCapable | Errno::NotSupported | Errno::NoSystemCall)
            if calls::is_clock(function_index) =>
        {
            (Subject::Clock, Access::Read, Some(Reason::KindDenied))
        }
        Err(_) => return,
    };
    let mut event =
        Event { subject, action: Action::Use, access, path: Vec::new(), grant: None, refused };
    if subject == Subject::File {
        let descriptor = wasi.descriptors.get(fd).ok();
        let Some(origin) = descriptor.and_then(|descriptor| descriptor.origin.as_ref()) else {
            return;
        };
        event.action = if access == Access::List { Action::List } else { Action::Change };
        event.path = origin.path.to_vec();
        event.grant = Some(origin.grant);
    }
    wasi.audit.add(event);
}

/// Why an error is a refusal of ours, if it is: the host has the same numbers for reasons of its own.
fn reason(
    start: &Descriptor,
    denied: u16,
    memory: &GuestMemory<'_>,
    call: &PathCall,
    role: &Role,
    path: &[u8],
    error: Errno,
) -> Option<Reason> {
    match error {
        Errno::NoEntry if !start.grants_nothing_at(path) => None,
        Errno::NoEntry if denied & DENY_FILES != 0 => Some(Reason::KindDenied),
        Errno::NoEntry => Some(Reason::NotGranted),
        Errno::ReadOnlyFileSystem if !start.read_only && start.designated.is_none() => None,
        Errno::ReadOnlyFileSystem if denied & DENY_WRITE != 0 => Some(Reason::KindDenied),
        Errno::ReadOnlyFileSystem => Some(Reason::ReadOnly),
        Errno::NotCapable => Some(Reason::NoRight),
        Errno::NotPermitted => {
            let is_absolute = |target| memory.read::<1>(target).is_ok_and(|first| first == *b"/");
            if call.link_target.is_some_and(is_absolute) && !start.host_root {
                return Some(Reason::AbsoluteTarget);
            }
            if start.unconfined || start.host_root {
                return None;
            }
            if leads_out_by_name(path) {
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

/// Whether the names in a path lead out of where it starts, whatever is there.
fn leads_out_by_name(path: &[u8]) -> bool {
    let mut depth = 0_i32;
    path.first() == Some(&b'/')
        || path.split(|&byte| byte == b'/').any(|component| {
            depth += match component {
                b"" | b"." => 0,
                b".." => -1,
                _ => 1,
            };
            depth < 0
        })
}

/// The grant that a path starts from, when it is known, and the path as the program would spell it.
fn name(start: &Descriptor, path: Vec<u8>) -> (Option<u16>, Vec<u8>) {
    let base = match (&start.origin, &start.preopened) {
        (Some(origin), _) => &origin.path[..],
        (None, Some(name)) => name,
        (None, None) => b".",
    };
    (start.origin.as_ref().map(|origin| origin.grant), join(base, path))
}

/// `path` as seen from where `base` is.
fn join(base: &[u8], path: Vec<u8>) -> Vec<u8> {
    if base == b"." {
        return path;
    }
    let mut joined = base.to_vec();
    if path != b"." {
        if joined.last() != Some(&b'/') {
            joined.push(b'/');
        }
        joined.extend_from_slice(path.strip_prefix(b"./").unwrap_or(&path));
    }
    joined
}
