//! Which proposals are accepted, and which of them a module was built for.

use wasmparser::WasmFeatures;

/// What is accepted: every feature of WebAssembly 2.0.
pub const SUPPORTED: WasmFeatures = WasmFeatures::WASM2;

/// The names of the features in `features` beyond WebAssembly 1.0, as proposals call themselves.
pub fn describe_features(features: WasmFeatures) -> Vec<&'static str> {
    const NAMES: [(WasmFeatures, &str); 6] = [
        (WasmFeatures::SIGN_EXTENSION, "sign-extension"),
        (WasmFeatures::SATURATING_FLOAT_TO_INT, "nontrapping-fptoint"),
        (WasmFeatures::BULK_MEMORY, "bulk-memory"),
        (WasmFeatures::REFERENCE_TYPES, "reference-types"),
        (WasmFeatures::MULTI_VALUE, "multivalue"),
        (WasmFeatures::SIMD, "simd128"),
    ];
    NAMES.iter().filter(|(flag, _)| features.contains(*flag)).map(|(_, name)| *name).collect()
}
