//! The flags that `build` and `run` share: optimisation, grants and limits, and how they become
//! settings of the library.

use super::Failure;
use super::grants::Grants;
use clap::{Args, ValueEnum};
use std::num::NonZeroUsize;
use wasm2native::{Builder, Error, Limits, MemoryStrategy, OptLevel, parse_duration, parse_size};

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
    #[arg(long, value_name = "LEVEL", help_heading = "Optimisation", allow_hyphen_values = true)]
    cpu: Option<String>,
    /// Threads that compile [default: one a processor]
    #[arg(short, long, value_name = "N", help_heading = "Optimisation")]
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

impl Compilation {
    /// A builder, of what messages call `input`, with these settings.
    pub(crate) fn configure<'a>(
        &self,
        builder: Builder<'a>,
        input: &str,
    ) -> Result<Builder<'a>, Failure> {
        self.apply(builder).map_err(|error| Box::new(Error::Grant(error).diagnostic(input)))
    }

    fn apply<'a>(&self, mut builder: Builder<'a>) -> Result<Builder<'a>, wasm2native::GrantError> {
        builder = builder
            .opt_level(match self.opt_level {
                Some(OptimisationLevel::None) => OptLevel::None,
                Some(OptimisationLevel::Some | OptimisationLevel::Speed) | None => OptLevel::Speed,
                Some(OptimisationLevel::Size) => OptLevel::SpeedAndSize,
            })
            .memory_strategy(match self.memory_strategy {
                Some(Strategy::Check) => MemoryStrategy::Check,
                Some(Strategy::Auto | Strategy::Guard) | None => MemoryStrategy::Guard,
            })
            .limits(Limits {
                memory: self.max_memory,
                stack: self.max_stack,
                table: self.max_table,
                files: self.max_files,
                timeout: self.timeout,
            });
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
        self.grants.apply(builder)
    }
}
