//! The records that an executable carries to a description, which `words.rs` puts into words.
//!
//! The way back from `encode.rs`. Invariant: it is read from the bytes that the executable reads, so that
//! what `inspect` says is what holds.

use crate::directory::Directory;
use crate::embed;
use crate::grant::{ArgumentGrant, PRESETS, preset_name};
use crate::host_calls::HostCalls;
use crate::setting::{Denied, SANDBOXES, sandbox_name};
use serde::{Serialize, Serializer};
use wasm2native_abi::policy::{
    ARGUMENTS_READ_ONLY, ARGUMENTS_READ_WRITE, DEFAULT_STACK_BYTES, DIRECTORY_CREATE,
    DIRECTORY_EVERYTHING, DIRECTORY_OPTIONAL, DIRECTORY_OWN_PATH, DIRECTORY_READ_ONLY, Malformed,
    Preset, RUNTIME_FIXED_GRANTS, RUNTIME_NO_VARIABLES, RUNTIME_STRICT_EXIT_CODES, Record,
    RecordKind, Records, Sandbox,
};

/// A policy as it was read back from an executable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyDescription {
    /// The preset.
    #[serde(serialize_with = "preset")]
    pub preset: Preset,
    /// A fixed `argv[0]`.
    pub argv0: Option<String>,
    /// Names and patterns of inherited variables.
    pub environment_inherited: Vec<String>,
    /// Names and values of fixed variables.
    pub environment_set: Vec<(String, String)>,
    /// Directories.
    pub directories: Vec<Directory>,
    /// The largest size of each linear memory, when limited.
    pub maximum_memory_bytes: Option<u64>,
    /// The size of the stack, when not the default.
    pub maximum_stack_bytes: Option<u64>,
    /// The largest number of elements of each table, when limited.
    pub maximum_table_elements: Option<u64>,
    /// The largest number of open descriptors, when limited.
    pub maximum_files: Option<u64>,
    /// Wall-clock time, when limited.
    pub timeout_nanoseconds: Option<u64>,
    /// What of the command line is granted.
    pub arguments: ArgumentGrant,
    /// Directories of files that are part of the executable, as the program knows them.
    pub embedded: Vec<String>,
    /// How many files are part of the executable.
    pub embedded_files: u64,
    /// Their size together.
    pub embedded_bytes: u64,
    /// Listening sockets.
    pub listen: Vec<String>,
    /// Numbers of standard streams that are the null device.
    pub null_streams: Vec<u16>,
    /// Nanoseconds since 1970 at which the clock stands.
    pub clock: Option<u64>,
    /// The seed of random numbers.
    pub random: Option<u64>,
    /// Kinds that were taken away.
    pub denied: Vec<Denied>,
    /// How the kernel's wall is raised.
    #[serde(serialize_with = "sandbox")]
    pub sandbox: Sandbox,
    /// Whether `WASM2NATIVE_*` variables are looked at.
    pub runtime_variables: bool,
    /// Whether whoever runs the program may take grants away.
    pub narrowing: bool,
    /// Whether exit codes of 126 and more are traps.
    pub strict_exit_codes: bool,
    /// The host calls that the program imports, by name.
    pub host_calls: Vec<&'static str>,
}

fn preset<S: Serializer>(preset: &Preset, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(preset_name(*preset))
}

fn sandbox<S: Serializer>(sandbox: &Sandbox, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(sandbox_name(*sandbox))
}

impl Default for PolicyDescription {
    /// What an executable does that has no record.
    fn default() -> Self {
        Self {
            preset: Preset::None,
            argv0: None,
            environment_inherited: Vec::new(),
            environment_set: Vec::new(),
            directories: Vec::new(),
            maximum_memory_bytes: None,
            maximum_stack_bytes: None,
            maximum_table_elements: None,
            maximum_files: None,
            timeout_nanoseconds: None,
            arguments: ArgumentGrant::Off,
            embedded: Vec::new(),
            embedded_files: 0,
            embedded_bytes: 0,
            listen: Vec::new(),
            null_streams: Vec::new(),
            clock: None,
            random: None,
            denied: Vec::new(),
            sandbox: Sandbox::Auto,
            runtime_variables: true,
            narrowing: true,
            strict_exit_codes: false,
            host_calls: Vec::new(),
        }
    }
}

impl PolicyDescription {
    /// Reads an encoded policy.
    ///
    /// # Errors
    /// When it is not one of this version.
    pub fn read(encoded: &[u8]) -> Result<Self, Malformed> {
        let mut policy = Self::default();
        let number = |record: Record<'_>| record.number().ok_or(Malformed);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for record in Records::new(encoded) {
            let record = record?;
            match record.kind {
                RecordKind::Preset => {
                    let preset = PRESETS.into_iter().find(|preset| *preset as u16 == record.flags);
                    policy.preset = preset.ok_or(Malformed)?;
                }
                RecordKind::Argv0 => policy.argv0 = Some(text(record.bytes)),
                RecordKind::EnvironmentInherit => {
                    policy.environment_inherited.push(text(record.bytes));
                }
                RecordKind::EnvironmentSet => {
                    let (name, value) = record.pair().ok_or(Malformed)?;
                    policy.environment_set.push((text(name), text(value)));
                }
                RecordKind::Directory => {
                    let (host, guest) = record.pair().ok_or(Malformed)?;
                    policy.directories.push(Directory {
                        host: text(host),
                        guest: text(guest),
                        read_only: record.flags & DIRECTORY_READ_ONLY != 0,
                        create: record.flags & DIRECTORY_CREATE != 0,
                        optional: record.flags & DIRECTORY_OPTIONAL != 0,
                        own_path: record.flags & DIRECTORY_OWN_PATH != 0,
                        everything: record.flags & DIRECTORY_EVERYTHING != 0,
                    });
                }
                RecordKind::MaximumMemory => policy.maximum_memory_bytes = Some(number(record)?),
                RecordKind::MaximumStack => policy.maximum_stack_bytes = Some(number(record)?),
                RecordKind::MaximumTable => policy.maximum_table_elements = Some(number(record)?),
                RecordKind::MaximumFiles => policy.maximum_files = Some(number(record)?),
                RecordKind::Timeout => policy.timeout_nanoseconds = Some(number(record)?),
                RecordKind::Clock => policy.clock = Some(number(record)?),
                RecordKind::Random => policy.random = Some(number(record)?),
                RecordKind::Arguments => {
                    policy.arguments = match record.flags {
                        ARGUMENTS_READ_ONLY => ArgumentGrant::ReadOnly,
                        ARGUMENTS_READ_WRITE => ArgumentGrant::ReadWrite,
                        _ => return Err(Malformed),
                    }
                }
                RecordKind::EmbeddedDirectory => policy.embedded.push(text(record.bytes)),
                RecordKind::Listen => policy.listen.push(text(record.bytes)),
                RecordKind::NullStream => policy.null_streams.push(record.flags),
                RecordKind::Sandbox => {
                    let found = SANDBOXES.into_iter().find(|each| *each as u16 == record.flags);
                    policy.sandbox = found.ok_or(Malformed)?;
                }
                RecordKind::Runtime => {
                    policy.runtime_variables = record.flags & RUNTIME_NO_VARIABLES == 0;
                    policy.narrowing = record.flags & RUNTIME_FIXED_GRANTS == 0;
                    policy.strict_exit_codes = record.flags & RUNTIME_STRICT_EXIT_CODES != 0;
                }
                RecordKind::Deny => {
                    let is_denied = |kind: &Denied| record.flags & kind.flag() != 0;
                    policy.denied = Denied::ALL.into_iter().filter(is_denied).collect();
                }
                RecordKind::HostCalls => {
                    policy.host_calls = HostCalls::from_bytes(record.bytes).names().collect();
                }
                RecordKind::Embedded => {
                    (policy.embedded_files, policy.embedded_bytes) = embed::count(record.bytes);
                }
                RecordKind::Words => {}
            }
        }
        Ok(policy)
    }

    /// Whether a kind was taken away.
    pub fn denies(&self, kind: Denied) -> bool {
        self.denied.contains(&kind)
    }

    /// The directories that it may use and how, once kinds are taken away.
    pub(crate) fn effective_directories(&self) -> Vec<Directory> {
        if self.denies(Denied::Files) {
            return Vec::new();
        }
        let mut directories = self.directories.clone();
        for directory in &mut directories {
            directory.read_only |= self.denies(Denied::Write);
        }
        directories
    }

    /// What of the command line is granted, once kinds are taken away.
    pub(crate) fn effective_arguments(&self) -> ArgumentGrant {
        match self.arguments {
            _ if self.denies(Denied::Files) || self.denies(Denied::Arguments) => ArgumentGrant::Off,
            ArgumentGrant::ReadWrite if self.denies(Denied::Write) => ArgumentGrant::ReadOnly,
            arguments => arguments,
        }
    }

    /// The size of the program's stack, which it has whether a record says so or not.
    pub(crate) fn stack_bytes(&self) -> u64 {
        self.maximum_stack_bytes.unwrap_or(DEFAULT_STACK_BYTES)
    }
}
