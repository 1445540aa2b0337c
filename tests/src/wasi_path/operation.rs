//! Host calls as data: what a program asks for, chosen by bytes.

use super::input::Input;
use super::model::{ELSEWHERE, Model};
use super::name;
use super::rights::{self, Rights};
use super::text::Text;

/// `lookupflags`, `oflags`, `fdflags`, `whence`, `advice`, as numbers that may be none of the allowed ones.
pub(super) type Flags = u32;

/// Which times to set, to what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub(super) accessed: u64,
    pub(super) modified: u64,
    pub(super) flags: Flags,
}

/// What a file is opened with, besides its path.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    pub(super) lookup: Flags,
    pub(super) open: Flags,
    pub(super) base: Rights,
    pub(super) inheriting: Rights,
    pub(super) status: Flags,
}

/// A host call. `fd` is any number but those of the standard streams.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    Open { fd: u32, path: Text, how: How },
    CreateDirectory { fd: u32, path: Text },
    RemoveDirectory { fd: u32, path: Text },
    Unlink { fd: u32, path: Text },
    Rename { old_fd: u32, old: Text, new_fd: u32, new: Text },
    Link { old_fd: u32, lookup: Flags, old: Text, new_fd: u32, new: Text },
    SymbolicLink { target: Text, fd: u32, path: Text },
    ReadLink { fd: u32, path: Text, length: u32 },
    Status { fd: u32, lookup: Flags, path: Text },
    SetTimes { fd: u32, lookup: Flags, path: Text, times: Times },
    Close { fd: u32 },
    Renumber { from: u32, to: u32 },
    Descriptor { fd: u32 },
    SetRights { fd: u32, base: Rights, inheriting: Rights },
    SetFlags { fd: u32, flags: Flags },
    FileStatus { fd: u32 },
    SetFileTimes { fd: u32, times: Times },
    SetSize { fd: u32, size: u64 },
    Allocate { fd: u32, offset: u64, length: u64 },
    Advise { fd: u32, offset: u64, length: u64, advice: Flags },
    Synchronize { fd: u32, only_data: bool },
    Read { fd: u32, length: u32, at: Option<u64> },
    Write { fd: u32, bytes: Text, at: Option<u64> },
    Seek { fd: u32, offset: i64, whence: Flags },
    Tell { fd: u32 },
    List { fd: u32, cookie: u64, length: u32 },
}

/// Bytes that one listing fills at most: more than any folder here has.
pub(super) const LISTING_BYTES: u32 = 0x8000;

impl Operation {
    /// The next operation of a program whose descriptors `model` knows.
    pub(super) fn choose(input: &mut Input<'_>, model: &Model) -> Self {
        let kind = input.byte() % 64;
        match kind {
            0..16 => {
                let fd = directory(input, model);
                let (fd, path) = path_from(input, model, fd, kind < 4);
                Self::Open { fd, path, how: how(input, model.rights(fd)) }
            }
            16..19 => {
                let (fd, path) = change(input, model, true);
                Self::CreateDirectory { fd, path }
            }
            19..21 => {
                let (fd, path) = change(input, model, false);
                Self::RemoveDirectory { fd, path }
            }
            21..23 => {
                let (fd, path) = change(input, model, false);
                Self::Unlink { fd, path }
            }
            23..28 => {
                let (old_fd, old) = change(input, model, false);
                let (new_fd, new) = change(input, model, true);
                Self::Rename { old_fd, old, new_fd, new }
            }
            28..31 => {
                let (old_fd, old) = change(input, model, false);
                let (new_fd, new) = change(input, model, true);
                Self::Link { old_fd, lookup: lookup(input), old, new_fd, new }
            }
            31..36 => {
                let (fd, path) = change(input, model, true);
                Self::SymbolicLink { target: name::target(input, model), fd, path }
            }
            36..38 => {
                let (fd, path) = look(input, model);
                Self::ReadLink { fd, path, length: input.pick(&[100, 0, 1, 5, 4096]) }
            }
            38..42 => {
                let (fd, path) = look(input, model);
                Self::Status { fd, lookup: lookup(input), path }
            }
            42..44 => {
                let (fd, path) = change(input, model, false);
                Self::SetTimes { fd, lookup: lookup(input), path, times: times(input) }
            }
            44..47 => Self::List {
                fd: directory(input, model),
                cookie: input.pick(&[0, 0, 0, 0, 1, 2, 3, 7, 100, u64::MAX, 1 << 32]),
                length: input.pick(&[
                    LISTING_BYTES,
                    LISTING_BYTES,
                    LISTING_BYTES,
                    0,
                    1,
                    24,
                    50,
                    99,
                ]),
            },
            47 => Self::Close { fd: any(input, model) },
            48 => Self::Renumber { from: any(input, model), to: any(input, model) },
            49 => Self::Descriptor { fd: any(input, model) },
            50 => Self::set_rights(input, model),
            51 => Self::SetFlags { fd: file(input, model), flags: status_flags(input) },
            52 => Self::FileStatus { fd: any(input, model) },
            53 => Self::SetFileTimes { fd: any(input, model), times: times(input) },
            54 => Self::SetSize { fd: file(input, model), size: size(input) },
            55 => {
                Self::Allocate { fd: file(input, model), offset: size(input), length: size(input) }
            }
            56 if input.once_in(4) => {
                Self::Synchronize { fd: any(input, model), only_data: input.once_in(2) }
            }
            56 => Self::Advise {
                fd: file(input, model),
                offset: size(input),
                length: size(input),
                advice: input.pick(&[0, 1, 2, 3, 4, 5, 6, u32::MAX]),
            },
            57..59 => Self::Read {
                fd: file(input, model),
                length: input.pick(&[10, 0, 1, 100, 5000]),
                at: input.once_in(3).then(|| size(input)),
            },
            59..62 => {
                let (fill, length) = (input.byte(), input.pick(&[7, 0, 1, 100, 5000]));
                let at = input.once_in(3).then(|| size(input));
                Self::Write { fd: file(input, model), bytes: Text(vec![fill; length]), at }
            }
            62 => Self::Seek {
                fd: file(input, model),
                offset: input.pick(&[0, 1, 3, -1, -3, 4096, -4096, i64::MIN]),
                whence: input.pick(&[0, 0, 1, 1, 2, 2, 3, u32::MAX]),
            },
            _ => Self::Tell { fd: file(input, model) },
        }
    }

    /// The places that it is about: descriptors, each with a path. None for what only moves numbers about.
    pub(super) fn places(&self) -> Vec<(u32, &[u8])> {
        match self {
            Self::Close { .. } | Self::Renumber { .. } => Vec::new(),
            Self::Rename { old_fd, old, new_fd, new }
            | Self::Link { old_fd, old, new_fd, new, .. } => {
                vec![(*old_fd, &old[..]), (*new_fd, &new[..])]
            }
            Self::Open { fd, path, .. }
            | Self::CreateDirectory { fd, path }
            | Self::RemoveDirectory { fd, path }
            | Self::Unlink { fd, path }
            | Self::SymbolicLink { fd, path, .. }
            | Self::ReadLink { fd, path, .. }
            | Self::Status { fd, path, .. }
            | Self::SetTimes { fd, path, .. } => vec![(*fd, &path[..])],
            Self::Descriptor { fd }
            | Self::SetRights { fd, .. }
            | Self::SetFlags { fd, .. }
            | Self::FileStatus { fd }
            | Self::SetFileTimes { fd, .. }
            | Self::SetSize { fd, .. }
            | Self::Allocate { fd, .. }
            | Self::Advise { fd, .. }
            | Self::Synchronize { fd, .. }
            | Self::Read { fd, .. }
            | Self::Write { fd, .. }
            | Self::Seek { fd, .. }
            | Self::Tell { fd }
            | Self::List { fd, .. } => vec![(*fd, &[])],
        }
    }

    fn set_rights(input: &mut Input<'_>, model: &Model) -> Self {
        let fd = any(input, model);
        let (base, inheriting) = model.rights(fd).unwrap_or((rights::ALL, rights::ALL));
        let mut change = |rights| match input.below(8) {
            0..4 => rights,
            4 => rights & !(1 << input.below(30)),
            5 => rights & !rights::CHANGING,
            6 => rights | 1 << input.below(64),
            _ => choose_rights(input),
        };
        Self::SetRights { fd, base: change(base), inheriting: change(inheriting) }
    }
}

/// A path to look at.
fn look(input: &mut Input<'_>, model: &Model) -> (u32, Text) {
    let fd = directory(input, model);
    path_from(input, model, fd, false)
}

/// A path to change something at, mostly where that may be.
fn change(input: &mut Input<'_>, model: &Model, new: bool) -> (u32, Text) {
    let anywhere = input.once_in(5);
    let open = if anywhere { model.directories() } else { model.writable() };
    let fd = choose_descriptor(input, model, open);
    path_from(input, model, fd, new)
}

/// A path from a directory, or mostly from one that is not modelled when the path is one of those.
fn path_from(input: &mut Input<'_>, model: &Model, fd: u32, new: bool) -> (u32, Text) {
    let path = name::path(input, model, fd, new);
    let others = model.elsewhere();
    if path.starts_with(ELSEWHERE) && !others.is_empty() && !input.once_in(8) {
        return (others[input.below(others.len())], path);
    }
    (fd, path)
}

/// Mostly a directory.
fn directory(input: &mut Input<'_>, model: &Model) -> u32 {
    choose_descriptor(input, model, model.directories())
}

/// Mostly a file, when one is open.
fn file(input: &mut Input<'_>, model: &Model) -> u32 {
    let files = model.files();
    choose_descriptor(input, model, if files.is_empty() { model.open() } else { files })
}

/// Mostly something that is open.
fn any(input: &mut Input<'_>, model: &Model) -> u32 {
    choose_descriptor(input, model, model.open())
}

/// A third is taken from the end of the list, where those are that were opened last.
fn choose_descriptor(input: &mut Input<'_>, model: &Model, mut open: Vec<u32>) -> u32 {
    let mut byte = usize::from(input.byte());
    // Now and then what is not modelled.
    if (240..248).contains(&byte) {
        open = model.elsewhere();
        byte -= 240;
    }
    if byte < 248 && !open.is_empty() {
        return if byte < 160 {
            open[byte % open.len()]
        } else {
            open[open.len() - 1 - (byte - 160) % open.len().min(4)]
        };
    }
    // The standard streams are those of this process: closing one would close it here.
    [3, 4, 9, 10, 11, 50, 99, 1 << 20, 0x7fff_ffff, 0x8000_0000, u32::MAX][byte % 11]
}

fn lookup(input: &mut Input<'_>) -> Flags {
    match input.below(32) {
        31 => input.u32(),
        choice => choice as u32 % 2,
    }
}

/// How to open something through a descriptor that has these rights.
fn how(input: &mut Input<'_>, start: Option<(Rights, Rights)>) -> How {
    const CREATE: u32 = 1;
    const DIRECTORY: u32 = 2;
    const EXCLUSIVE: u32 = 4;
    const TRUNCATE: u32 = 8;
    let lookup = lookup(input);
    let open = match input.below(32) {
        0..8 => 0,
        8..14 => CREATE,
        14..20 => DIRECTORY,
        20..22 => CREATE | EXCLUSIVE,
        22..25 => CREATE | TRUNCATE,
        25..27 => TRUNCATE,
        27 => input.u32(),
        _ => u32::from(input.byte()) % 16,
    };
    let (mut base, mut inheriting) = (choose_rights(input), choose_rights(input));
    // What the directory does not pass on is asked for now and then only.
    if let Some((_, passed_on)) = start
        && !input.once_in(4)
    {
        base &= passed_on;
        inheriting &= passed_on;
        // Which tells that something is to be written, see the constant.
        if passed_on & rights::CHANGING == 0 {
            base &= !rights::INTENT_TO_WRITE;
        }
    }
    How { lookup, open, base, inheriting, status: status_flags(input) }
}

fn choose_rights(input: &mut Input<'_>) -> Rights {
    let reading = rights::ALL & !rights::INTENT_TO_WRITE;
    match input.below(16) {
        0..4 => rights::ALL,
        4..7 => reading,
        7 => reading & !rights::CHANGING,
        8 => rights::FD_READ | rights::FD_WRITE | rights::FD_SEEK,
        9 => rights::FD_WRITE,
        10 => 0,
        11 => rights::FD_READ | rights::FD_DATASYNC,
        12 => rights::HOST_WRITE & !rights::FD_WRITE,
        13 => rights::ALL & !(1 << input.below(30)),
        14 => u64::from(input.u32()),
        _ => u64::from(input.u32()) << 32 | u64::from(input.u32()),
    }
}

fn status_flags(input: &mut Input<'_>) -> Flags {
    match input.below(32) {
        0..22 => 0,
        22..26 => 1,
        26 => 4,
        27 => 16,
        28 => input.u32(),
        _ => u32::from(input.byte()) % 32,
    }
}

/// A size or an offset: small, or more than any file can have.
fn size(input: &mut Input<'_>) -> u64 {
    input.pick(&[0, 1, 5, 100, 4096, 7, 2, 70_000, 0, 3, 1, 50, 10, 1 << 63, u64::MAX])
}

fn times(input: &mut Input<'_>) -> Times {
    Times {
        accessed: input.pick(&[0, 12_000_000_000, 1_700_000_000_123_456_789]),
        modified: input.pick(&[0, 12_000_000_000, 1_700_000_000_123_456_789]),
        flags: input.pick(&[5, 0, 1, 2, 4, 8, 6, 10, 5, 5, 4, 9, 3, 12, 15, 16, u32::MAX]),
    }
}
