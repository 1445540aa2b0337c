//! Any bytes as host calls on files, by both ways to walk a path: what the model says, and no canary touched.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wasm2native_tests::wasi_path::sequence(bytes));
