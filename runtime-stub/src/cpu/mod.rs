//! Compares the processor with what the program's code needs, so that an old one is told so and never
//! meets an unknown instruction.
//!
//! How a feature is found out differs between architectures, and on AArch64, where programs may not ask
//! the processor, between systems: each has its file with a `present`. Invariant: what cannot be found
//! out is absent.

#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
#[cfg_attr(all(target_arch = "aarch64", target_os = "linux"), path = "aarch64_linux.rs")]
#[cfg_attr(all(target_arch = "aarch64", target_os = "freebsd"), path = "aarch64_freebsd.rs")]
#[cfg_attr(all(target_arch = "aarch64", target_os = "macos"), path = "aarch64_macos.rs")]
#[cfg_attr(all(target_arch = "aarch64", windows), path = "aarch64_windows.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
#[cfg_attr(target_arch = "s390x", path = "s390x.rs")]
mod current;

use crate::program::Program;
use crate::report;
use wasm2native_abi::cpu::CpuFeature;

/// Ends the process with status 125 when a feature is missing.
pub(crate) fn check(program: Program) {
    let needed = program.cpu_features();
    if needed == 0 {
        return;
    }
    let missing = needed & !current::present(needed);
    if missing == 0 {
        return;
    }
    let feature = FEATURES.iter().find(|feature| missing & feature.bit != 0);
    let remedy = match feature {
        Some(feature) if feature.is_required => "",
        _ => "; build it with a lower `--cpu`",
    };
    report::refuse(&[
        "this processor lacks `",
        feature.map_or("unknown", |feature| feature.name),
        "`, which this program was built to use",
        remedy,
    ]);
}

#[cfg(target_arch = "x86_64")]
const FEATURES: &[CpuFeature] = &wasm2native_abi::cpu::X86_64;
#[cfg(target_arch = "aarch64")]
const FEATURES: &[CpuFeature] = &wasm2native_abi::cpu::AARCH64;
#[cfg(target_arch = "riscv64")]
const FEATURES: &[CpuFeature] = &wasm2native_abi::cpu::RISCV64;
#[cfg(target_arch = "s390x")]
const FEATURES: &[CpuFeature] = &wasm2native_abi::cpu::S390X;

/// The bits of those of the `needed` features that `is_present` finds, by name.
fn select(needed: u32, mut is_present: impl FnMut(&str) -> bool) -> u32 {
    let mut bits = 0;
    for feature in FEATURES {
        if needed & feature.bit != 0 && is_present(feature.name) {
            bits |= feature.bit;
        }
    }
    bits
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{FEATURES, current};

    #[test]
    fn what_is_found_agrees_with_the_standard_library() {
        macro_rules! expected {
            ($($name:tt)*) => { [$(($name, is_x86_feature_detected!($name))),*] };
        }
        let expected = expected!["sse3" "ssse3" "sse4.1" "sse4.2" "cmpxchg16b" "popcnt" "avx" "avx2"
            "fma" "bmi1" "bmi2" "lzcnt" "avx512f" "avx512dq" "avx512vl" "avx512bitalg" "avx512vbmi"
            "avx512vnni" "avxvnni"];
        assert_eq!(expected.len(), FEATURES.len());
        for (name, is_present) in expected {
            let bit = FEATURES.iter().find(|feature| feature.name == name).unwrap().bit;
            assert_eq!(current::present(u32::MAX) & bit != 0, is_present, "{name}");
            assert_eq!(current::present(bit) != 0, is_present, "{name} alone");
        }
    }
}
