//! The phases of a build in order, one call each: recognise, parse, resolve imports, choose entry
//! points; compile, once for each architecture; link, once for each target.
//!
//! Invariants: a phase sees only what the phases before it made; one architecture's object at a time is
//! in memory. Nothing here touches a file.

use crate::builder::Settings;
use crate::compiled::{Compiled, Facts, Source};
use crate::group::{self, Group};
use crate::limit::Needs;
use crate::observer::{Functions, Observer, Phase};
use crate::path::PathRules;
use crate::policy::{self, Reach};
use crate::recognise::{self, Kind, PREFIX_BYTES};
use crate::{Error, Target, entry, feature, import, inspect, language, warning};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;
use wasm2native_abi::wasi;
use wasm2native_codegen::{Entry, Instance, Program};
use wasm2native_wasm::{Entity, Module};

/// A text that shows a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Cranelift's intermediate language, before optimisation.
    Clif,
    /// Disassembled machine code.
    Assembly,
}

/// All phases but linking, once for each architecture of the settings' targets; `each` gets what was
/// compiled before the next architecture begins. The input is dropped when it is no longer needed.
pub(crate) fn compile_each<E: From<Error>>(
    input: Cow<'_, [u8]>,
    settings: &Settings,
    observer: &dyn Observer,
    mut each: impl FnMut(Compiled) -> Result<(), E>,
) -> Result<(), E> {
    observer.phase(Phase::Parse);
    let mut groups = group::by_architecture(settings)?;
    settings.policy.check()?;
    let targets = settings.targets()?;
    settings.policy.check_wall(&targets)?;

    let digest = Sha256::digest(&input);
    let input_bytes = input.len() as u64;
    let wasm = read(input)?;
    let module = Module::parse(&wasm).map_err(Error::Invalid)?;
    let imports = import::resolve(&module)?;
    let host_calls = import::host_calls(&imports);
    let reach = Reach::of(host_calls);
    let policy = match &settings.recorded_policy {
        Some(recorded) => {
            policy::derive_again(recorded, host_calls).unwrap_or_else(|_| recorded.clone())
        }
        None => settings.policy.encode(host_calls),
    };
    let entries = entry::choose(&module, settings.invoke.as_deref())?;
    settings.policy.limits.check(Needs {
        memory_bytes: memory_minimum_bytes(&module),
        table_elements: table_minimum(&module),
        files: settings.policy.least_files(reach),
    })?;
    let features = feature::used(&module);
    group::provide(&mut groups, &features)?;
    let facts = Facts {
        input_bytes,
        input_sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        language: language::language(&module),
        wasi: module.imports.iter().any(|import| wasi::is_module(import.module)),
        features,
        functions: module.functions.len(),
        warnings: warning::warnings(&settings.policy, reach, &PathRules::of_all(&targets)),
        entries: entries.iter().map(|entry| entry.export_name.clone()).collect(),
    };
    let source = Arc::new(Source { facts, policy, settings: settings.clone() });

    let program = program(&module, imports, entries);
    let compile = |position: usize, group: &Group| {
        observer.architecture(group.options.architecture.name(), position, groups.len());
        observer.phase(Phase::Compile);
        let object = wasm2native_codegen::compile(&program, &group.options, &Functions(observer));
        let object = object.map_err(|error| group.refuse(error))?;
        Ok::<_, Error>(Compiled::new(group, object.bytes, Arc::clone(&source)))
    };
    let Some((last, others)) = groups.split_last() else { return Ok(()) };
    for (position, group) in others.iter().enumerate() {
        each(compile(position, group)?)?;
    }
    let compiled = compile(others.len(), last)?;
    drop(program);
    drop(module);
    drop(wasm);
    each(compiled)
}

/// As [`compile_each`], but each architecture ends in text.
pub(crate) fn list_each<E: From<Error>>(
    input: &[u8],
    settings: &Settings,
    listing: Listing,
    mut each: impl FnMut(&[Target], &str) -> Result<(), E>,
) -> Result<(), E> {
    let mut groups = group::by_architecture(settings)?;
    let wasm = read(Cow::Borrowed(input))?;
    let module = Module::parse(&wasm).map_err(Error::Invalid)?;
    let imports = import::resolve(&module)?;
    let entries = entry::choose(&module, settings.invoke.as_deref())?;
    group::provide(&mut groups, &feature::used(&module))?;
    let program = program(&module, imports, entries);
    for group in &groups {
        let text = match listing {
            Listing::Clif => wasm2native_codegen::emit_clif(&program, &group.options),
            Listing::Assembly => wasm2native_codegen::emit_asm(&program, &group.options),
        };
        each(&group.targets, &text.map_err(|error| group.refuse(error))?)?;
    }
    Ok(())
}

/// The input as a core module's bytes.
pub(crate) fn read(input: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>, Error> {
    match recognise::recognise(&input[..input.len().min(PREFIX_BYTES)]) {
        Kind::Module => Ok(input),
        Kind::Component => Err(Error::Component),
        Kind::Empty => Err(Error::Empty),
        Kind::Executable | Kind::Other(_) if inspect::is_damaged_executable(&input) => {
            Err(Error::Damaged)
        }
        Kind::Executable => Err(Error::Executable { ours: inspect::is_our_executable(&input) }),
        Kind::Other(other) => Err(Error::NotWasm(other)),
        Kind::Text => read_text(&input).map(Cow::Owned),
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

/// What the module's largest table needs from the start.
fn table_minimum(module: &Module<'_>) -> u64 {
    module.tables.iter().map(|table| table.table_type.initial).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::text_position;
    use crate::Error;
    use std::borrow::Cow;

    fn read(input: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
        super::read(Cow::Borrowed(input))
    }

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
