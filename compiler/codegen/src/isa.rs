//! Architecture, processor level and optimisation level to a configured Cranelift back end.
//!
//! Invariant: the same options give the same back end on every host; nothing is detected.

use crate::{Error, OptLevel, Options};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use wasm2native_abi::cpu::{self, CpuFeature};
use wasm2native_targets::Architecture;

/// A back end, and which processor features its code relies on.
pub(crate) struct Isa {
    /// The back end.
    pub(crate) target: OwnedTargetIsa,
    /// See [`wasm2native_abi::program::ProgramHeader::cpu_features`].
    pub(crate) cpu_features: u32,
    /// Whether there are registers of 128 bits.
    pub(crate) has_vectors: bool,
}

impl std::fmt::Debug for Isa {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:#x}", self.target.name(), self.cpu_features)
    }
}

/// The features of an architecture with Cranelift's name of each; none for what Cranelift never goes
/// without. RISC-V's `v` brings registers of 128 bits or more.
fn features(architecture: Architecture) -> Vec<(CpuFeature, Option<&'static str>)> {
    let (features, settings): (&[CpuFeature], &[Option<&str>]) = match architecture {
        Architecture::X86_64 => (&cpu::X86_64, &X86_64_SETTINGS.map(Some)),
        Architecture::Aarch64 => (&cpu::AARCH64, &AARCH64_SETTINGS.map(Some)),
        Architecture::Riscv64 => (&cpu::RISCV64, &RISCV64_SETTINGS.map(Some)),
        Architecture::S390x => (&cpu::S390X, &S390X_SETTINGS),
    };
    features.iter().copied().zip(settings.iter().copied()).collect()
}

/// Cranelift's names of the features of [`cpu::X86_64`], in its order.
const X86_64_SETTINGS: [&str; cpu::X86_64.len()] = [
    "has_sse3",
    "has_ssse3",
    "has_sse41",
    "has_sse42",
    "has_cmpxchg16b",
    "has_popcnt",
    "has_avx",
    "has_avx2",
    "has_fma",
    "has_bmi1",
    "has_bmi2",
    "has_lzcnt",
    "has_avx512f",
    "has_avx512dq",
    "has_avx512vl",
    "has_avx512bitalg",
    "has_avx512vbmi",
    "has_avx512vnni",
    "has_avx_vnni",
];

/// As above, of [`cpu::AARCH64`].
const AARCH64_SETTINGS: [&str; cpu::AARCH64.len()] =
    ["has_lse", "has_fp16", "has_dotprod", "has_i8mm"];

/// As above, of [`cpu::RISCV64`].
const RISCV64_SETTINGS: [&str; cpu::RISCV64.len()] = [
    "has_v",
    "has_zba",
    "has_zbb",
    "has_zbs",
    "has_zicond",
    "has_zvbb",
    "has_zfa",
    "has_zcb",
    "has_zbc",
    "has_zbkb",
];

/// As above, of [`cpu::S390X`].
const S390X_SETTINGS: [Option<&str>; cpu::S390X.len()] = [
    None,
    None,
    None,
    Some("has_vxrs_ext2"),
    Some("has_mie3"),
    Some("has_vxrs_ext3"),
    Some("has_mie4"),
];

/// What the first level of RISC-V has beyond Cranelift's own minimum, `rv64g`: short instructions, which
/// make code 23 % smaller.
const RV64GC_SETTINGS: [&str; 2] = ["has_zca", "has_zcd"];

/// What vectors cannot do without on x86-64 (shuffles by SSSE3, everything else by SSE4.1).
const X86_64_REQUIRED: [&str; 3] = ["sse3", "ssse3", "sse4.1"];

impl Isa {
    /// Configures the back end.
    ///
    /// # Errors
    /// [`Error::MissingCpuFeature`].
    pub(crate) fn new(options: &Options) -> Result<Self, Error> {
        let mut flags = settings::builder();
        let opt_level = match options.opt_level {
            OptLevel::None => "none",
            OptLevel::Speed => "speed",
            OptLevel::SpeedAndSize => "speed_and_size",
        };
        set(&mut flags, "opt_level", opt_level);
        // Everything is reached at a distance that the linker knows. Asked for position-independent
        // code, Cranelift would go through a global offset table on x86-64.
        set(&mut flags, "is_pic", "false");
        set(&mut flags, "preserve_frame_pointers", "true");
        set(&mut flags, "unwind_info", "false");
        set(&mut flags, "machine_code_cfg_info", "false");
        set(&mut flags, "enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" });
        set(&mut flags, "regalloc_checker", "false");
        // Larger frames touch themselves page by page before anything else. Windows moves its guard, a
        // single page, when it is touched; elsewhere larger steps would do, but the code is the same.
        set(&mut flags, "enable_probestack", "true");
        set(&mut flags, "probestack_strategy", "inline");
        set(&mut flags, "probestack_size_log2", "12");
        let mut builder = isa::lookup_by_name(triple(options.architecture))
            .expect("the back end of every architecture is compiled in");
        if options.architecture == Architecture::X86_64 {
            let missing = X86_64_REQUIRED.into_iter().find(|feature| !options.cpu.has(feature));
            if let Some(feature) = missing {
                return Err(Error::MissingCpuFeature { feature });
            }
        }
        if options.architecture == Architecture::Riscv64 {
            RV64GC_SETTINGS.into_iter().for_each(|setting| set(&mut builder, setting, "true"));
        }
        let mut cpu_features = 0;
        for (feature, setting) in features(options.architecture) {
            let present = options.cpu.has(feature.name);
            if let Some(setting) = setting {
                set(&mut builder, setting, if present { "true" } else { "false" });
            }
            if present {
                cpu_features |= feature.bit;
            }
        }
        let target = builder
            .finish(settings::Flags::new(flags))
            .expect("these settings are consistent for every architecture");
        Ok(Self { target, cpu_features, has_vectors: options.cpu.has_vectors() })
    }
}

fn set(builder: &mut impl Configurable, name: &str, value: &str) {
    builder.set(name, value).expect("this version of Cranelift has the setting");
}

/// The triple whose conventions compiled code follows: ELF and System V, on every system.
fn triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
        Architecture::Aarch64 => "aarch64-unknown-linux-gnu",
        Architecture::Riscv64 => "riscv64gc-unknown-linux-gnu",
        Architecture::S390x => "s390x-unknown-linux-gnu",
    }
}

#[cfg(test)]
mod tests {
    use super::features;
    use std::collections::BTreeSet;
    use wasm2native_targets::Architecture;

    #[test]
    fn every_feature_that_can_be_asked_for_is_known_here_and_to_the_stub() {
        for architecture in Architecture::ALL {
            let known = features(architecture);
            let names: BTreeSet<_> = known.iter().map(|(feature, _)| feature.name).collect();
            assert_eq!(names, wasm2native_targets::features(architecture).collect());
            let bits = known.iter().fold(0, |bits, (feature, _)| bits | feature.bit);
            assert_eq!(bits.count_ones() as usize, known.len(), "{architecture:?}");
            let required = known.iter().filter(|(feature, _)| feature.is_required);
            let required: Vec<_> = required.map(|(feature, _)| feature.name).collect();
            assert_eq!(required, wasm2native_targets::levels(architecture)[0].adds);
        }
    }
}
