//! The flags that `build` and `run` share: optimisation, grants and limits, and how they become
//! settings of the library.

use super::grants::Grants;
use super::policy_source::PolicySource;
use super::terminal::Terminal;
use super::{Failure, embed};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use std::path::Path;
use wasm2native::{
    Builder, Diagnostic, Error, Limits, MemoryStrategy, OptLevel, parse_duration, parse_size,
};

/// Optimisation, grants and limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Compilation {
    /// How much to optimise: 0 to 2, or `s` for size [default: 2]
    #[arg(short = 'O', long, value_name = "LEVEL", value_enum, help_heading = "Optimisation")]
    opt_level: Option<OptimisationLevel>,
    /// Processor levels, a list: baseline, native, x86-64-v3, armv8.2-a, +feat, -feat, … [default: baseline]
    ///
    /// Code needs a processor of the level, which the executable checks when it starts. For targets of
    /// several architectures each takes from the list what it knows. `targets show` lists levels and
    /// features.
    #[arg(long, value_name = "LEVEL", value_parser = NonEmptyStringValueParser::new(), help_heading = "Optimisation", allow_hyphen_values = true)]
    cpu: Option<String>,
    /// Threads that compile [default: one a processor]
    #[arg(short, long, value_name = "N", value_parser = parse_jobs, help_heading = "Optimisation")]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    grants: Grants,

    /// The program's argv[0] [default: as the system gives it]
    #[arg(long, value_name = "STRING", help_heading = "Start")]
    argv0: Option<String>,
    /// Call this export instead of `_start`, with the command line as its arguments
    #[arg(long, value_name = "NAME", help_heading = "Start")]
    invoke: Option<String>,

    /// The largest size of each linear memory, for example 512MiB [default: as the module says]
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    max_memory: Option<u64>,
    /// The size of the program's stack [default: 8MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_size, help_heading = "Limits")]
    max_stack: Option<u64>,
    /// The largest number of elements of each table [default: as the module says]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_table: Option<u64>,
    /// The largest number of open files, standard streams and granted directories included
    /// [default: as the system says]
    #[arg(long, value_name = "N", help_heading = "Limits")]
    max_files: Option<u64>,
    /// How long the program may run, for example 30s, 5m or 1.5h [default: for ever]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, help_heading = "Limits")]
    timeout: Option<u64>,
    /// How memory accesses are kept inside [default: auto]
    #[arg(long, value_name = "STRATEGY", value_enum, help_heading = "Limits")]
    memory_strategy: Option<Strategy>,
}

/// How much to optimise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum OptimisationLevel {
    /// Not at all: the quickest build
    #[value(name = "0")]
    None,
    /// For speed; the same as 2 in this version
    #[value(name = "1")]
    Some,
    /// For speed
    #[value(name = "2")]
    Speed,
    /// For speed and size
    #[value(name = "s")]
    Size,
}

/// How memory accesses are kept inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Strategy {
    /// Guard pages
    Auto,
    /// Guard pages: 4 GiB of address space are reserved, accesses cost nothing
    Guard,
    /// A check at every access, and no more address space than the memory
    Check,
}

fn parse_jobs(text: &str) -> Result<NonZeroUsize, &'static str> {
    text.parse().map_err(|_| "write a number of threads from 1 on")
}

impl Compilation {
    /// Whether nothing is said of how to compile or what to grant.
    pub(crate) fn is_default(&self) -> bool {
        // To leave out the default policy file says nothing where none is read.
        let mut said = self.clone();
        said.grants.no_config = false;
        said == Self::default()
    }

    /// The policy file that these flags add to, if there is one, which is told.
    pub(crate) fn policy(&self, terminal: &Terminal) -> Result<Option<PolicySource>, Failure> {
        let found = PolicySource::find(self.grants.policy.as_deref(), self.grants.no_config)?;
        if let Some(source) = &found {
            terminal.report(&format!(" {}  {}", terminal.strong("policy"), source.name()));
        }
        Ok(found)
    }

    /// A builder, of what messages call `input`, with these settings and those of the policy file. What both
    /// set, the flags decide.
    pub(crate) fn configure<'a>(
        &self,
        mut builder: Builder<'a>,
        policy: Option<&PolicySource>,
        input: &str,
    ) -> Result<Builder<'a>, Failure> {
        let refuse = |error| Box::new(Error::Grant(error).diagnostic(input));
        let grants = self.grants.grants().map_err(refuse)?;
        let mut limits = self.limits();
        if let Some(source) = policy {
            let mut file = source.file.clone();
            file.grants.retain(|grant| !grants.iter().any(|flag| flag.replaces(grant)));
            limits = limits.or(file.limits);
            builder = file.apply(builder);
            for embedding in source.embedded()? {
                builder = builder.embed(embedding);
            }
        }
        for text in &self.grants.embed {
            builder = builder.embed(embed::read(text, Path::new(""))?);
        }
        builder = grants.into_iter().fold(builder.limits(limits), Builder::grant);
        self.grants.apply(self.apply(builder)).map_err(refuse)
    }

    fn limits(&self) -> Limits {
        Limits {
            memory: self.max_memory,
            stack: self.max_stack,
            table: self.max_table,
            files: self.max_files,
            timeout: self.timeout,
        }
    }

    /// The message for a build of `input` that was refused: what the policy file says is told of that.
    pub(crate) fn diagnostic(
        &self,
        error: &Error,
        policy: Option<&PolicySource>,
        input: &str,
    ) -> Diagnostic {
        let message = error.diagnostic(input);
        let Some(source) = policy else { return message };
        let is_of_file = match error {
            Error::Limit { limit, .. } => {
                self.limits().get(*limit).is_none() && source.file.limits.get(*limit).is_some()
            }
            Error::Cpu { .. } | Error::CpuTooLow { .. } => {
                self.cpu.is_none() && source.file.cpu.is_some()
            }
            Error::NoWall { .. } => self.grants.sandbox.is_none(),
            _ => false,
        };
        if is_of_file { source.unkept(message, error) } else { message }
    }

    fn apply<'a>(&self, mut builder: Builder<'a>) -> Builder<'a> {
        if let Some(level) = self.opt_level {
            builder = builder.opt_level(match level {
                OptimisationLevel::None => OptLevel::None,
                OptimisationLevel::Some | OptimisationLevel::Speed => OptLevel::Speed,
                OptimisationLevel::Size => OptLevel::SpeedAndSize,
            });
        }
        if let Some(strategy) = self.memory_strategy {
            builder = builder.memory_strategy(match strategy {
                Strategy::Check => MemoryStrategy::Check,
                Strategy::Auto | Strategy::Guard => MemoryStrategy::Guard,
            });
        }
        if let Some(cpu) = &self.cpu {
            builder = builder.cpu(cpu.as_str());
        }
        if let Some(jobs) = self.jobs {
            builder = builder.jobs(jobs);
        }
        if let Some(argv0) = &self.argv0 {
            builder = builder.argv0(argv0.as_str());
        }
        if let Some(invoke) = &self.invoke {
            builder = builder.invoke(invoke.as_str());
        }
        builder
    }
}
