//! A module, given or made from the input, to the code generator: equal objects whatever the number of
//! threads, never a panic.
#![no_main]

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"\0asm") {
        return wasm2native_tests::oracle::compile(bytes);
    }
    // WebAssembly 2.0, closed, and small enough that an execution takes milliseconds.
    let config = Config {
        max_imports: 0,
        max_instructions: 200,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: true,
        sign_extension_ops_enabled: true,
        saturating_float_to_int_enabled: true,
        multi_value_enabled: true,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        custom_page_sizes_enabled: false,
        relaxed_simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        wide_arithmetic_enabled: false,
        extended_const_enabled: false,
        max_memories: 1,
        ..Config::default()
    };
    if let Ok(module) = Module::new(config, &mut Unstructured::new(bytes)) {
        wasm2native_tests::oracle::compile(&module.to_bytes());
    }
});
