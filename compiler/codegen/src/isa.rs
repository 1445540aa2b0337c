//! Architecture, processor level and optimisation level to a configured Cranelift back end.
//!
//! Invariant: the same options give the same back end on every host; nothing is detected.

use crate::{Error, OptLevel, Options};
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use wasm2native_abi::cpu;
use wasm2native_targets::Architecture;

/// A back end, and which processor features its code relies on.
pub(crate) struct Isa {
    /// The back end.
    pub(crate) target: OwnedTargetIsa,
    /// See [`wasm2native_abi::program::ProgramHeader::cpu_features`].
    pub(crate) cpu_features: u32,
}

impl std::fmt::Debug for Isa {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} {:#x}", self.target.name(), self.cpu_features)
    }
}

/// Cranelift's names of the features of [`cpu::X86_64`], in its order.
const X86_64_SETTINGS: [&str; 12] = [
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
];

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
        let features = options.cpu.features();
        let mut cpu_features = 0;
        if options.architecture == Architecture::X86_64 {
            for required in X86_64_REQUIRED {
                if !features.contains(&required) {
                    return Err(Error::MissingCpuFeature { feature: required });
                }
            }
            for (feature, setting) in cpu::X86_64.iter().zip(X86_64_SETTINGS) {
                if features.contains(&feature.name) {
                    set(&mut builder, setting, "true");
                    cpu_features |= feature.bit;
                } else {
                    set(&mut builder, setting, "false");
                }
            }
        }
        let target = builder
            .finish(settings::Flags::new(flags))
            .expect("these settings are consistent for every architecture");
        Ok(Self { target, cpu_features })
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
