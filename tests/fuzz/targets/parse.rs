//! Any bytes to the front end: an error or a module, never a panic.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| wasm2native_tests::oracle::parse(bytes));
