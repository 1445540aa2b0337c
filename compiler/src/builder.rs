//! The library's front door: input bytes and settings to executables, without touching any file.
//!
//! Invariant: the same input and settings give the same bytes.

use crate::compiled::Compiled;
use crate::embed::Embedding;
use crate::grant::{ArgumentGrant, Grant};
use crate::limit::Limits;
use crate::observer::{Observer, Unobserved};
use crate::pipeline::{self, Listing};
use crate::policy::Policy;
use crate::report::{Report, Sizes};
use crate::setting::{Clock, Denied, Random, StandardStream, Stream};
use crate::{Error, Target};
use std::borrow::Cow;
use std::num::NonZeroUsize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::policy::{Preset, Sandbox};
use wasm2native_codegen::OptLevel;

/// Everything that a build depends on besides its input.
#[derive(Clone)]
pub(crate) struct Settings {
    /// This host if there is none.
    pub(crate) targets: Vec<Target>,
    pub(crate) cpu: Option<String>,
    pub(crate) opt_level: OptLevel,
    pub(crate) jobs: Option<NonZeroUsize>,
    pub(crate) memory_strategy: MemoryStrategy,
    pub(crate) invoke: Option<String>,
    pub(crate) policy: Policy,
    /// The encoded policy of an executable that is built again, instead of `policy`.
    pub(crate) recorded_policy: Option<Vec<u8>>,
}

impl Settings {
    /// The targets to build for.
    pub(crate) fn targets(&self) -> Result<Vec<Target>, Error> {
        match &self.targets[..] {
            [] => Ok(vec![Target::host()?]),
            targets => Ok(targets.to_vec()),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            targets: Vec::new(),
            cpu: None,
            opt_level: OptLevel::Speed,
            jobs: None,
            memory_strategy: MemoryStrategy::Guard,
            invoke: None,
            policy: Policy::default(),
            recorded_policy: None,
        }
    }
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
    input: Cow<'a, [u8]>,
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
        Self::with(Cow::Borrowed(input.as_ref()))
    }

    /// A build of `input`, which is freed before the last executable is linked.
    pub fn from_bytes(input: Vec<u8>) -> Self {
        Self::with(Cow::Owned(input))
    }

    pub(crate) fn with_settings(
        input: &'a [u8],
        settings: Settings,
        observer: &'a dyn Observer,
    ) -> Self {
        Self { input: Cow::Borrowed(input), settings, observer }
    }

    fn with(input: Cow<'a, [u8]>) -> Self {
        Self { input, settings: Settings::default(), observer: &Unobserved }
    }

    /// The target, instead of this host.
    #[must_use]
    pub fn target(self, target: Target) -> Self {
        self.targets([target])
    }

    /// Several targets, instead of this host: for [`Self::build_all`] and [`Self::compile_each`].
    #[must_use]
    pub fn targets(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.settings.targets = targets.into_iter().collect();
        self
    }

    /// The processor level, instead of the target's baseline: see `wasm2native targets show`. Of a list
    /// for several targets each takes what its architecture knows.
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

    /// Files that become part of the executable, to be read under their name.
    #[must_use]
    pub fn embed(mut self, embedding: Embedding) -> Self {
        self.settings.policy.embedded.add(embedding);
        self
    }

    /// What of the command line is granted, instead of what the preset says.
    #[must_use]
    pub fn arguments(mut self, grant: ArgumentGrant) -> Self {
        self.settings.policy.arguments = Some(grant);
        self
    }

    /// Takes a kind of grant away, after everything else.
    ///
    /// ```
    /// use wasm2native::{Builder, Preset, parse_denied};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # if wasm2native::Target::host().is_err() { return Ok(()); }
    /// let wat = br#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    /// let builder = Builder::new(wat).preset(Preset::Cli).deny(parse_denied("env")?);
    /// assert_eq!(builder.build()?.report.policy.in_words(), "no files; no environment; no network");
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn deny(mut self, kind: Denied) -> Self {
        self.settings.policy.deny(kind);
        self
    }

    /// What a standard stream is.
    #[must_use]
    pub fn stream(mut self, which: StandardStream, stream: Stream) -> Self {
        self.settings.policy.set_stream(which, stream);
        self
    }

    /// What time it is for the program.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.policy.clock = clock;
        self
    }

    /// Where the program's random numbers come from.
    #[must_use]
    pub fn random(mut self, random: Random) -> Self {
        self.settings.policy.random = random;
        self
    }

    /// How the kernel's wall around the program is raised.
    #[must_use]
    pub fn sandbox(mut self, sandbox: Sandbox) -> Self {
        self.settings.policy.sandbox = sandbox;
        self
    }

    /// Whether the executable looks at `WASM2NATIVE_*` variables. It does unless told otherwise.
    #[must_use]
    pub fn runtime_variables(mut self, looked_at: bool) -> Self {
        self.settings.policy.runtime_variables = looked_at;
        self
    }

    /// Whether whoever runs the executable may take grants away. They may unless told otherwise.
    #[must_use]
    pub fn narrowing(mut self, allowed: bool) -> Self {
        self.settings.policy.narrowing = allowed;
        self
    }

    /// Whether exit codes of 126 and more are traps, as WASI's text says. They are not unless told so.
    #[must_use]
    pub fn strict_exit_codes(mut self, strict: bool) -> Self {
        self.settings.policy.strict_exit_codes = strict;
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

    /// The policy as a whole, instead of what was said of it before.
    pub(crate) fn with_policy(mut self, policy: Policy) -> Self {
        self.settings.policy = policy;
        self
    }

    /// Someone to tell how far the build is.
    #[must_use]
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Compiles and links for one target.
    ///
    /// # Errors
    /// Every [`Error`] that the input, the settings and the program's size can cause; with several
    /// targets [`Error::SeveralTargets`].
    pub fn build(&self) -> Result<Artifact, Error> {
        if self.settings.targets.len() > 1 {
            return Err(Error::SeveralTargets);
        }
        let mut artifacts = self.build_all()?;
        Ok(artifacts.pop().expect("each target has its executable"))
    }

    /// Compiles once for each architecture of the targets and links for each target. The result is in
    /// the order of the targets.
    ///
    /// ```
    /// use wasm2native::{Builder, Target};
    ///
    /// # fn main() -> Result<(), wasm2native::Error> {
    /// let wat = br#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    /// let targets = Target::all().filter(|target| target.ready().is_ok());
    /// for artifact in Builder::new(wat).targets(targets).build_all()? {
    ///     assert!(!artifact.bytes.is_empty(), "{}", artifact.report.target);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::build`].
    pub fn build_all(&self) -> Result<Vec<Artifact>, Error> {
        let targets = self.settings.targets()?;
        targets.iter().try_for_each(|target| target.ready())?;
        let mut artifacts = Vec::new();
        let input = Cow::Borrowed(&*self.input);
        pipeline::compile_each(input, &self.settings, self.observer, |compiled| {
            for target in compiled.targets() {
                artifacts.push(compiled.link(*target, self.observer)?);
            }
            Ok::<_, Error>(())
        })?;
        let position = |artifact: &Artifact| {
            targets.iter().position(|target| target.description().name == artifact.report.target)
        };
        artifacts.sort_by_key(position);
        Ok(artifacts)
    }

    /// Compiles once for each architecture of the targets. Each result is handed over, to be linked,
    /// before the next architecture begins, so that one object at a time is in memory; the input is
    /// dropped before the last one is handed over.
    ///
    /// # Errors
    /// As [`Self::build`], but for linking, and those of `each`.
    pub fn compile_each<E: From<Error>>(
        self,
        each: impl FnMut(Compiled) -> Result<(), E>,
    ) -> Result<(), E> {
        pipeline::compile_each(self.input, &self.settings, self.observer, each)
    }

    /// The program as text, once for each architecture of the targets, which are handed over with it.
    ///
    /// # Errors
    /// As [`Self::compile_each`].
    pub fn list_each<E: From<Error>>(
        &self,
        listing: Listing,
        each: impl FnMut(&[Target], &str) -> Result<(), E>,
    ) -> Result<(), E> {
        pipeline::list_each(&self.input, &self.settings, listing, each)
    }
}
