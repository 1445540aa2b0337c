//! Grants and limits to the records that an executable carries, and those records to words.
//!
//! One file for both directions, so that what `inspect` says is what the executable reads. Invariant:
//! equal settings give equal bytes.

use crate::diagnostic::size;
use crate::grant::{Directory, Environment, Grant, preset_name};
use crate::limit::Limits;
use crate::{Error, GrantError};
use serde::Serialize;
use wasm2native_abi::policy::{
    DIRECTORY_READ_ONLY, Malformed, Preset, Record, RecordKind, Records,
};

/// The variables that [`Preset::Cli`] inherits: what tells a command-line tool about its terminal,
/// language, time zone and place.
const CLI_VARIABLES: [&str; 9] =
    ["TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "LANG", "LC_*", "TZ", "PWD"];

/// All that an executable is told about what its program may do.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// The preset that it starts from.
    pub(crate) preset: Preset,
    /// A fixed `argv[0]`.
    pub(crate) argv0: Option<String>,
    /// Variables, without those of the preset.
    pub(crate) environment: Vec<Environment>,
    /// Directories, without those of the preset.
    pub(crate) directories: Vec<Directory>,
    /// Limits.
    pub(crate) limits: Limits,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            preset: Preset::None,
            argv0: None,
            environment: Vec::new(),
            directories: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Policy {
    /// Adds a grant.
    pub(crate) fn add(&mut self, grant: Grant) {
        match grant {
            Grant::Directory(directory) => self.directories.push(directory),
            Grant::Environment(variable) => self.environment.push(variable),
        }
    }

    /// Every directory granted: the preset's, then the others. One that has the guest path of the
    /// preset's replaces it, so that `--grant cli --dir .::.::ro` narrows.
    pub(crate) fn all_directories(&self) -> Vec<Directory> {
        let own = |path: &str| Directory {
            host: path.to_owned(),
            guest: path.to_owned(),
            read_only: false,
        };
        let preset = match self.preset {
            Preset::None => vec![],
            Preset::Cli => vec![own(".")],
            Preset::All => vec![own("."), own("/")],
        };
        let replaced = |of_preset: &Directory| {
            self.directories.iter().any(|directory| directory.guest == of_preset.guest)
        };
        preset
            .into_iter()
            .filter(|directory| !replaced(directory))
            .chain(self.directories.iter().cloned())
            .collect()
    }

    /// The names and patterns that are inherited, each once.
    fn inherited(&self) -> Vec<&str> {
        let preset: &[&str] = match self.preset {
            Preset::None => &[],
            Preset::Cli => &CLI_VARIABLES,
            Preset::All => &["*"],
        };
        let mut names = preset.to_vec();
        for variable in &self.environment {
            if let Environment::Inherit(name) = variable
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// The records, encoded.
    ///
    /// # Errors
    /// [`Error::Grant`] when two grants contradict each other or a text contains a NUL.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Error> {
        self.check()?;
        let mut encoded = Vec::new();
        let mut put = |kind, flags, bytes: &[u8]| {
            Record { kind, flags, bytes }.encode(|piece| encoded.extend_from_slice(piece));
        };
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
        for Directory { host, guest, read_only } in self.all_directories() {
            let flags = if read_only { DIRECTORY_READ_ONLY } else { 0 };
            put(RecordKind::Directory, flags, format!("{host}\0{guest}").as_bytes());
        }
        if let Some(bytes) = self.limits.memory {
            put(RecordKind::MaximumMemory, 0, &bytes.to_le_bytes());
        }
        if let Some(bytes) = self.limits.stack {
            put(RecordKind::MaximumStack, 0, &bytes.to_le_bytes());
        }
        Ok(encoded)
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Grant(GrantError { message, hint: None }));
        let has_nul = |text: &str| text.contains('\0');
        if self.argv0.as_deref().is_some_and(has_nul) {
            return refuse("the fixed `argv[0]` contains a NUL character".to_owned());
        }
        for (position, directory) in self.directories.iter().enumerate() {
            if has_nul(&directory.host) || has_nul(&directory.guest) {
                return refuse("a directory's path contains a NUL character".to_owned());
            }
            let earlier = &self.directories[..position];
            if earlier.iter().any(|other| other.guest == directory.guest) {
                let guest = crate::diagnostic::quoted(&directory.guest);
                return refuse(format!("two directories are granted as `{guest}`"));
            }
        }
        let mut set = Vec::new();
        for variable in &self.environment {
            let (name, value) = match variable {
                Environment::Inherit(name) => (name, ""),
                Environment::Set(name, value) => (name, value.as_str()),
            };
            if has_nul(name) || has_nul(value) {
                return refuse("a variable contains a NUL character".to_owned());
            }
            if matches!(variable, Environment::Set(..)) {
                if set.contains(&name) {
                    let name = crate::diagnostic::quoted(name);
                    return refuse(format!("the variable `{name}` is given two values"));
                }
                set.push(name);
            }
        }
        Ok(())
    }
}

/// A policy as it was read back from an executable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PolicyDescription {
    /// The preset's name.
    pub preset: &'static str,
    /// A fixed `argv[0]`.
    pub argv0: Option<String>,
    /// Names and patterns of inherited variables.
    pub environment_inherited: Vec<String>,
    /// Names and values of fixed variables.
    pub environment_set: Vec<(String, String)>,
    /// Directories.
    pub directories: Vec<DirectoryDescription>,
    /// The largest size of each linear memory, when limited.
    pub maximum_memory_bytes: Option<u64>,
    /// The size of the stack, when not the default.
    pub maximum_stack_bytes: Option<u64>,
}

/// A granted directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DirectoryDescription {
    /// Path when the program starts.
    pub host: String,
    /// What the program calls it.
    pub guest: String,
    /// Whether nothing below it may be changed.
    pub read_only: bool,
}

impl PolicyDescription {
    /// Reads an encoded policy.
    ///
    /// # Errors
    /// When it is not one of this version.
    pub fn read(encoded: &[u8]) -> Result<Self, Malformed> {
        let mut policy = Self { preset: preset_name(Preset::None), ..Self::default() };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for record in Records::new(encoded) {
            let record = record?;
            match record.kind {
                RecordKind::Preset => {
                    let presets = [Preset::None, Preset::Cli, Preset::All];
                    let preset = presets.into_iter().find(|preset| *preset as u16 == record.flags);
                    policy.preset = preset_name(preset.ok_or(Malformed)?);
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
                    policy.directories.push(DirectoryDescription {
                        host: text(host),
                        guest: text(guest),
                        read_only: record.flags & DIRECTORY_READ_ONLY != 0,
                    });
                }
                RecordKind::MaximumMemory => {
                    policy.maximum_memory_bytes = Some(record.number().ok_or(Malformed)?);
                }
                RecordKind::MaximumStack => {
                    policy.maximum_stack_bytes = Some(record.number().ok_or(Malformed)?);
                }
            }
        }
        Ok(policy)
    }

    /// The grants in one line.
    pub fn in_words(&self) -> String {
        use crate::diagnostic::quoted;
        let mut words = Vec::new();
        for DirectoryDescription { host, guest, read_only } in &self.directories {
            let rights = if *read_only { "ro" } else { "rw" };
            let host = quoted(host);
            words.push(match guest {
                guest if *guest == host => format!("{host} ({rights})"),
                guest => format!("{host} as {} ({rights})", quoted(guest)),
            });
        }
        if words.is_empty() {
            words.push("no files".to_owned());
        }
        let inherited = self.environment_inherited.iter().map(|name| quoted(name));
        let set = self.environment_set.iter().map(|(name, _)| format!("{}=…", quoted(name)));
        let variables: Vec<String> = inherited.chain(set).collect();
        words.push(match &variables[..] {
            [] => "no environment".to_owned(),
            [all] if all == "*" => "the whole environment".to_owned(),
            names => format!("env {}", names.join(" ")),
        });
        words.push("no network".to_owned());
        words.join("; ")
    }

    /// The limits in one line.
    pub fn limits_in_words(&self) -> String {
        let memory = match self.maximum_memory_bytes {
            Some(bytes) => size(bytes),
            None => "as the module says".to_owned(),
        };
        let stack =
            self.maximum_stack_bytes.unwrap_or(wasm2native_abi::policy::DEFAULT_STACK_BYTES);
        format!("memory {memory}; stack {}", size(stack))
    }
}

#[cfg(test)]
mod tests {
    use super::{Policy, PolicyDescription};
    use crate::grant::{Environment, Grant};
    use crate::limit::Limits;
    use wasm2native_abi::policy::Preset;

    fn description(policy: &Policy) -> PolicyDescription {
        PolicyDescription::read(&policy.encode().expect("a policy")).expect("records")
    }

    #[test]
    fn nothing_is_granted_by_default() {
        let policy = description(&Policy::default());
        assert_eq!(policy.in_words(), "no files; no environment; no network");
        assert_eq!(policy.preset, "none");
    }

    #[test]
    fn presets_expand_to_records() {
        let cli = description(&Policy { preset: Preset::Cli, ..Policy::default() });
        assert_eq!(
            cli.in_words(),
            ". (rw); env TERM COLORTERM NO_COLOR COLUMNS LINES LANG LC_* TZ PWD; no network"
        );
        let all = description(&Policy { preset: Preset::All, ..Policy::default() });
        assert_eq!(all.in_words(), ". (rw); / (rw); the whole environment; no network");
    }

    #[test]
    fn an_explicit_directory_replaces_the_presets_of_the_same_name() {
        let mut policy = Policy { preset: Preset::Cli, ..Policy::default() };
        policy.add(Grant::dir(".").read_only());
        assert_eq!(description(&policy).directories.len(), 1);
        assert!(description(&policy).directories[0].read_only);
    }

    #[test]
    fn contradictions_are_refused() {
        let mut policy = Policy::default();
        policy.add(Grant::dir("a").as_guest("/x"));
        policy.add(Grant::dir("b").as_guest("/x"));
        assert!(policy.encode().is_err());
        let mut policy = Policy::default();
        for value in ["1", "2"] {
            policy.add(Grant::Environment(Environment::Set("A".to_owned(), value.to_owned())));
        }
        assert!(policy.encode().is_err());
    }

    #[test]
    fn everything_comes_back_from_the_records() {
        let mut policy = Policy {
            argv0: Some("tool".to_owned()),
            limits: Limits { memory: Some(1 << 30), stack: Some(1 << 20) },
            ..Policy::default()
        };
        policy.add(Grant::dir("/srv").as_guest("/data").read_only());
        policy.add(Grant::env("APP_*"));
        policy.add(Grant::Environment(Environment::Set("TZ".to_owned(), "UTC".to_owned())));
        let read = description(&policy);
        assert_eq!(read.argv0.as_deref(), Some("tool"));
        assert_eq!(read.in_words(), "/srv as /data (ro); env APP_* TZ=…; no network");
        assert_eq!(read.limits_in_words(), "memory 1.0 GiB; stack 1.0 MiB");
    }
}
