//! The phases of a build in order, one call each: recognise, parse, resolve imports, choose entry
//! points, compile; then link.
//!
//! Invariant: a phase sees only what the phases before it made. Nothing here touches a file.

use crate::builder::{Artifact, Settings};
use crate::manifest::Manifest;
use crate::observer::{Functions, Observer, Phase};
use crate::policy::PolicyDescription;
use crate::recognise::{self, Kind, PREFIX_BYTES};
use crate::report::{Report, Sizes};
use crate::{Error, Target, entry, feature, import, inspect, language, warning};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::wasi::PREVIEW1_MODULE;
use wasm2native_codegen::{Entry, Instance, OptLevel, Options, Program};
use wasm2native_targets::CpuLevel;
use wasm2native_wasm::{Entity, Module};

/// A compiled program that is still to be linked.
pub struct Compiled {
    /// What was compiled, from what.
    pub report: Report,
    target: Target,
    object: Vec<u8>,
    policy: Vec<u8>,
    manifest: Vec<u8>,
}

/// A text that shows a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listing {
    Clif,
    Assembly,
}

/// The processor level when none is asked for.
const BASELINE: &str = "baseline";

/// The first phases: input bytes to an object.
pub(crate) fn compile(
    input: &[u8],
    settings: &Settings,
    observer: &dyn Observer,
) -> Result<Compiled, Error> {
    observer.phase(Phase::Parse);
    let target = target(settings)?;
    let options = options(settings, target)?;
    let policy = settings.policy.encode()?;

    let wasm = read(input)?;
    let module = Module::parse(&wasm).map_err(Error::Invalid)?;
    let imports = import::resolve(&module)?;
    let entries = entry::choose(&module, settings.invoke.as_deref())?;
    settings.policy.limits.check(memory_minimum_bytes(&module))?;
    let report = report(input, &module, settings, target, &policy);
    let manifest = manifest(&report, &entries, settings, target, &options.cpu.name());

    observer.phase(Phase::Compile);
    let program = program(&module, imports, entries);
    let object = wasm2native_codegen::compile(&program, &options, &Functions(observer))
        .map_err(Error::Compile)?;

    Ok(Compiled { report, target, object: object.bytes, policy, manifest: manifest.encode() })
}

/// As [`compile`], but ends in text.
pub(crate) fn list(input: &[u8], settings: &Settings, listing: Listing) -> Result<String, Error> {
    let options = options(settings, target(settings)?)?;
    let wasm = read(input)?;
    let module = Module::parse(&wasm).map_err(Error::Invalid)?;
    let imports = import::resolve(&module)?;
    let entries = entry::choose(&module, settings.invoke.as_deref())?;
    let program = program(&module, imports, entries);
    let text = match listing {
        Listing::Clif => wasm2native_codegen::emit_clif(&program, &options),
        Listing::Assembly => wasm2native_codegen::emit_asm(&program, &options),
    };
    text.map_err(Error::Compile)
}

impl Compiled {
    /// The relocatable object, always ELF.
    pub fn object(&self) -> &[u8] {
        &self.object
    }

    /// The last phase: the object into the target's stub.
    ///
    /// # Errors
    /// [`Error::Stub`] and [`Error::Link`].
    pub fn link(self, observer: &dyn Observer) -> Result<Artifact, Error> {
        observer.phase(Phase::Link);
        let target = self.target.description();
        let stub = target.stub().map_err(Error::Stub)?;
        let executable = wasm2native_link::link(&wasm2native_link::Input {
            target,
            stub: &stub,
            object: &self.object,
            policy: &self.policy,
            manifest: &self.manifest,
            script: None,
        })
        .map_err(Error::Link)?;
        let sizes = Sizes {
            total: executable.bytes.len() as u64,
            code: executable.sizes.code,
            data: executable.sizes.data,
            runtime: executable.sizes.runtime,
            other: executable.sizes.other,
        };
        Ok(Artifact { bytes: executable.bytes, sizes, report: self.report })
    }
}

/// The input as a core module's bytes.
pub(crate) fn read(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    match recognise::recognise(&input[..input.len().min(PREFIX_BYTES)]) {
        Kind::Module => Ok(Cow::Borrowed(input)),
        Kind::Component => Err(Error::Component),
        Kind::Empty => Err(Error::Empty),
        Kind::Executable => Err(Error::Executable { ours: inspect::is_our_executable(input) }),
        Kind::Other(other) => Err(Error::NotWasm(other)),
        Kind::Text => read_text(input).map(Cow::Owned),
    }
}

fn read_text(input: &[u8]) -> Result<Vec<u8>, Error> {
    let text = std::str::from_utf8(input).map_err(|error| {
        let before = String::from_utf8_lossy(&input[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(1, |last| last.chars().count() + 1);
        Error::Text {
            message: "a byte that is not UTF-8".to_owned(),
            position: Some((line, column)),
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    wat::parse_str(text).map_err(|error| {
        let rendered = error.to_string();
        let message = rendered.lines().next().unwrap_or_default().to_owned();
        Error::Text { message, position: text_position(&rendered) }
    })
}

/// The line and column in a rendered error of the text format's parser: `--> <anon>:LINE:COLUMN`.
fn text_position(rendered: &str) -> Option<(usize, usize)> {
    let place = rendered.lines().find_map(|line| line.trim_start().strip_prefix("--> "))?;
    let mut numbers = place.rsplit(':');
    let column = numbers.next()?.trim().parse().ok()?;
    let line = numbers.next()?.parse().ok()?;
    Some((line, column))
}

fn target(settings: &Settings) -> Result<Target, Error> {
    match settings.target {
        Some(target) => Ok(target),
        None => Target::host(),
    }
}

fn options(settings: &Settings, target: Target) -> Result<Options, Error> {
    let architecture = target.description().architecture;
    let level = settings.cpu.as_deref().unwrap_or(BASELINE);
    let cpu = CpuLevel::parse(architecture, level)
        .map_err(|error| Error::Cpu { message: error.to_string() })?;
    Ok(Options {
        architecture,
        cpu,
        opt_level: settings.opt_level,
        jobs: settings.jobs,
        memory_strategy: settings.memory_strategy,
        names: true,
    })
}

fn program<'m>(
    module: &'m Module<'m>,
    imports: Vec<wasm2native_codegen::ImportTarget>,
    entries: Vec<Entry>,
) -> Program<'m> {
    let host_memory = match module.export("memory").map(|export| export.entity) {
        Some(Entity::Memory(memory)) => Some((0, memory)),
        _ => None,
    };
    Program { instances: vec![Instance { module, imports, host_memory }], entries }
}

/// What the module's largest memory needs from the start.
fn memory_minimum_bytes(module: &Module<'_>) -> u64 {
    let minimum = |memory: &wasm2native_wasm::Memory| {
        let page_size_log2 = memory.memory_type.page_size_log2.unwrap_or(16);
        memory.memory_type.initial.saturating_mul(1 << page_size_log2)
    };
    module.memories.iter().map(minimum).max().unwrap_or(0)
}

fn report(
    input: &[u8],
    module: &Module<'_>,
    settings: &Settings,
    target: Target,
    policy: &[u8],
) -> Report {
    let digest = Sha256::digest(input);
    Report {
        target: target.description().name.as_str(),
        input_bytes: input.len() as u64,
        input_sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        language: language::language(module),
        wasi: module.imports.iter().any(|import| import.module == PREVIEW1_MODULE),
        features: feature::used(module),
        functions: module.functions.len(),
        policy: PolicyDescription::read(policy).unwrap_or_default(),
        warnings: warning::warnings(module, &settings.policy),
    }
}

fn manifest(
    report: &Report,
    entries: &[Entry],
    settings: &Settings,
    target: Target,
    cpu: &str,
) -> Manifest {
    let mut manifest = Manifest::new();
    manifest.put("tool", concat!("wasm2native ", env!("CARGO_PKG_VERSION")));
    manifest.put("abi", wasm2native_abi::ABI_VERSION.to_string());
    manifest.put("target", target.description().name.as_str());
    manifest.put("input-sha256", report.input_sha256.as_str());
    manifest.put("input-bytes", report.input_bytes.to_string());
    if let Some(language) = &report.language {
        manifest.put("language", language.as_str());
    }
    manifest.put("features", report.features.join(","));
    let names: Vec<_> = entries.iter().map(|entry| entry.export_name.as_str()).collect();
    manifest.put("entry", names.join(","));
    manifest.put("cpu", cpu);
    manifest.put("opt-level", opt_level_name(settings.opt_level));
    manifest.put("memory-strategy", memory_strategy_name(settings.memory_strategy));
    manifest
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

#[cfg(test)]
mod tests {
    use super::{read, text_position};
    use crate::Error;

    #[test]
    fn text_errors_say_line_and_column() {
        let Err(Error::Text { position, .. }) = read(b"(module\n  (func i32.ad))") else {
            panic!("no error");
        };
        assert_eq!(position, Some((2, 9)));
        let Err(Error::Text { position, .. }) = read(b"(module\n \xff)") else {
            panic!("no error");
        };
        assert_eq!(position, Some((2, 2)));
        assert_eq!(text_position("no place"), None);
    }

    #[test]
    fn text_may_begin_with_a_byte_order_mark() {
        assert!(read("\u{feff}(module)".as_bytes()).is_ok());
    }
}
