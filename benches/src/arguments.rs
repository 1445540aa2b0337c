//! The command line of the benchmark.

use crate::synthetic;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Kernels: processor time and size.
    Run,
    /// Start-up of an empty program.
    Start,
    /// How fast modules are built.
    Build,
    /// What building for every target costs.
    Targets,
    /// Files, folders and small writes: processor time.
    Io,
}

/// What was asked for.
pub(crate) struct Arguments {
    /// How often each program runs.
    pub(crate) runs: usize,
    /// The processor level that we compile for; our default if none.
    pub(crate) cpu: Option<String>,
    /// Parts of names of kernels; all kernels if empty.
    pub(crate) kernels: Vec<String>,
    /// How large a file is copied.
    pub(crate) copy_mebibytes: u64,
    /// Where files are written and read; a folder in memory, where the system has one, if none.
    pub(crate) scratch: Option<PathBuf>,
    /// The module to build; a synthetic one if none.
    module: Option<PathBuf>,
    parts: Vec<Part>,
}

impl Arguments {
    /// Reads the command line, without the program's name.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut parsed = Self {
            runs: 5,
            cpu: None,
            kernels: Vec::new(),
            copy_mebibytes: 1024,
            scratch: None,
            module: None,
            parts: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("`{argument}` of what?"));
            match argument.as_str() {
                "--runs" => parsed.runs = value()?.parse().context("`--runs` takes a number")?,
                "--copy" => {
                    parsed.copy_mebibytes = value()?.parse().context("`--copy` takes MiB")?;
                }
                "--scratch" => parsed.scratch = Some(value()?.into()),
                "--cpu" => parsed.cpu = Some(value()?),
                "--module" => parsed.module = Some(value()?.into()),
                "--only" => parsed.parts.push(match value()?.as_str() {
                    "run" => Part::Run,
                    "start" => Part::Start,
                    "build" => Part::Build,
                    "targets" => Part::Targets,
                    "io" => Part::Io,
                    part => bail!("no part `{part}`: `run`, `start`, `build`, `targets` or `io`"),
                }),
                unknown if unknown.starts_with('-') => bail!("no option `{unknown}`"),
                _ => parsed.kernels.push(argument),
            }
        }
        Ok(parsed)
    }

    /// The module to build.
    pub(crate) fn module(&self) -> Result<Vec<u8>> {
        match &self.module {
            Some(path) => std::fs::read(path).context("the module cannot be read"),
            None => {
                wat::parse_str(synthetic::module(synthetic::LARGE)).context("the synthetic module")
            }
        }
    }

    /// Whether a part is to be measured.
    pub(crate) fn measures(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}
