//! Turns a policy into what the program starts with: its arguments, environment and descriptors.
//!
//! Sandbox-critical. It stands alone because it is the one place where something is granted. Invariants:
//! nothing is there but the standard streams and what a record names; a record that cannot be fulfilled
//! is an error before the program's first instruction.

use crate::audit::Audit;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::errno::Errno;
use crate::file_type::FileType;
use crate::host::{self, Handle};
use crate::object::Object;
use crate::rights;
use crate::{SetupError, Wasi, arguments_grant, embedded_grant};
use core::ffi::CStr;
use std::ffi::OsString;
use wasm2native_abi::policy::{
    ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, DIRECTORY_READ_ONLY, Record, RecordKind, Records,
};

/// Variables that are ours and not the program's.
const RESERVED_PREFIX: &[u8] = b"WASM2NATIVE_";

pub(crate) const MALFORMED: SetupError =
    SetupError::constant("the policy in this executable is damaged");

pub(crate) fn start(
    policy: &Records<'static>,
    arguments: Vec<OsString>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<Wasi, SetupError> {
    host::ignore_broken_pipes();
    let mut wasi = Wasi {
        arguments: arguments.into_iter().map(OsString::into_encoded_bytes).collect(),
        environment: select_environment(policy, environment)?,
        descriptors: DescriptorTable::new(),
        audit: Audit::new(),
    };
    if let Some(name) = wasi.arguments.first_mut() {
        *name = host::program_name(name);
    }
    for stream in host::standard_streams() {
        wasi.descriptors.push_standard(stream.and_then(standard_stream));
    }
    let mut arguments_read_only = None;
    for record in policy.clone() {
        let record = record.map_err(|_| MALFORMED)?;
        match record.kind {
            RecordKind::Arguments => {
                arguments_read_only = Some(match record.flags {
                    ARGUMENTS_READ_ONLY => true,
                    ARGUMENTS_READ_WRITE => false,
                    _ => return Err(MALFORMED),
                })
            }
            RecordKind::Argv0 => match wasi.arguments.first_mut() {
                Some(name) => *name = record.bytes.to_vec(),
                None => wasi.arguments.push(record.bytes.to_vec()),
            },
            RecordKind::Directory => grant_directory(&mut wasi.descriptors, &record)?,
            // Variables are done, and embedded files follow; a preset is spelled out in other records; limits are the runtime's.
            RecordKind::EnvironmentInherit
            | RecordKind::EnvironmentSet
            | RecordKind::Embedded
            | RecordKind::EmbeddedDirectory
            | RecordKind::Preset
            | RecordKind::MaximumMemory
            | RecordKind::MaximumStack
            | RecordKind::HostCalls
            | RecordKind::Sandbox
            | RecordKind::Words => {}
            // Never run a program under half of its policy.
            _ => return Err(MALFORMED),
        }
    }
    let tree = embedded_grant::grant(&mut wasi.descriptors, policy)?;
    arguments_grant::grant(&mut wasi, tree, arguments_read_only)?;
    Ok(wasi)
}

/// The variables that the policy inherits, then those that it sets, each as `name=value`. One that is
/// set is not inherited; of two that are set alike the later counts.
fn select_environment(
    policy: &Records<'_>,
    environment: Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<Vec<Vec<u8>>, SetupError> {
    let mut inherited: Vec<&[u8]> = Vec::new();
    let mut set: Vec<(&[u8], &[u8])> = Vec::new();
    for record in policy.clone() {
        let record = record.map_err(|_| MALFORMED)?;
        match record.kind {
            RecordKind::EnvironmentInherit => inherited.push(record.bytes),
            RecordKind::EnvironmentSet => {
                let (name, value) = record.pair().ok_or(MALFORMED)?;
                set.retain(|&(other, _)| !host::same_variable(other, name));
                set.push((name, value));
            }
            _ => {}
        }
    }
    let begins = |name: &[u8], beginning: &[u8]| {
        name.get(..beginning.len()).is_some_and(|start| host::same_variable(start, beginning))
    };
    let mut variables = Vec::new();
    for (name, value) in &environment {
        let inherits = |pattern: &&&[u8]| match pattern.strip_suffix(b"*") {
            Some(beginning) => begins(name, beginning),
            None => host::same_variable(name, pattern),
        };
        let Some(pattern) = inherited.iter().find(inherits) else { continue };
        if begins(name, RESERVED_PREFIX)
            || set.iter().any(|(other, _)| host::same_variable(other, name))
        {
            continue;
        }
        // What is asked for by name has the name by which it was asked for.
        let name = if pattern.ends_with(b"*") { name } else { *pattern };
        variables.push([name, &b"="[..], value].concat());
    }
    variables.extend(set.iter().map(|(name, value)| [name, &b"="[..], value].concat()));
    Ok(variables)
}

/// The descriptor of a standard stream, with the rights that fit what it refers to.
fn standard_stream(handle: Handle) -> Option<Descriptor> {
    let file = handle.borrow();
    let (read, write) = host::access(file).ok()?;
    // A stream may be there to be written only, and its host say nothing else of it.
    let file_type = host::file_status(file).map_or(FileType::Unknown, |status| status.file_type);
    let mut base = if host::is_terminal(file, file_type) {
        rights::TERMINAL
    } else if file_type.is_socket() {
        rights::SOCKET
    } else {
        rights::FILE
    };
    if !read {
        base &= !rights::FD_READ;
    }
    if !write {
        base &= !rights::HOST_WRITE;
    }
    Some(Descriptor::new(Object::Host(handle), file_type, base, 0))
}

fn grant_directory(
    descriptors: &mut DescriptorTable,
    record: &Record<'_>,
) -> Result<(), SetupError> {
    let (host_path, guest_path) = record.pair().ok_or(MALFORMED)?;
    let mut path = host_path.to_vec();
    path.push(0);
    let opened =
        CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid).and_then(host::open_granted);
    let file = opened.map_err(|error| cannot_open(host_path, error))?;
    let read_only = record.flags & DIRECTORY_READ_ONLY != 0;
    let mut directory = Descriptor::directory(Handle::Owned(file), read_only);
    directory.preopened = Some(host::guest_path(guest_path).into());
    directory.host_root = host_path == b"/";
    descriptors.insert(directory).map_err(|error| cannot_open(host_path, error))?;
    Ok(())
}

/// The sentence names the path as it is here and now, not as it was written when the program was built.
fn cannot_open(host_path: &[u8], error: Errno) -> SetupError {
    let mut shown = Vec::new();
    if !host::is_absolute(host_path)
        && let Ok(current) = std::env::current_dir()
    {
        shown.extend_from_slice(current.as_os_str().as_encoded_bytes());
        shown.push(host::SEPARATOR);
    }
    shown.extend_from_slice(host_path);
    let mut sentence = String::from("cannot open the granted directory `");
    sentence.push_str(&String::from_utf8_lossy(&shown));
    sentence.push_str("`: ");
    sentence.push_str(match error {
        Errno::NoEntry => "it does not exist",
        Errno::NotDirectory => "it is not a directory",
        Errno::Access | Errno::NotPermitted => "permission denied",
        Errno::Loop => "too many symbolic links",
        Errno::NameTooLong => "the path is too long",
        Errno::TooManyFiles | Errno::TooManyFilesInSystem => "too many open files",
        _ => "the system refused",
    });
    SetupError::new(sentence)
}
