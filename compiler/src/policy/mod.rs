//! Policies: what a program may do and how it is limited, written down ([`mod@file`]), put into an executable
//! ([`encode`]), read back ([`description`]), told ([`words`], [`sentences`]) and compared ([`difference`]).
//!
//! This file is what a build is told, and what it makes of presets. Invariant: equal settings give equal
//! bytes.

mod description;
mod difference;
mod encode;
mod file;
mod sentences;
mod words;

pub use description::PolicyDescription;
pub use difference::PolicyDifference;
pub(crate) use encode::derive_again;
pub use file::{PolicyFile, PolicyFileError};

use crate::directory::{Directory, TEMPORARY, bare};
use crate::embed::Merged;
use crate::grant::{ArgumentGrant, Environment, Grant};
use crate::host_calls::HostCalls;
use crate::limit::Limits;
use crate::setting::{Clock, Denied, Random, StandardStream, Stream};
use crate::{Error, GrantError, Target};
use std::net::SocketAddr;
use wasm2native_abi::policy::{Preset, Sandbox};

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
    /// What of the command line is granted, if not what the preset says.
    pub(crate) arguments: Option<ArgumentGrant>,
    /// Files that become part of the executable.
    pub(crate) embedded: Merged,
    /// Listening sockets that the program starts with.
    pub(crate) listen: Vec<SocketAddr>,
    /// The standard streams, by number.
    pub(crate) streams: [Stream; 3],
    /// What time it is.
    pub(crate) clock: Clock,
    /// Where random numbers come from.
    pub(crate) random: Random,
    /// `DENY_*` of what is taken away after everything else.
    pub(crate) denied: u16,
    /// How the kernel's wall is raised.
    pub(crate) sandbox: Sandbox,
    /// Whether `WASM2NATIVE_*` variables are looked at.
    pub(crate) runtime_variables: bool,
    /// Whether whoever runs the program may take grants away.
    pub(crate) narrowing: bool,
    /// Whether exit codes of 126 and more are traps.
    pub(crate) strict_exit_codes: bool,
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
            arguments: None,
            embedded: Merged::default(),
            listen: Vec::new(),
            streams: [Stream::Inherit; 3],
            clock: Clock::Real,
            random: Random::Real,
            denied: 0,
            sandbox: Sandbox::Auto,
            runtime_variables: true,
            narrowing: true,
            strict_exit_codes: false,
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
            Grant::Listen(address) => self.listen.push(address),
        }
    }

    /// Makes a standard stream what it shall be.
    pub(crate) fn set_stream(&mut self, which: StandardStream, stream: Stream) {
        self.streams[which as usize] = stream;
    }

    /// Takes a kind away.
    pub(crate) fn deny(&mut self, kind: Denied) {
        self.denied |= kind.flag();
    }

    /// Every directory granted to a program with this `reach`: the preset's as far as it can use them, then
    /// the others. One that has the name of the preset's replaces it, so that `--grant cli --dir .::.::ro`
    /// narrows.
    pub(crate) fn all_directories(&self, reach: Reach) -> Vec<Directory> {
        let everything = Directory { everything: true, ..Directory::new("/", "/") };
        let temporary =
            Directory { own_path: true, optional: true, ..Directory::new(TEMPORARY, "") };
        let preset = match self.preset {
            Preset::None => vec![],
            Preset::Cli => {
                vec![(reach.directories, Directory::current()), (reach.opens, temporary)]
            }
            Preset::All => {
                vec![(reach.directories, Directory::current()), (reach.directories, everything)]
            }
        };
        let replaced = |of_preset: &Directory| {
            self.directories.iter().any(|directory| directory.is_named_as(of_preset))
        };
        preset
            .into_iter()
            .filter_map(|(usable, directory)| usable.then_some(directory))
            .filter(|directory| !replaced(directory))
            .chain(self.directories.iter().cloned())
            .collect()
    }

    /// What of the command line is granted to a program with this `reach`.
    pub(crate) fn all_arguments(&self, reach: Reach) -> ArgumentGrant {
        self.arguments.unwrap_or(match self.preset {
            Preset::Cli if reach.paths => ArgumentGrant::ReadWrite,
            Preset::None | Preset::Cli | Preset::All => ArgumentGrant::Off,
        })
    }

    /// How many descriptors the program has from the start, at the least: its standard streams, a directory
    /// for each of its names, sockets, and `/`, in which nothing is, unless something is granted as that.
    pub(crate) fn least_files(&self, reach: Reach) -> u64 {
        let certain = |directory: &Directory| !directory.optional && !directory.everything;
        let names = |directory: Directory| {
            u64::from(!directory.guest.is_empty()) + u64::from(directory.own_path)
        };
        let directories = self.all_directories(reach).into_iter().filter(certain).map(names);
        let embedded = &self.embedded.directories;
        let is_root = |name: &str| !name.is_empty() && bare(name).is_empty();
        let has_root = embedded.iter().any(|name| is_root(name))
            || self.all_directories(reach).iter().any(|directory| is_root(&directory.guest));
        let others = embedded.len() + self.listen.len() + usize::from(!has_root);
        3 + directories.sum::<u64>() + others as u64
    }

    /// The names and patterns that are inherited, each once.
    fn inherited(&self) -> Vec<&str> {
        let preset: &[&str] = match self.preset {
            Preset::None => &[],
            Preset::Cli => &CLI_VARIABLES,
            Preset::All => &["*"],
        };
        let is_set = |name: &str| {
            let is_it = |variable: &Environment| {
                matches!(variable, Environment::Set(..)) && variable.name() == name
            };
            self.environment.iter().any(is_it)
        };
        let mut names: Vec<_> = preset.iter().copied().filter(|name| !is_set(name)).collect();
        for variable in &self.environment {
            if let Environment::Inherit(name) = variable
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        }
        names
    }

    /// Refuses to require a wall of systems that have none.
    ///
    /// # Errors
    /// [`Error::NoWall`].
    pub(crate) fn check_wall(&self, targets: &[Target]) -> Result<(), Error> {
        if self.sandbox != Sandbox::Require {
            return Ok(());
        }
        let without = targets.iter().filter(|target| target.description().system.wall().is_none());
        let targets: Vec<_> = without.map(|target| target.description().name.as_str()).collect();
        if targets.is_empty() { Ok(()) } else { Err(Error::NoWall { targets }) }
    }

    /// Whether the grants can be given together.
    ///
    /// # Errors
    /// [`Error::Grant`] when two grants contradict each other or a text contains a NUL.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Grant(GrantError::new(message)));
        let has_nul = |text: &str| text.contains('\0');
        if self.argv0.as_deref().is_some_and(has_nul) {
            return refuse("the fixed `argv[0]` contains a NUL character".to_owned());
        }
        for (position, directory) in self.directories.iter().enumerate() {
            if has_nul(&directory.host) || has_nul(&directory.guest) {
                return refuse("a directory's path contains a NUL character".to_owned());
            }
            let earlier = &self.directories[..position];
            if earlier.iter().any(|other| other.is_named_as(directory)) {
                let name =
                    if directory.guest.is_empty() { &directory.host } else { &directory.guest };
                let name = crate::diagnostic::quoted(name);
                return refuse(format!("two directories are granted as `{name}`"));
            }
        }
        self.embedded.check()?;
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
        for (position, address) in self.listen.iter().enumerate() {
            // Port 0 is any that is free, so that several of them are different sockets.
            if address.port() != 0 && self.listen[..position].contains(address) {
                return refuse(format!("two sockets are to listen on `{address}`"));
            }
        }
        Ok(())
    }
}

/// What the host calls that a program imports can do with files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reach {
    /// Open files and make new ones.
    pub(crate) opens: bool,
    /// Do anything with paths.
    pub(crate) paths: bool,
    /// Do anything with directories.
    pub(crate) directories: bool,
}

impl Reach {
    /// Of a program that imports these.
    pub(crate) fn of(host_calls: HostCalls) -> Self {
        let imports = |wanted: &dyn Fn(&str) -> bool| host_calls.names().any(wanted);
        let paths = imports(&|name| name.starts_with("path_"));
        Self {
            opens: imports(&|name| name == "path_open"),
            paths,
            directories: paths || imports(&|name| matches!(name, "fd_prestat_get" | "fd_readdir")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ArgumentGrant, Policy, PolicyDescription, derive_again};
    use crate::directory::parse_directory;
    use crate::grant::{Environment, Grant};
    use crate::host_calls::HostCalls;
    use crate::limit::Limits;
    use crate::setting::{Clock, Denied, Random, StandardStream, Stream};
    use wasm2native_abi::policy::{Preset, Record, RecordKind, Records};

    fn description(policy: &Policy) -> PolicyDescription {
        PolicyDescription::read(&policy.encode(HostCalls::all())).expect("records")
    }

    #[test]
    fn what_an_executable_says_of_itself_is_derived_again() {
        let policy = Policy { preset: Preset::Cli, ..Policy::default() };
        let all = HostCalls::all();
        let encoded = policy.encode(all);
        assert_eq!(derive_again(&encoded, all).as_deref(), Ok(&encoded[..]));
        let mut records: Vec<Record<'_>> = Records::new(&encoded).flatten().collect();
        for record in &mut records {
            match record.kind {
                RecordKind::HostCalls => record.bytes = &[0; 6],
                RecordKind::Words => record.bytes = b"no files",
                _ => {}
            }
        }
        let mut changed = Vec::new();
        records.iter().for_each(|record| record.encode(|piece| changed.extend_from_slice(piece)));
        assert_ne!(changed, encoded);
        assert_eq!(derive_again(&changed, all).as_deref(), Ok(&encoded[..]));
    }

    #[test]
    fn nothing_is_granted_by_default() {
        let policy = description(&Policy::default());
        assert_eq!(policy.in_words(), "no files; no environment; no network");
        assert_eq!(policy.preset, Preset::None);
    }

    #[test]
    fn presets_expand_to_records() {
        let cli = description(&Policy { preset: Preset::Cli, ..Policy::default() });
        assert_eq!(
            cli.in_words(),
            ". (rw); a private temporary directory (rw); files named in arguments (rw); env TERM COLORTERM NO_COLOR COLUMNS LINES LANG LC_* TZ PWD; no network"
        );
        let all = description(&Policy { preset: Preset::All, ..Policy::default() });
        assert_eq!(all.in_words(), ". (rw); / (rw); the whole environment; no network");
    }

    #[test]
    fn a_preset_grants_no_files_to_what_cannot_use_them() {
        let cli = Policy { preset: Preset::Cli, ..Policy::default() };
        let words = |imports: &[&str]| {
            let encoded = cli.encode(HostCalls::named(imports));
            let read = PolicyDescription::read(&encoded).expect("records");
            (read.directories.len(), read.arguments)
        };
        assert_eq!(words(&["fd_write"]), (0, ArgumentGrant::Off));
        assert_eq!(words(&["fd_prestat_get"]), (1, ArgumentGrant::Off));
        assert_eq!(words(&["path_filestat_get"]), (1, ArgumentGrant::ReadWrite));
        assert_eq!(words(&["path_open"]), (2, ArgumentGrant::ReadWrite));
    }

    #[test]
    fn an_explicit_directory_replaces_the_presets_of_the_same_name() {
        let mut policy = Policy { preset: Preset::Cli, ..Policy::default() };
        policy.add(Grant::dir(".").read_only());
        assert_eq!(description(&policy).directories.len(), 2);
        assert!(description(&policy).directories[1].read_only);
    }

    #[test]
    fn contradictions_are_refused() {
        let mut policy = Policy::default();
        policy.add(Grant::dir("a").as_guest("/x"));
        policy.add(Grant::dir("b").as_guest("/x"));
        assert!(policy.check().is_err());
        let mut policy = Policy::default();
        for place in ["home:", "config:", "home:"] {
            assert!(policy.check().is_ok());
            policy.add(Grant::Directory(parse_directory(place).expect("a directory")));
        }
        assert!(policy.check().is_err());
        for (port, holds) in [(0, true), (80, false)] {
            let mut policy = Policy::default();
            policy.add(Grant::Listen(([127, 0, 0, 1], port).into()));
            policy.add(Grant::Listen(([127, 0, 0, 1], port).into()));
            assert_eq!(policy.check().is_ok(), holds);
        }
        let mut policy = Policy::default();
        for value in ["1", "2"] {
            policy.add(Grant::Environment(Environment::Set("A".to_owned(), value.to_owned())));
        }
        assert!(policy.check().is_err());
    }

    #[test]
    fn everything_comes_back_from_the_records() {
        let mut policy = Policy {
            argv0: Some("tool".to_owned()),
            limits: Limits { memory: Some(1 << 30), stack: Some(1 << 20), ..Limits::default() },
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

    #[test]
    fn what_is_not_as_usual_is_in_the_words() {
        let mut policy = Policy {
            clock: Clock::Fixed(1_500_000_000),
            random: Random::Seed(7),
            limits: Limits {
                table: Some(100),
                files: Some(16),
                timeout: Some(90_000_000_000),
                ..Limits::default()
            },
            ..Policy::default()
        };
        policy.set_stream(StandardStream::Error, Stream::Null);
        policy.add(Grant::Directory(
            parse_directory("config:app::/etc/app::ro,optional").expect("a directory"),
        ));
        policy.add(Grant::Directory(parse_directory("home:").expect("a directory")));
        policy.add(Grant::Listen(([127, 0, 0, 1], 80).into()));
        policy.add(Grant::env("HOME"));
        assert_eq!(
            description(&policy).in_words(),
            "config:app as /etc/app (ro, optional); home: (rw); env HOME; listens on 127.0.0.1:80; no standard error; clock stands at 1970-01-01T00:00:01.5Z; predictable random numbers"
        );
        assert_eq!(
            description(&policy).limits_in_words(),
            "memory as the module says; stack 8.0 MiB; table 100; files 16; time 1m30s"
        );
        for (kind, words) in [
            (Denied::Files, "no files; env HOME; listens on"),
            (Denied::Write, "config:app as /etc/app (ro, optional); home: (ro); env"),
            (Denied::Environment, "home: (rw); no environment; listens"),
            (Denied::Network, "env HOME; no network; no standard error"),
            (Denied::Clock, "no standard error; no clock; predictable"),
            (Denied::Arguments, "predictable random numbers; no arguments"),
        ] {
            let mut policy = policy.clone();
            policy.deny(kind);
            let in_words = description(&policy).in_words();
            assert!(in_words.contains(words), "{kind:?}: {in_words}");
        }
    }
}
