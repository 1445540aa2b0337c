//! The policy file, `wasm2native.toml`: its text to settings of a build.
//!
//! Every setting is spelt and read as on the command line. Invariant: a key or value that is not understood
//! is an error with its place; nothing is taken from anywhere but the text.

mod table;

use super::{Policy, PolicyDescription, Reach};
use crate::builder::Builder;
use crate::directory::{Directory, parse_directory};
use crate::embed::Embedding;
use crate::grant::{
    ArgumentGrant, Environment, Grant, GrantError, parse_environment, parse_preset,
};
use crate::host_calls::HostCalls;
use crate::limit::{Limits, Needs, parse_duration, parse_size};
use crate::setting::{
    Clock, Denied, Random, StandardStream, Stream, parse_arguments, parse_clock, parse_denied,
    parse_listen, parse_narrowing, parse_random, parse_sandbox, parse_stream,
};
use crate::{Error, Target, group};
use table::{Complaint, Section, Value};
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::policy::{Preset, Sandbox};
use wasm2native_codegen::OptLevel;

pub use table::PolicyFileError;

/// What a policy file says; absent is what it does not.
///
/// ```
/// use wasm2native::PolicyFile;
///
/// let file = PolicyFile::parse("[grants]\npreset = \"cli\"\ndeny = [\"env\"]\n")?;
/// assert!(file.description().in_words().contains("no environment"));
///
/// let error = PolicyFile::parse("[grants]\nprset = \"cli\"\n").unwrap_err();
/// assert_eq!(error.position, Some((2, 1)));
/// assert_eq!(error.hints[0], "did you mean `preset`?");
/// # Ok::<(), wasm2native::PolicyFileError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct PolicyFile {
    /// Targets, as `--target` takes them.
    pub targets: Vec<String>,
    /// The processor level, as `--cpu` takes it.
    pub cpu: Option<String>,
    /// How much to optimise.
    pub opt_level: Option<OptLevel>,
    /// How memory accesses are kept inside.
    pub memory_strategy: Option<MemoryStrategy>,
    /// A fixed `argv[0]`.
    pub argv0: Option<String>,
    /// The export to call.
    pub invoke: Option<String>,
    /// The preset.
    pub preset: Option<Preset>,
    /// Directories, variables and sockets.
    pub grants: Vec<Grant>,
    /// What of the command line is granted.
    pub arguments: Option<ArgumentGrant>,
    /// What is taken away.
    pub denied: Vec<Denied>,
    /// What to embed, as `--embed` takes it; relative paths are relative to the file.
    pub embed: Vec<String>,
    /// Standard streams that are spoken of.
    pub streams: Vec<(StandardStream, Stream)>,
    /// What time it is.
    pub clock: Option<Clock>,
    /// Where random numbers come from.
    pub random: Option<Random>,
    /// Limits.
    pub limits: Limits,
    /// How the wall is raised.
    pub sandbox: Option<Sandbox>,
    /// Whether whoever runs the program may take grants away.
    pub narrowing: Option<bool>,
    /// Whether `WASM2NATIVE_*` variables are looked at.
    pub runtime_variables: Option<bool>,
    /// Whether exit codes of 126 and more are traps.
    pub strict_exit_codes: Option<bool>,
    /// What it was read from.
    text: String,
}

impl PolicyFile {
    /// Reads the text of a policy file.
    ///
    /// # Errors
    /// What is wrong first, with its place.
    pub fn parse(text: &str) -> Result<Self, PolicyFileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut file = Self::default();
        file.read(text).map_err(|complaint| complaint.into_error(text))?;
        file.text = text.to_owned();
        file.policy().check().map_err(|error| PolicyFileError {
            message: error.to_string(),
            position: None,
            hints: Vec::new(),
        })?;
        Ok(file)
    }

    fn read(&mut self, text: &str) -> Result<(), Complaint> {
        let document = toml::de::DeTable::parse(text)?;
        let mut file = Section::new("", document.get_ref());
        file.section("build", |section| self.read_build(section))?;
        file.section("grants", |section| self.read_grants(section))?;
        file.section("limits", |section| self.read_limits(section))?;
        file.section("runtime", |section| self.read_runtime(section))?;
        file.finish()
    }

    fn read_build(&mut self, section: &mut Section<'_>) -> Result<(), Complaint> {
        for target in section.list("targets")? {
            self.targets.push(target.text()?.to_owned());
        }
        if let Some(level) = section.get("opt-level") {
            let text = if level.is_text() {
                level.text()?.to_owned()
            } else {
                level.number()?.to_string()
            };
            self.opt_level = Some(match text.as_str() {
                "0" => OptLevel::None,
                "1" | "2" => OptLevel::Speed,
                "s" => OptLevel::SpeedAndSize,
                _ => return Err(level.complaint("the optimisation levels are 0, 1, 2 and \"s\"")),
            });
        }
        if let Some(strategy) = section.get("memory-strategy") {
            self.memory_strategy = Some(match strategy.text()? {
                "auto" | "guard" => MemoryStrategy::Guard,
                "check" => MemoryStrategy::Check,
                _ => {
                    return Err(
                        strategy.complaint("the memory strategies are `auto`, `guard` and `check`")
                    );
                }
            });
        }
        self.cpu = section.text("cpu")?;
        self.argv0 = section.text("argv0")?;
        self.invoke = section.text("invoke")?;
        Ok(())
    }

    fn read_grants(&mut self, section: &mut Section<'_>) -> Result<(), Complaint> {
        self.preset = section.parsed("preset", parse_preset)?;
        self.arguments = section.parsed("args", parse_arguments)?;
        for value in section.list("dir")? {
            self.grants.push(Grant::Directory(directory(&value)?));
        }
        for value in section.list("env")? {
            let variable = value.parsed(parse_environment)?;
            if matches!(variable, Environment::Set(..)) {
                let error = GrantError::new("`env` takes names; values are in `env-set`");
                return Err(value.refused(error.hint("write env-set = { NAME = \"VALUE\" }")));
            }
            self.grants.push(Grant::Environment(variable));
        }
        if let Some(set) = section.get("env-set") {
            for (name, value) in set.pairs()? {
                let text = format!("{name}={}", value.text()?);
                // A name with `=` would be another name, with another value.
                let variable = parse_environment(&text).map_err(|error| value.refused(error))?;
                if variable.name() != name {
                    return Err(value.complaint("the name of a variable cannot contain `=`"));
                }
                self.grants.push(Grant::Environment(variable));
            }
        }
        for value in section.list("tcplisten")? {
            self.grants.push(Grant::Listen(value.parsed(parse_listen)?));
        }
        for value in section.list("embed")? {
            self.embed.push(value.text()?.to_owned());
        }
        for value in section.list("deny")? {
            self.denied.push(value.parsed(parse_denied)?);
        }
        for (which, key) in [
            (StandardStream::Input, "stdin"),
            (StandardStream::Output, "stdout"),
            (StandardStream::Error, "stderr"),
        ] {
            let stream = section.parsed(key, parse_stream)?;
            self.streams.extend(stream.map(|stream| (which, stream)));
        }
        self.clock = section.parsed("clock", parse_clock)?;
        self.random = section.parsed("random", parse_random)?;
        Ok(())
    }

    fn read_limits(&mut self, section: &mut Section<'_>) -> Result<(), Complaint> {
        let size =
            |value: Option<Value<'_>>| value.map(|value| value.quantity(parse_size)).transpose();
        let number = |value: Option<Value<'_>>| value.map(|value| value.number()).transpose();
        self.limits = Limits {
            memory: size(section.get("memory"))?,
            stack: size(section.get("stack"))?,
            table: number(section.get("table"))?,
            files: number(section.get("files"))?,
            timeout: match section.get("timeout") {
                Some(value) => {
                    let read = parse_duration(value.text()?);
                    Some(read.map_err(|error| value.complaint(error.to_string()))?)
                }
                None => None,
            },
        };
        Ok(())
    }

    fn read_runtime(&mut self, section: &mut Section<'_>) -> Result<(), Complaint> {
        self.narrowing = section.parsed("grants", parse_narrowing)?;
        self.sandbox = section.parsed("sandbox", parse_sandbox)?;
        self.runtime_variables = section.truth("env")?;
        self.strict_exit_codes = section.truth("strict-exit-codes")?;
        Ok(())
    }

    /// Where a setting is, such as `limits.memory`, as line and column from 1; of a list, the element `index`.
    pub fn place(&self, setting: &str, index: usize) -> Option<(usize, usize)> {
        table::place(&self.text, &setting.split('.').collect::<Vec<_>>(), index)
    }

    /// The builder with everything that the file says but targets, and what it embeds, which somebody has
    /// to read first.
    #[must_use]
    pub fn apply<'a>(&self, mut builder: Builder<'a>) -> Builder<'a> {
        if let Some(cpu) = &self.cpu {
            builder = builder.cpu(cpu.as_str());
        }
        if let Some(level) = self.opt_level {
            builder = builder.opt_level(level);
        }
        if let Some(strategy) = self.memory_strategy {
            builder = builder.memory_strategy(strategy);
        }
        if let Some(invoke) = &self.invoke {
            builder = builder.invoke(invoke.as_str());
        }
        builder.with_policy(self.policy())
    }

    /// What it grants, without what is embedded: read back from the records that an executable would carry
    /// which imports everything.
    pub fn description(&self) -> PolicyDescription {
        read_back(&self.policy())
    }

    /// As [`Self::description`], with what is embedded, for these targets; for any, if there are none.
    ///
    /// # Errors
    /// When the grants cannot be given together, or something cannot be had for one of the targets.
    pub fn describe(
        &self,
        embedded: Vec<Embedding>,
        targets: &[Target],
    ) -> Result<PolicyDescription, Error> {
        let mut policy = self.policy();
        embedded.into_iter().for_each(|embedding| policy.embedded.add(embedding));
        policy.check()?;
        policy.check_wall(targets)?;
        let any: Vec<Target> =
            if targets.is_empty() { Target::all().collect() } else { targets.to_vec() };
        group::levels(&any, self.cpu.as_deref())?;
        policy.limits.check(Needs {
            files: policy.least_files(Reach::of(HostCalls::default())),
            ..Needs::default()
        })?;
        Ok(read_back(&policy))
    }

    fn policy(&self) -> Policy {
        let mut policy = Policy {
            preset: self.preset.unwrap_or(Preset::None),
            argv0: self.argv0.clone(),
            arguments: self.arguments,
            clock: self.clock.unwrap_or_default(),
            random: self.random.unwrap_or_default(),
            sandbox: self.sandbox.unwrap_or_default(),
            limits: self.limits,
            ..Policy::default()
        };
        policy.narrowing = self.narrowing.unwrap_or(policy.narrowing);
        policy.runtime_variables = self.runtime_variables.unwrap_or(policy.runtime_variables);
        policy.strict_exit_codes = self.strict_exit_codes.unwrap_or(policy.strict_exit_codes);
        self.grants.iter().for_each(|grant| policy.add(grant.clone()));
        self.denied.iter().for_each(|kind| policy.deny(*kind));
        self.streams.iter().for_each(|(which, stream)| policy.set_stream(*which, *stream));
        policy
    }
}

/// The policy as an executable would carry it that imports everything; which that would be, no file says.
fn read_back(policy: &Policy) -> PolicyDescription {
    let read = PolicyDescription::read(&policy.encode(HostCalls::all())).unwrap_or_default();
    PolicyDescription { host_calls: Vec::new(), ..read }
}

/// A directory: text as for `--dir`, or a table with a key for each part.
fn directory(value: &Value<'_>) -> Result<Directory, Complaint> {
    if value.is_text() {
        return value.parsed(parse_directory);
    }
    let mut directory = None;
    value.section(|section| {
        let Some(host) = section.get("host") else {
            return Err(value.complaint("a directory lacks its `host`"));
        };
        let guest = section.text("guest")?.unwrap_or_default();
        let mut read = host.parsed(|host| match guest.as_str() {
            "" => Directory::named_by_host(host),
            guest => Directory::named(host, guest),
        })?;
        if let Some(mode) = section.get("mode") {
            read.read_only = match mode.text()? {
                "ro" => true,
                "rw" => false,
                _ => return Err(mode.complaint("the modes are `ro` and `rw`")),
            };
        }
        read.create = section.truth("create")?.unwrap_or(false);
        read.optional = section.truth("optional")?.unwrap_or(false);
        directory = Some(read);
        Ok(())
    })?;
    directory.ok_or_else(|| value.complaint("a directory lacks its `host`"))
}

#[cfg(test)]
mod tests {
    use super::PolicyFile;
    use crate::grant::Grant;
    use wasm2native_abi::policy::Sandbox;

    const FULL: &str = r#"
        [build]
        targets = ["x86_64-linux", "aarch64-macos"]
        opt-level = "s"
        cpu = "x86-64-v3"
        memory-strategy = "check"
        argv0 = "tool"
        invoke = "main"

        [grants]
        preset = "none"
        args = "ro"
        env = ["TERM", "APP_*"]
        env-set = { TZ = "UTC" }
        dir = [{ host = "config:app", guest = "/etc/app", mode = "ro", optional = true }, "home:"]
        tcplisten = ["127.0.0.1:80"]
        embed = ["lib::/lib"]
        deny = ["clock"]
        stdin = "null"
        clock = "real"
        random = "seed:7"

        [limits]
        memory = "512MiB"
        stack = 1048576
        table = 100
        files = 0x10
        timeout = "1m30s"

        [runtime]
        grants = "none"
        sandbox = "require"
        env = false
        strict-exit-codes = true
    "#;

    #[test]
    fn every_setting_is_read() {
        let file = PolicyFile::parse(FULL).expect("a policy file");
        assert_eq!(file.targets.len(), 2);
        assert_eq!(file.cpu.as_deref(), Some("x86-64-v3"));
        assert_eq!(file.invoke.as_deref(), Some("main"));
        assert_eq!(file.embed, ["lib::/lib"]);
        assert_eq!(file.place("limits.memory", 0), Some((24, 18)));
        assert_eq!(file.place("build.targets", 1), Some((3, 36)));
        assert_eq!((file.place("limits.none", 0), file.place("", 0)), (None, None));
        let policy = file.description();
        assert_eq!(
            policy.in_words(),
            "config:app as /etc/app (ro, optional); home: (rw); files named in arguments (ro); env TERM APP_* TZ=…; listens on 127.0.0.1:80; no standard input; no clock; predictable random numbers"
        );
        assert_eq!(
            policy.limits_in_words(),
            "memory 512 MiB; stack 1.0 MiB; table 100; files 16; time 1m30s"
        );
        assert_eq!((policy.sandbox, policy.narrowing), (Sandbox::Require, false));
        assert!(!policy.runtime_variables && policy.strict_exit_codes);
        assert_eq!(policy.argv0.as_deref(), Some("tool"));
    }

    #[test]
    fn tables_of_directories_are_a_list() {
        let file = PolicyFile::parse(
            "[[grants.dir]]\nhost = \".\"\n[[grants.dir]]\nhost = \"tmp:\"\ncreate = true\n",
        );
        let file = file.expect("a policy file");
        assert_eq!(file.grants.len(), 2);
        assert_eq!(file.grants[0], Grant::dir("."));
        assert!(PolicyFile::parse("").expect("an empty file").grants.is_empty());
    }

    #[test]
    fn mistakes_have_a_place_and_a_hint() {
        for (text, place, message, hint) in [
            ("[grant]\n", (1, 2), "a policy file has no `grant`", "did you mean `grants`?"),
            (
                "[grants]\n\n  prset = 1\n",
                (3, 3),
                "[grants] has no `prset`",
                "did you mean `preset`?",
            ),
            ("[grants]\npreset = \"cly\"", (2, 10), "`cly` is not a preset", "did you mean `cli`?"),
            (
                "[grants]\ndeny = [\"env\", \"nett\"]",
                (2, 16),
                "`nett` is not a kind that can be denied",
                "did you mean `net`?",
            ),
            (
                "[grants]\nenv = [\"A=b\"]",
                (2, 8),
                "`env` takes names; values are in `env-set`",
                "write env-set = { NAME = \"VALUE\" }",
            ),
            (
                "[[grants.dir]]\nhost = \".\"\nmod = \"ro\"",
                (3, 1),
                "[grants.dir] has no `mod`",
                "did you mean `mode`?",
            ),
        ] {
            let error = PolicyFile::parse(text).expect_err(text);
            assert_eq!((error.position, error.message.as_str()), (Some(place), message));
            assert_eq!(error.hints[0], hint);
        }
        for (text, place, message) in [
            ("grants = 1", (1, 10), "`grants` is a whole number and must be a table"),
            ("[grants]\nenv = \"A\"", (2, 7), "`grants.env` is text and must be a list"),
            ("[limits]\nfiles = -1", (2, 9), "`limits.files` is not a whole number from 0 on"),
            (
                "[limits]\ntimeout = 5",
                (2, 11),
                "`limits.timeout` is a whole number and must be text",
            ),
            ("[runtime]\nenv = \"no\"", (2, 7), "`runtime.env` is text and must be true or false"),
            ("[build]\nopt-level = 3", (2, 13), "the optimisation levels are 0, 1, 2 and \"s\""),
            ("[[grants.dir]]\nguest = \"/x\"", (1, 1), "a directory lacks its `host`"),
            (
                "[grants]\nenv-set = { A = 1 }",
                (2, 17),
                "`grants.env-set.A` is a whole number and must be text",
            ),
        ] {
            let error = PolicyFile::parse(text).expect_err(text);
            assert_eq!((error.position, error.message.as_str()), (Some(place), message), "{text}");
        }
        let error = PolicyFile::parse("[grants]\ndir = [\"a::/x\", \"b::/x\"]").expect_err("twice");
        assert_eq!(
            (error.position, error.message.as_str()),
            (None, "two directories are granted as `/x`")
        );
        assert!(PolicyFile::parse("[grants\n").expect_err("no TOML").position.is_some());
        assert!(PolicyFile::parse("a = 1\na = 2\n").is_err());
    }
}
