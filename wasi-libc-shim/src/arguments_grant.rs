//! Grants what the command line names: the one who types a path has designated what is there.
//!
//! Sandbox-critical. It stands alone because it turns text of the user's into grants, before the program's
//! first instruction; afterwards nothing more is granted. Invariants: an argument grants the file or the
//! directory that it names and nothing beside it; what the program reaches already, with the same right,
//! is not granted again; the program finds what was granted by the text that it was passed.
//!
//! Libraries look for files in three ways. wasi-libc takes the granted directory whose name is the longest
//! beginning of the path, component by component and without what stands for the root; of two alike, the
//! last. Go makes paths absolute by `PWD` first, and compares letters. Zig passes every path to the first
//! granted directory. So a name that is found nowhere yet is added to the directory that the first would
//! take, to the one that the second would, and as it was typed to the first. Sources: wasi-libc,
//! `preopens.c`; Go, `syscall/fs_wasip1.go`; Zig, `std/Io/Dir.zig`.

mod mount;
mod target;

use crate::designated::{Designation, Target, TargetKind, bare, spelled};
use crate::errno::Errno;
use crate::host;
use crate::{SetupError, Wasi};
use mount::Mounts;
use std::sync::Arc;
use target::Finder;
use wasm2native_abi::embed::Tree;

/// A path among the arguments.
struct Candidate {
    /// The argument's index, and where in it the path begins.
    argument: usize,
    start: usize,
    guest: Vec<u8>,
    target: Arc<Target>,
    is_directory: bool,
}

impl Candidate {
    /// Whether it is a path and not only a word that looks like one: something is there, or could be in a
    /// directory that is not the root.
    fn is_path(&self) -> bool {
        let Target { parent, name, kind, .. } = &*self.target;
        let is_there = || host::entry_status(host::borrow(parent), name).is_ok();
        matches!(kind, TargetKind::Named) && (bare(&self.guest).contains(&b'/') || is_there())
    }
}

/// What is granted of that which the arguments name.
#[derive(Clone, Copy)]
pub(crate) struct Named {
    /// Only to be read, not to be changed too.
    pub(crate) read_only: bool,
    /// Only what has no path by which it was granted already.
    pub(crate) only_inherited: bool,
}

/// Grants what the arguments name, if anything of it is granted, and the `/` that holds `tree` where no
/// other directory stands for it. What is granted under its own path is found by that from the first directory
/// too.
pub(crate) fn grant(
    wasi: &mut Wasi,
    tree: Tree<'static>,
    named: Option<Named>,
    own_paths: &[Designation],
) -> Result<(), SetupError> {
    let mut mounts = Mounts::new(&wasi.descriptors);
    for (path, target) in own_paths {
        mounts.add_to_first(path, target);
    }
    let mut candidates = named.map_or(Vec::new(), |named| find(&wasi.arguments, named));
    // The current directory first: other names may be in it.
    let is_absolute = |found: &&Candidate| found.guest.first() == Some(&b'/');
    let directories = candidates.iter().filter(|found| found.is_directory);
    let relative = directories.clone().filter(|found| !is_absolute(found));
    for found in relative.chain(directories.filter(is_absolute)) {
        if bare(&found.guest).is_empty() && !mounts.has_root() {
            mounts.add_directory(&found.guest, &found.target);
        }
    }
    mounts.add_root(tree);
    tell_apart(&mut candidates, &mounts);
    let working_directory = working_directory(&wasi.environment);
    let directories = candidates.iter().filter(|found| found.is_directory);
    let files = candidates.iter().filter(|found| !found.is_directory);
    for found in directories.chain(files) {
        let Candidate { guest, target, .. } = found;
        if matches!(target.kind, TargetKind::Missing) {
            mounts.add_missing(guest, target);
            continue;
        }
        if let Some(argument) = wasi.arguments.get_mut(found.argument) {
            argument.truncate(found.start);
            argument.extend_from_slice(guest);
        }
        if mounts.reaches(guest, target) {
            mounts.add_typed(guest, target);
            continue;
        }
        if found.is_directory && !bare(guest).is_empty() {
            mounts.add_directory(guest, target);
        }
        mounts.add(guest, target);
        mounts.add_typed(guest, target);
        if guest.first() != Some(&b'/')
            && let Some(working_directory) = &working_directory
        {
            let absolute = absolute(working_directory, guest);
            if !mounts.reaches(&absolute, target) {
                mounts.add(&absolute, target);
            }
        }
    }
    mounts.finish().open(&mut wasi.descriptors).map_err(|error| {
        SetupError::constant(match error {
            Errno::TooManyFiles | Errno::TooManyFilesInSystem => {
                "more is granted than a program may have open"
            }
            _ => "what the arguments name cannot be granted",
        })
    })
}

/// The paths among the arguments that name something.
fn find(arguments: &[Vec<u8>], named: Named) -> Vec<Candidate> {
    let mut finder = Finder::new(named.read_only);
    let mut candidates = Vec::new();
    for (index, argument) in arguments.iter().enumerate().skip(1) {
        let value = argument
            .starts_with(b"-")
            .then(|| argument.iter().position(|&byte| byte == b'='))
            .flatten()
            .map(|equals| equals + 1);
        for start in [Some(0), value].into_iter().flatten() {
            let path = argument.get(start..).unwrap_or_default();
            let is_text = path.len() < host::PATH_BYTES && core::str::from_utf8(path).is_ok();
            let Some(spelling) = is_text.then(|| host::argument_path(path)).flatten() else {
                continue;
            };
            // What begins with a dash is an option, unless there is a file of that name.
            let may_be_made = !path.starts_with(b"-");
            if let Some((target, is_directory)) = finder.find(&spelling.host, may_be_made)
                && (matches!(target.kind, TargetKind::Inherited(_)) || !named.only_inherited)
            {
                let (guest, target) = (spelling.guest, Arc::new(target));
                candidates.push(Candidate { argument: index, start, guest, target, is_directory });
            }
        }
    }
    candidates
}

/// Spells absolute paths so that C's library tells them from relative ones that were passed too: behind as many
/// `..` as lead to the root from the current directory as well, so that nothing else has the name. (Go's makes both
/// absolute, and does not find the longer name.) Words that only look like paths stay what they are.
fn tell_apart(candidates: &mut [Candidate], mounts: &Mounts<'_>) {
    let is_relative = |found: &&Candidate| found.guest.first() != Some(&b'/');
    let relative: Vec<Vec<u8>> =
        candidates.iter().filter(is_relative).map(|found| bare(&found.guest)).collect();
    for found in candidates.iter_mut().filter(|found| !is_relative(&&**found)) {
        let own = bare(&found.guest);
        let is_alike = |other: &Vec<u8>| is_in(&own, other) || is_in(other, &own);
        if relative.iter().any(is_alike) && found.is_path() && mounts.start_at_root(&found.guest) {
            let current = host::current_directory().unwrap_or_default();
            let names = current.split(|&byte| host::is_separator(byte));
            let steps = names.filter(|name| !name.is_empty()).count();
            found.guest = [&b"/..".repeat(steps), &found.guest[..]].concat();
        }
    }
}

/// Whether a bare path is that of a directory or of something in it.
fn is_in(path: &[u8], directory: &[u8]) -> bool {
    let rest = path.strip_prefix(directory);
    !directory.is_empty() && rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
}

/// The directory from which the program thinks it runs, if it was told.
fn working_directory(environment: &[Vec<u8>]) -> Option<Vec<u8>> {
    let is_absolute = |path: &&[u8]| path.first() == Some(&b'/');
    environment
        .iter()
        .filter_map(|variable| variable.strip_prefix(b"PWD="))
        .find(is_absolute)
        .map(spelled)
}

/// A relative path as an absolute one, by its text.
fn absolute(base: &[u8], path: &[u8]) -> Vec<u8> {
    let mut absolute = base.to_vec();
    for component in path.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => {
                let end = absolute.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
                absolute.truncate(end.max(1));
            }
            name => {
                if absolute.last() != Some(&b'/') {
                    absolute.push(b'/');
                }
                absolute.extend_from_slice(name);
            }
        }
    }
    absolute
}
