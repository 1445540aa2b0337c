//! A policy to the records that an executable carries; `description.rs` is the way back.
//!
//! Invariant: what a reader of the records is told in words follows from the records, and from nothing else.

use super::{Policy, PolicyDescription, Reach};
use crate::directory::Directory;
use crate::grant::{ArgumentGrant, Environment};
use crate::host_calls::HostCalls;
use crate::setting::{Clock, Random, Stream};
use wasm2native_abi::policy::{
    ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, DIRECTORY_CREATE, DIRECTORY_EVERYTHING,
    DIRECTORY_OPTIONAL, DIRECTORY_OWN_PATH, DIRECTORY_READ_ONLY, Malformed, RUNTIME_FIXED_GRANTS,
    RUNTIME_NO_VARIABLES, RUNTIME_STRICT_EXIT_CODES, Record, RecordKind, Records, Sandbox,
};

impl Policy {
    /// The records of a program that imports `host_calls`, encoded.
    ///
    /// It passed [`Self::check`].
    pub(crate) fn encode(&self, host_calls: HostCalls) -> Vec<u8> {
        let mut encoded = Vec::new();
        self.records(Reach::of(host_calls), |kind, flags, bytes| {
            Record { kind, flags, bytes }.encode(|piece| encoded.extend_from_slice(piece));
        });
        add_derived(&mut encoded, host_calls);
        encoded
    }

    fn records(&self, reach: Reach, mut put: impl FnMut(RecordKind, u16, &[u8])) {
        put(RecordKind::Preset, self.preset as u16, &[]);
        if let Some(argv0) = &self.argv0 {
            put(RecordKind::Argv0, 0, argv0.as_bytes());
        }
        for name in self.inherited() {
            put(RecordKind::EnvironmentInherit, 0, name.as_bytes());
        }
        for variable in &self.environment {
            if let Environment::Set(name, value) = variable {
                put(RecordKind::EnvironmentSet, 0, format!("{name}\0{value}").as_bytes());
            }
        }
        for directory in self.all_directories(reach) {
            let flags = [
                (directory.read_only, DIRECTORY_READ_ONLY),
                (directory.create, DIRECTORY_CREATE),
                (directory.optional, DIRECTORY_OPTIONAL),
                (directory.own_path, DIRECTORY_OWN_PATH),
                (directory.everything, DIRECTORY_EVERYTHING),
            ];
            let flags = flags.iter().filter(|(set, _)| *set).fold(0, |all, (_, flag)| all | flag);
            let Directory { host, guest, .. } = directory;
            put(RecordKind::Directory, flags, format!("{host}\0{guest}").as_bytes());
        }
        if !self.embedded.directories.is_empty() {
            put(RecordKind::Embedded, 0, &self.embedded.encode());
            for directory in &self.embedded.directories {
                put(RecordKind::EmbeddedDirectory, 0, directory.as_bytes());
            }
        }
        match self.all_arguments(reach) {
            ArgumentGrant::Off => {}
            ArgumentGrant::ReadOnly => put(RecordKind::Arguments, ARGUMENTS_READ_ONLY, &[]),
            ArgumentGrant::ReadWrite => put(RecordKind::Arguments, ARGUMENTS_READ_WRITE, &[]),
        }
        for address in &self.listen {
            put(RecordKind::Listen, 0, address.to_string().as_bytes());
        }
        for (number, stream) in self.streams.iter().enumerate() {
            if *stream == Stream::Null {
                put(RecordKind::NullStream, number as u16, &[]);
            }
        }
        if self.sandbox != Sandbox::Auto {
            put(RecordKind::Sandbox, self.sandbox as u16, &[]);
        }
        let runtime = if self.runtime_variables { 0 } else { RUNTIME_NO_VARIABLES }
            | if self.narrowing { 0 } else { RUNTIME_FIXED_GRANTS }
            | if self.strict_exit_codes { RUNTIME_STRICT_EXIT_CODES } else { 0 };
        if runtime != 0 {
            put(RecordKind::Runtime, runtime, &[]);
        }
        if self.denied != 0 {
            put(RecordKind::Deny, self.denied, &[]);
        }
        let limits = &self.limits;
        let clock = match self.clock {
            Clock::Real => None,
            Clock::Fixed(nanoseconds) => Some(nanoseconds),
        };
        let random = match self.random {
            Random::Real => None,
            Random::Seed(seed) => Some(seed),
        };
        for (kind, number) in [
            (RecordKind::Clock, clock),
            (RecordKind::Random, random),
            (RecordKind::MaximumMemory, limits.memory),
            (RecordKind::MaximumStack, limits.stack),
            (RecordKind::MaximumTable, limits.table),
            (RecordKind::MaximumFiles, limits.files),
            (RecordKind::Timeout, limits.timeout),
        ] {
            if let Some(number) = number {
                put(kind, 0, &number.to_le_bytes());
            }
        }
    }
}

/// Adds the records that follow from others and from the module.
fn add_derived(encoded: &mut Vec<u8>, host_calls: HostCalls) {
    let words = PolicyDescription::read(encoded).map(|policy| policy.in_words());
    for (kind, bytes) in [
        (RecordKind::HostCalls, host_calls.as_bytes()),
        (RecordKind::Words, words.unwrap_or_default().as_bytes()),
    ] {
        Record { kind, flags: 0, bytes }.encode(|piece| encoded.extend_from_slice(piece));
    }
}

/// The records of an executable, but those that follow from others and from the module made anew: an
/// executable is not believed what it says of itself.
///
/// # Errors
/// When the records are not of this version.
pub(crate) fn derive_again(recorded: &[u8], host_calls: HostCalls) -> Result<Vec<u8>, Malformed> {
    let mut encoded = Vec::with_capacity(recorded.len());
    for record in Records::new(recorded) {
        let record = record?;
        if !matches!(record.kind, RecordKind::HostCalls | RecordKind::Words) {
            record.encode(|piece| encoded.extend_from_slice(piece));
        }
    }
    add_derived(&mut encoded, host_calls);
    Ok(encoded)
}
