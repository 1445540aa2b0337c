//! One architecture's compiled program, and the last phase: into the stubs of its targets.
//!
//! Invariant: linking for one target changes nothing for the next.

use crate::builder::{Artifact, Settings};
use crate::group::Group;
use crate::manifest::Manifest;
use crate::observer::{Observer, Phase};
use crate::policy::PolicyDescription;
use crate::report::{Report, Sizes};
use crate::warning::Warning;
use crate::{Error, Target};
use std::sync::Arc;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_codegen::OptLevel;

/// A program that is compiled for one architecture and still to be linked for each of its targets.
pub struct Compiled {
    architecture: &'static str,
    targets: Vec<Target>,
    /// The processor level's name.
    cpu: String,
    object: Vec<u8>,
    warnings: Vec<Warning>,
    source: Arc<Source>,
}

/// What was compiled, the same for every architecture.
pub(crate) struct Source {
    pub(crate) facts: Facts,
    /// The encoded policy.
    pub(crate) policy: Vec<u8>,
    pub(crate) settings: Settings,
}

/// What is known of the input.
pub(crate) struct Facts {
    pub(crate) input_bytes: u64,
    pub(crate) input_sha256: String,
    pub(crate) language: Option<String>,
    pub(crate) wasi: bool,
    pub(crate) features: Vec<&'static str>,
    pub(crate) functions: usize,
    pub(crate) warnings: Vec<Warning>,
    /// The names of the exports to start with.
    pub(crate) entries: Vec<String>,
}

impl Compiled {
    pub(crate) fn new(group: &Group, object: Vec<u8>, source: Arc<Source>) -> Self {
        let mut warnings = source.facts.warnings.clone();
        warnings.extend(group.warnings.iter().cloned());
        let cpu = group.options.cpu.name();
        let architecture = group.options.architecture.name();
        Self { architecture, targets: group.targets.clone(), cpu, object, warnings, source }
    }

    /// The architecture that it was compiled for.
    pub fn architecture(&self) -> &'static str {
        self.architecture
    }

    /// The targets that it can be linked for: those of the build that have its architecture.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The relocatable object, always ELF, the same for all of the targets.
    pub fn object(&self) -> &[u8] {
        &self.object
    }

    /// What is suspicious: about the module, the same for every architecture, and about this one's code.
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    /// What was compiled, from what, for one of the targets.
    pub fn report(&self, target: Target) -> Report {
        let facts = &self.source.facts;
        Report {
            target: target.description().name.as_str(),
            cpu: self.cpu.clone(),
            input_bytes: facts.input_bytes,
            input_sha256: facts.input_sha256.clone(),
            language: facts.language.clone(),
            wasi: facts.wasi,
            features: facts.features.clone(),
            functions: facts.functions,
            policy: PolicyDescription::read(&self.source.policy).unwrap_or_default(),
            warnings: self.warnings.clone(),
        }
    }

    /// The last phase: the object into a target's stub.
    ///
    /// # Errors
    /// [`Error::Stub`] and [`Error::Link`]: also when the target has another architecture.
    pub fn link(&self, target: Target, observer: &dyn Observer) -> Result<Artifact, Error> {
        observer.phase(Phase::Link);
        let report = self.report(target);
        let description = target.description();
        let stub = description.stub().map_err(Error::Stub)?;
        let executable = wasm2native_link::link(&wasm2native_link::Input {
            target: description,
            stub: &stub,
            object: &self.object,
            policy: &self.source.policy,
            manifest: &self.manifest(&report).encode(),
            script: None,
        })
        .map_err(|source| Error::Link { target: report.target, source: Box::new(source) })?;
        let sizes = Sizes {
            total: executable.bytes.len() as u64,
            code: executable.sizes.code,
            data: executable.sizes.data,
            runtime: executable.sizes.runtime,
            other: executable.sizes.other,
        };
        Ok(Artifact { bytes: executable.bytes, sizes, report })
    }

    fn manifest(&self, report: &Report) -> Manifest {
        let mut manifest = Manifest::new();
        manifest.put("tool", concat!("wasm2native ", env!("CARGO_PKG_VERSION")));
        manifest.put("abi", wasm2native_abi::ABI_VERSION.to_string());
        manifest.put("target", report.target);
        manifest.put("input-sha256", report.input_sha256.as_str());
        manifest.put("input-bytes", report.input_bytes.to_string());
        if let Some(language) = &report.language {
            manifest.put("language", language.as_str());
        }
        let Source { facts, settings, .. } = &*self.source;
        manifest.put("features", report.features.join(","));
        manifest.put("entry", facts.entries.join(","));
        if let Some(invoke) = &settings.invoke {
            manifest.put("invoke", invoke.as_str());
        }
        manifest.put("cpu", report.cpu.as_str());
        manifest.put("opt-level", opt_level_name(settings.opt_level));
        manifest.put("memory-strategy", memory_strategy_name(settings.memory_strategy));
        manifest
    }
}

fn opt_level_name(level: OptLevel) -> &'static str {
    match level {
        OptLevel::None => "0",
        OptLevel::Speed => "2",
        OptLevel::SpeedAndSize => "s",
    }
}

fn memory_strategy_name(strategy: MemoryStrategy) -> &'static str {
    match strategy {
        MemoryStrategy::Guard => "guard",
        MemoryStrategy::Check => "check",
    }
}
