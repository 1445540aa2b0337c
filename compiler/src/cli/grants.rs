//! The flags that say what a program may do, and how they become settings of the library.

use clap::{Args, ValueEnum};
use std::path::PathBuf;
use wasm2native::{
    Builder, Grant, GrantError, StandardStream, Stream, parse_arguments, parse_clock, parse_denied,
    parse_directory, parse_environment, parse_listen, parse_narrowing, parse_preset, parse_random,
    parse_sandbox,
};

/// Grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Grants (baked in; the default is none)")]
pub(crate) struct Grants {
    /// A set of grants to start from: none, cli or all [default: none]
    ///
    /// `cli` is what command-line tools expect: the current directory, files named in arguments, a
    /// private temporary directory, and variables such as TERM, LANG and TZ. `all` is every file and
    /// variable of whoever runs the program.
    #[arg(long, value_name = "PRESET")]
    grant: Option<String>,
    /// A directory that may be used: HOST, HOST::GUEST or HOST::GUEST::MODS (repeatable)
    ///
    /// HOST is looked up when the program starts, a relative one in its current directory; it may
    /// begin with a place: cwd:, exe:, home:, config:, data:, cache:, tmp: (private and fresh) or
    /// root:. GUEST is what the program calls it: HOST unless given, and for a place its absolute
    /// path. MODS, with commas: `ro` is read-only, `create` makes it when it is not there, `optional`
    /// leaves it out then.
    #[arg(long, value_name = "HOST[::GUEST][::MODS]")]
    dir: Vec<String>,
    /// Files and directories named in the program's arguments: off, ro or rw [default: off]
    ///
    /// Whoever types `app notes.txt` grants notes.txt, and no more. With `rw` also files that could
    /// be made.
    #[arg(long, value_name = "RIGHTS")]
    grant_args: Option<String>,
    /// A file or tree that becomes part of the executable, read-only: HOST or HOST::GUEST (repeatable)
    ///
    /// HOST is read now. GUEST is what the program calls it, HOST unless given.
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub(super) embed: Vec<String>,
    /// A variable: NAME or PREFIX* as it is when the program starts, NAME=VAL fixed (repeatable)
    #[arg(long, value_name = "NAME[=VAL]")]
    env: Vec<String>,
    /// A socket that listens when the program starts (repeatable)
    #[arg(long, value_name = "ADDR:PORT")]
    tcplisten: Vec<String>,
    /// A file with settings, which flags add to or replace [default: ./wasm2native.toml, if it is there]
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// Do not read ./wasm2native.toml
    #[arg(long)]
    pub(super) no_config: bool,
    /// Take kinds away after all grants: fs, write, net, env, clock, args (repeatable, or a list)
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    deny: Vec<String>,
    /// Standard input [default: inherit]
    #[arg(long, value_name = "STREAM", value_enum)]
    stdin: Option<StreamChoice>,
    /// Standard output [default: inherit]
    #[arg(long, value_name = "STREAM", value_enum)]
    stdout: Option<StreamChoice>,
    /// Standard error [default: inherit]
    #[arg(long, value_name = "STREAM", value_enum)]
    stderr: Option<StreamChoice>,
    /// The time: real, or fixed:TIME in seconds since 1970 or as 2026-01-31T12:00:00Z [default: real]
    #[arg(long, value_name = "CLOCK")]
    clock: Option<String>,
    /// Random numbers: real, or seed:N for the same ones at every start [default: real]
    #[arg(long, value_name = "SOURCE")]
    random: Option<String>,
    /// The wall that the kernel raises around the program: auto, require or off [default: auto]
    ///
    /// `auto` has it as high as the system that runs the program can; with `require` the program
    /// does not start without.
    #[arg(long, value_name = "MODE")]
    pub(super) sandbox: Option<String>,
    /// Whether whoever runs it may take grants away, by WASM2NATIVE_DENY: none or narrow
    /// [default: narrow]
    #[arg(long, value_name = "RULE")]
    runtime_grants: Option<String>,
    /// Have the executable read no WASM2NATIVE_* variable at all
    #[arg(long)]
    no_runtime_env: bool,
    /// Trap on exit codes of 126 and more, as WASI's text says
    #[arg(long)]
    strict_exit_codes: bool,
}

/// What a standard stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum StreamChoice {
    /// What it is for the executable
    Inherit,
    /// Nothing to read, and what is written is gone
    Null,
}

impl Grants {
    /// The builder with these settings, but for what is granted by name or embedded.
    pub(super) fn apply<'a>(&self, mut builder: Builder<'a>) -> Result<Builder<'a>, GrantError> {
        if let Some(preset) = &self.grant {
            builder = builder.preset(parse_preset(preset)?);
        }
        if let Some(rights) = &self.grant_args {
            builder = builder.arguments(parse_arguments(rights)?);
        }
        for kind in &self.deny {
            builder = builder.deny(parse_denied(kind.trim())?);
        }
        for (which, choice) in [
            (StandardStream::Input, self.stdin),
            (StandardStream::Output, self.stdout),
            (StandardStream::Error, self.stderr),
        ] {
            builder = match choice {
                Some(StreamChoice::Inherit) => builder.stream(which, Stream::Inherit),
                Some(StreamChoice::Null) => builder.stream(which, Stream::Null),
                None => builder,
            };
        }
        if let Some(clock) = &self.clock {
            builder = builder.clock(parse_clock(clock)?);
        }
        if let Some(source) = &self.random {
            builder = builder.random(parse_random(source)?);
        }
        if let Some(mode) = &self.sandbox {
            builder = builder.sandbox(parse_sandbox(mode)?);
        }
        if let Some(rule) = &self.runtime_grants {
            builder = builder.narrowing(parse_narrowing(rule)?);
        }
        if self.no_runtime_env {
            builder = builder.runtime_variables(false);
        }
        if self.strict_exit_codes {
            builder = builder.strict_exit_codes(true);
        }
        Ok(builder)
    }

    /// What is granted by name.
    pub(super) fn grants(&self) -> Result<Vec<Grant>, GrantError> {
        let mut grants = Vec::new();
        for directory in &self.dir {
            grants.push(Grant::Directory(parse_directory(directory)?));
        }
        for variable in &self.env {
            grants.push(Grant::Environment(parse_environment(variable)?));
        }
        for address in &self.tcplisten {
            grants.push(Grant::Listen(parse_listen(address)?));
        }
        Ok(grants)
    }
}
