//! Turns a policy into what the program starts with: its arguments, environment and descriptors.
//!
//! Sandbox-critical. It stands alone because it is the one place where something is granted. Invariants:
//! nothing is there but the standard streams and what a record names, less what is denied; a record that
//! cannot be fulfilled is an error before the program's first instruction.

mod anchor;
mod denial;
mod directory;
mod environment;
mod everything;
mod listen;
mod made;
mod stream;

use crate::arguments_grant::{self, Named};
use crate::audit::Audit;
use crate::clock::Time;
use crate::descriptor_table::DescriptorTable;
use crate::errno::Errno;
use crate::host;
use crate::process::Random;
use crate::recent::Recent;
use crate::{SetupError, Wasi, embedded_grant};
use denial::Denied;
pub use denial::looks_at_variables;
use made::Made;
use std::ffi::OsString;
use wasm2native_abi::policy::{ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, RecordKind, Records};

/// Variables that are ours and not the program's.
const RESERVED_PREFIX: &[u8] = b"WASM2NATIVE_";

pub(crate) const MALFORMED: SetupError =
    SetupError::constant("the policy in this executable is damaged");

/// The process's environment, as (name, value).
type Variables<'a> = [(&'a [u8], &'a [u8])];

pub(crate) fn start(
    policy: &Records<'static>,
    arguments: Vec<OsString>,
    environment: &Variables<'_>,
) -> Result<Wasi, SetupError> {
    host::ignore_broken_pipes();
    let settings = Settings::read(policy)?;
    let denied = Denied::read(policy, environment)?;
    // It goes out of scope behind what is open: systems differ in whether that can be removed.
    let mut made = Made::default();
    let mut wasi = Wasi {
        arguments: Vec::new(),
        environment: Vec::new(),
        descriptors: DescriptorTable::new(settings.maximum_files),
        recent: Recent::default(),
        audit: Audit::new(),
        time: if denied.clock() { Time::Denied } else { settings.time },
        random: settings.random,
        temporary: None,
        shadowed: Vec::new(),
        denied: denied.flags(),
    };
    stream::grant(&mut wasi.descriptors, settings.null_streams, denied)?;
    fill(&mut wasi, &mut made, policy, arguments, environment, denied)?;
    made.keep();
    Ok(wasi)
}

/// Adds what the policy and the arguments grant. It stands apart so that what is open already is closed in one
/// place when one grant cannot be given.
#[inline(never)]
fn fill(
    wasi: &mut Wasi,
    made: &mut Made,
    policy: &Records<'static>,
    arguments: Vec<OsString>,
    environment: &Variables<'_>,
    denied: Denied,
) -> Result<(), SetupError> {
    wasi.arguments = select_arguments(policy, arguments, denied);
    listen::grant_all(policy, &mut wasi.descriptors, denied)?;
    let granted = directory::grant_all(policy, environment, wasi, made, denied)?;
    if !denied.environment() {
        wasi.environment = environment::select(policy, environment, &granted.variables)?;
    }
    let tree = embedded_grant::grant(&mut wasi.descriptors, policy)?;
    let named = named_in_arguments(policy, denied, granted.everything)?;
    arguments_grant::grant(wasi, tree, named, &granted.own_paths)
}

/// What of that which arguments name is granted: all of it, or where `everything` is what has no path by which it is.
fn named_in_arguments(
    policy: &Records<'_>,
    denied: Denied,
    everything: Option<bool>,
) -> Result<Option<Named>, SetupError> {
    let named = match policy.of(RecordKind::Arguments).last() {
        Some(record) => {
            let read_only = match record.flags {
                ARGUMENTS_READ_ONLY => true,
                ARGUMENTS_READ_WRITE => denied.write(),
                _ => return Err(MALFORMED),
            };
            Some(Named { read_only, only_inherited: false })
        }
        None => everything.map(|read_only| Named { read_only, only_inherited: true }),
    };
    Ok(named.filter(|_| !denied.files() && !denied.arguments()))
}

/// What records say that grant nothing.
struct Settings {
    null_streams: [bool; 3],
    maximum_files: u64,
    time: Time,
    random: Random,
}

impl Settings {
    fn read(policy: &Records<'_>) -> Result<Self, SetupError> {
        let mut settings = Self {
            null_streams: [false; 3],
            maximum_files: u64::MAX,
            time: Time::Real,
            random: Random::Real,
        };
        for record in policy.clone() {
            let record = record.map_err(|_| MALFORMED)?;
            let number = || record.number().ok_or(MALFORMED);
            match record.kind {
                RecordKind::NullStream => {
                    let stream = settings.null_streams.get_mut(usize::from(record.flags));
                    *stream.ok_or(MALFORMED)? = true;
                }
                RecordKind::MaximumFiles => settings.maximum_files = number()?,
                RecordKind::Clock => settings.time = Time::fixed(number()?),
                RecordKind::Random => settings.random = Random::seeded(number()?),
                // What grants something is read where it is granted; the rest is the runtime's.
                RecordKind::Argv0
                | RecordKind::EnvironmentInherit
                | RecordKind::EnvironmentSet
                | RecordKind::Directory
                | RecordKind::Arguments
                | RecordKind::Embedded
                | RecordKind::EmbeddedDirectory
                | RecordKind::Preset
                | RecordKind::MaximumMemory
                | RecordKind::MaximumStack
                | RecordKind::MaximumTable
                | RecordKind::Timeout
                | RecordKind::Listen
                | RecordKind::HostCalls
                | RecordKind::Sandbox
                | RecordKind::Runtime
                | RecordKind::Deny
                | RecordKind::Words => {}
            }
        }
        Ok(settings)
    }
}

/// The program's arguments, the first of which is its name.
fn select_arguments(
    policy: &Records<'_>,
    arguments: Vec<OsString>,
    denied: Denied,
) -> Vec<Vec<u8>> {
    let mut arguments: Vec<Vec<u8>> =
        arguments.into_iter().map(OsString::into_encoded_bytes).collect();
    if denied.arguments() {
        arguments.truncate(1);
    }
    if let Some(record) = policy.of(RecordKind::Argv0).last() {
        arguments.resize_with(arguments.len().max(1), Vec::new);
        if let Some(name) = arguments.first_mut() {
            *name = record.bytes.to_vec();
        }
    } else if let Some(name) = arguments.first_mut() {
        *name = host::program_name(name);
    }
    arguments
}

/// The parts, one behind the other.
#[inline(never)]
fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// A path from the current directory as an absolute one, if that is known.
#[inline(never)]
fn absolute(path: &[u8]) -> Vec<u8> {
    let mut absolute = Vec::new();
    if !host::is_absolute(path)
        && let Some(current) = host::current_directory()
    {
        absolute = current;
        if !path.is_empty() && absolute.last().is_some_and(|&byte| !host::is_separator(byte)) {
            absolute.push(host::SEPARATOR);
        }
    }
    absolute.extend_from_slice(path);
    absolute
}

/// Says what cannot be done with a path, as it is here and now and not as it was written when the program
/// was built.
#[cold]
#[inline(never)]
fn refusal(what: &str, path: &[u8], error: Errno) -> SetupError {
    let path = if path == b"." { b"" } else { path };
    sentence(what, &absolute(path), error)
}

#[cold]
#[inline(never)]
fn sentence(what: &str, object: &[u8], error: Errno) -> SetupError {
    let mut sentence = String::from(what);
    sentence.push_str(" `");
    sentence.push_str(&String::from_utf8_lossy(object));
    sentence.push_str("`: ");
    sentence.push_str(match error {
        Errno::NoEntry => "it does not exist",
        Errno::NotDirectory => "it is not a directory",
        Errno::Access | Errno::NotPermitted => "permission denied",
        Errno::Loop => "too many symbolic links",
        Errno::NameTooLong => "the path is too long",
        Errno::TooManyFiles | Errno::TooManyFilesInSystem => "too many open files",
        Errno::ReadOnlyFileSystem => "the file system is read-only",
        Errno::NoSpace => "no space is left",
        Errno::IllegalSequence => "its path is not UTF-8",
        Errno::AddressInUse => "the address is in use",
        Errno::AddressNotAvailable => "this machine does not have the address",
        _ => "the system refused",
    });
    SetupError::new(sentence)
}
