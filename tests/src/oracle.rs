//! What must hold for any input: the oracles of the fuzz targets, which regression tests call too.

use std::num::NonZeroUsize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_codegen::{ImportTarget, Instance, OptLevel, Options, Program};
use wasm2native_targets::{Architecture, CpuLevel};
use wasm2native_wasm::{FunctionAllocations, ImportType, Module};

/// Parses and validates: whatever is wrong is an error inside the file.
///
/// # Panics
/// When an error lies outside of the file, or the front end panics.
pub fn parse(bytes: &[u8]) {
    let inside = |error: wasm2native_wasm::Error| {
        if let Some(offset) = error.wasm_offset() {
            assert!(offset <= bytes.len() as u64, "an error at {offset:#x} of {:#x}", bytes.len());
        }
    };
    let module = match Module::parse(bytes) {
        Ok(module) => module,
        Err(error) => return inside(error),
    };
    let mut allocations = FunctionAllocations::default();
    for function in &module.functions {
        match function.validate(allocations) {
            Ok(reused) => allocations = reused,
            Err(error) => return inside(error),
        }
    }
}

/// Compiles with one thread, with three, and with one again, by both memory strategies: the same bytes,
/// or the same error.
///
/// # Panics
/// When results differ, or the code generator panics.
pub fn compile(bytes: &[u8]) {
    let Ok(module) = Module::parse(bytes) else { return };
    let only_functions =
        module.imports.iter().all(|import| matches!(import.import_type, ImportType::Function(..)));
    if !only_functions {
        return;
    }
    for memory_strategy in [MemoryStrategy::Guard, MemoryStrategy::Check] {
        let [first, parallel, again] = [1, 3, 1].map(|jobs| {
            let imports = vec![ImportTarget::Trap; module.imports.len()];
            let instance = Instance { module: &module, imports, host_memory: None };
            let program = Program { instances: vec![instance], entries: Vec::new() };
            let architecture = Architecture::X86_64;
            let options = Options {
                architecture,
                cpu: CpuLevel::parse(architecture, "baseline").expect("there is a baseline"),
                opt_level: OptLevel::Speed,
                jobs: NonZeroUsize::new(jobs),
                memory_strategy,
                names: true,
            };
            wasm2native_codegen::compile(&program, &options, &())
                .map(|object| object.bytes)
                .map_err(|error| error.to_string())
        });
        assert!(first == parallel, "three threads give something else than one");
        assert!(first == again, "the second time gives something else than the first");
    }
}
