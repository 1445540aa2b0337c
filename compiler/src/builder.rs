//! The library's front door: input bytes and settings to an executable, without touching any file.
//!
//! Invariant: the same input and settings give the same bytes.

use crate::grant::Grant;
use crate::limit::Limits;
use crate::observer::{Observer, Unobserved};
use crate::pipeline::{self, Compiled};
use crate::policy::Policy;
use crate::report::{Report, Sizes};
use crate::{Error, Target};
use std::num::NonZeroUsize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::policy::Preset;
use wasm2native_codegen::OptLevel;

/// Everything that a build depends on besides its input.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) target: Option<Target>,
    pub(crate) cpu: Option<String>,
    pub(crate) opt_level: OptLevel,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) memory_strategy: MemoryStrategy,
    pub(crate) invoke: Option<String>,
    pub(crate) policy: Policy,
}

/// A build to be: nothing is granted, and the target is this host, unless told otherwise.
///
/// ```
/// use wasm2native::{Builder, Grant};
///
/// # fn main() -> Result<(), wasm2native::Error> {
/// # if wasm2native::Target::host().is_err() { return Ok(()); }
/// let wat = br#"(module (memory (export "memory") 1) (func (export "_start")))"#;
/// let artifact = Builder::new(wat).grant(Grant::dir(".").read_only()).build()?;
/// assert!(artifact.sizes.total as usize == artifact.bytes.len());
/// # Ok(())
/// # }
/// ```
pub struct Builder<'a> {
    input: &'a [u8],
    settings: Settings,
    observer: &'a dyn Observer,
}

/// A finished executable.
pub struct Artifact {
    /// The file's contents.
    pub bytes: Vec<u8>,
    /// How large its parts are.
    pub sizes: Sizes,
    /// What was built, from what.
    pub report: Report,
}

impl<'a> Builder<'a> {
    /// A build of `input`: a core module in the binary or text format.
    pub fn new(input: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self {
            input: input.as_ref(),
            settings: Settings {
                target: None,
                cpu: None,
                opt_level: OptLevel::Speed,
                jobs: None,
                memory_strategy: MemoryStrategy::Guard,
                invoke: None,
                policy: Policy::default(),
            },
            observer: &Unobserved,
        }
    }

    /// The target, instead of this host.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.settings.target = Some(target);
        self
    }

    /// The processor level, instead of the target's baseline: see `wasm2native targets show`.
    #[must_use]
    pub fn cpu(mut self, level: impl Into<String>) -> Self {
        self.settings.cpu = Some(level.into());
        self
    }

    /// How much to optimise, and for what.
    #[must_use]
    pub fn opt_level(mut self, level: OptLevel) -> Self {
        self.settings.opt_level = level;
        self
    }

    /// How many threads compile, instead of one a processor.
    #[must_use]
    pub fn jobs(mut self, jobs: NonZeroUsize) -> Self {
        self.settings.jobs = Some(jobs);
        self
    }

    /// How accesses to linear memory are kept inside it.
    #[must_use]
    pub fn memory_strategy(mut self, strategy: MemoryStrategy) -> Self {
        self.settings.memory_strategy = strategy;
        self
    }

    /// The export to call instead of `_start`.
    #[must_use]
    pub fn invoke(mut self, export: impl Into<String>) -> Self {
        self.settings.invoke = Some(export.into());
        self
    }

    /// A set of grants to start from.
    #[must_use]
    pub fn preset(mut self, preset: Preset) -> Self {
        self.settings.policy.preset = preset;
        self
    }

    /// One more grant.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.settings.policy.add(grant);
        self
    }

    /// A fixed `argv[0]`.
    #[must_use]
    pub fn argv0(mut self, argv0: impl Into<String>) -> Self {
        self.settings.policy.argv0 = Some(argv0.into());
        self
    }

    /// Limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.policy.limits = limits;
        self
    }

    /// Someone to tell how far the build is.
    #[must_use]
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Compiles and links.
    ///
    /// # Errors
    /// Every [`Error`] that the input, the settings and the program's size can cause.
    pub fn build(&self) -> Result<Artifact, Error> {
        self.compile()?.link(self.observer)
    }

    /// Compiles only. The result does not borrow the input, which may be dropped before linking.
    ///
    /// # Errors
    /// As [`Self::build`], but for linking.
    pub fn compile(&self) -> Result<Compiled, Error> {
        pipeline::compile(self.input, &self.settings, self.observer)
    }

    /// The program in Cranelift's intermediate language, before optimisation.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn clif(&self) -> Result<String, Error> {
        pipeline::list(self.input, &self.settings, pipeline::Listing::Clif)
    }

    /// The program's machine code, disassembled.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn assembly(&self) -> Result<String, Error> {
        pipeline::list(self.input, &self.settings, pipeline::Listing::Assembly)
    }
}
