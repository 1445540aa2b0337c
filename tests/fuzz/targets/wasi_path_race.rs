//! Any bytes as host calls on files while directories and links are swapped: no canary touched.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wasm2native_tests::wasi_path::race(bytes));
