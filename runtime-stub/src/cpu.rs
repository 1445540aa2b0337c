//! Compares the processor with what the program's code needs, so that an old one is told so and never
//! meets an unknown instruction.

use crate::program::Program;
use crate::report;
use wasm2native_abi::cpu::CpuFeature;

/// Ends the process with status 125 when a feature is missing.
pub(crate) fn check(program: Program) {
    let needed = program.cpu_features();
    if needed == 0 {
        return;
    }
    let missing = needed & !present(needed);
    if missing == 0 {
        return;
    }
    let name = FEATURES.iter().find(|feature| missing & feature.bit != 0);
    report::refuse(&[
        "this processor lacks `",
        name.map_or("unknown", |feature| feature.name),
        "`, which this program was built to use; build it with a lower `--cpu`",
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

/// Which of the `needed` features this processor has, as the bits of the shared ABI. Source: Intel's
/// and AMD's manuals, `CPUID`.
///
/// Under a hypervisor each `CPUID` costs several microseconds, so only leaves that matter are read.
#[cfg(target_arch = "x86_64")]
fn present(needed: u32) -> u32 {
    use std::arch::x86_64::{__cpuid, __cpuid_count};

    /// Where a feature is announced: leaf (of which one register matters) and bit; and whether the system
    /// must save the wide registers for it.
    const PLACES: [(&str, u32, u32, bool); 12] = [
        ("sse3", 1, 0, false),
        ("ssse3", 1, 9, false),
        ("sse4.1", 1, 19, false),
        ("sse4.2", 1, 20, false),
        ("cmpxchg16b", 1, 13, false),
        ("popcnt", 1, 23, false),
        ("avx", 1, 28, true),
        ("avx2", 7, 5, true),
        ("fma", 1, 12, true),
        ("bmi1", 7, 3, false),
        ("bmi2", 7, 8, false),
        ("lzcnt", 0x8000_0001, 5, false),
    ];
    let first = __cpuid(1).ecx;
    // `OSXSAVE` says that the system's own settings can be asked for.
    // SAFETY: it is asked for only then.
    let wide = first & 1 << 27 != 0 && unsafe { enabled_state() } & 6 == 6;
    let (mut seventh, mut extended) = (None, None);
    let mut bits = 0;
    for (name, leaf, bit, needs_wide) in PLACES {
        let Some(feature) = FEATURES.iter().find(|feature| feature.name == name) else { continue };
        if needed & feature.bit == 0 {
            continue;
        }
        let word = match leaf {
            1 => first,
            7 => *seventh.get_or_insert_with(|| {
                if __cpuid(0).eax >= 7 { __cpuid_count(7, 0).ebx } else { 0 }
            }),
            _ => *extended.get_or_insert_with(|| __cpuid(0x8000_0001).ecx),
        };
        if word & 1 << bit != 0 && (wide || !needs_wide) {
            bits |= feature.bit;
        }
    }
    bits
}

/// The register state that the system saves (`XCR0`).
///
/// # Safety
/// - The processor announces `OSXSAVE`.
#[cfg(target_arch = "x86_64")]
unsafe fn enabled_state() -> u64 {
    let (low, high): (u32, u32);
    // SAFETY: by the caller's promise; the instruction reads a control register.
    unsafe {
        std::arch::asm!("xgetbv", in("ecx") 0, out("eax") low, out("edx") high, options(nomem, nostack));
    }
    u64::from(high) << 32 | u64::from(low)
}

/// Which of the `needed` features this processor has, as the bits of the shared ABI: what the system
/// tells every process. Source: Microsoft, `IsProcessorFeaturePresent`.
#[cfg(all(windows, target_arch = "aarch64"))]
fn present(needed: u32) -> u32 {
    use windows_sys::Win32::System::Threading::{
        IsProcessorFeaturePresent, PF_ARM_V81_ATOMIC_INSTRUCTIONS_AVAILABLE,
    };

    /// `PF_ARM_V82_FP16_INSTRUCTIONS_AVAILABLE`; older systems know no such number, and say no.
    const FP16: u32 = 67;
    let places = [("lse", PF_ARM_V81_ATOMIC_INSTRUCTIONS_AVAILABLE), ("fp16", FP16)];
    let mut bits = 0;
    for feature in FEATURES {
        let place = places.iter().find(|(name, _)| *name == feature.name);
        // SAFETY: the call takes any number.
        if place.is_some_and(|(_, number)| unsafe { IsProcessorFeaturePresent(*number) } != 0) {
            bits |= feature.bit;
        }
    }
    bits & needed
}

/// Which of the `needed` features this processor has, as the bits of the shared ABI: what the kernel
/// tells every process. Source: Linux, `arch/*/include/uapi/asm/hwcap.h`.
#[cfg(all(unix, not(target_arch = "x86_64")))]
fn present(needed: u32) -> u32 {
    // SAFETY: the call has no preconditions.
    let announced = unsafe { libc::getauxval(libc::AT_HWCAP) };
    #[cfg(target_arch = "aarch64")]
    let places: &[(&str, u32)] = &[("lse", 8), ("fp16", 9)];
    #[cfg(target_arch = "riscv64")]
    let places: &[(&str, u32)] = &[("v", 21)];
    #[cfg(target_arch = "s390x")]
    let places: &[(&str, u32)] = &[("mie2", 15)];
    let mut bits = 0;
    for feature in FEATURES {
        let place = places.iter().find(|(name, _)| *name == feature.name);
        if place.is_some_and(|(_, bit)| announced & 1 << bit != 0) {
            bits |= feature.bit;
        }
    }
    bits & needed
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    #[test]
    fn what_is_found_agrees_with_the_standard_library() {
        let bit = |name| super::FEATURES.iter().find(|feature| feature.name == name).unwrap().bit;
        assert_eq!(super::present(u32::MAX) & bit("sse3") != 0, is_x86_feature_detected!("sse3"));
        assert_eq!(super::present(u32::MAX) & bit("avx2") != 0, is_x86_feature_detected!("avx2"));
        assert_eq!(super::present(u32::MAX) & bit("lzcnt") != 0, is_x86_feature_detected!("lzcnt"));
        assert_eq!(super::present(u32::MAX) & bit("bmi1") != 0, is_x86_feature_detected!("bmi1"));
        assert_eq!(
            super::present(u32::MAX) & bit("popcnt") != 0,
            is_x86_feature_detected!("popcnt")
        );
    }
}
