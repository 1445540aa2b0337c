//! Processor features that compiled code may rely on, as bits of
//! [`crate::program::ProgramHeader::cpu_features`]. The stub checks them before anything else runs, so
//! that an old processor is told so and never meets an unknown instruction.
//!
//! Invariant: a feature that is not here is never used by compiled code. What the stub itself cannot do
//! without (`armv8-a`, `rv64gc`) is not here: it would not get as far as checking it.

/// A processor feature of one architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeature {
    /// The name as LLVM, Rust and Cranelift users know it, for messages.
    pub name: &'static str,
    /// Its bit, unique within its architecture.
    pub bit: u32,
    /// Whether all compiled code of the architecture uses it.
    pub is_required: bool,
}

/// Features by ascending bits, of which the first ones are required.
const fn number<const COUNT: usize>(
    required: usize,
    names: [&'static str; COUNT],
) -> [CpuFeature; COUNT] {
    let mut features = [CpuFeature { name: "", bit: 0, is_required: false }; COUNT];
    let mut position = 0;
    while position < COUNT {
        let (name, is_required) = (names[position], position < required);
        features[position] = CpuFeature { name, bit: 1 << position, is_required };
        position += 1;
    }
    features
}

/// x86-64. Through `popcnt` they make up `x86-64-v2`, through `lzcnt` `x86-64-v3`, through `avx512vl`
/// `x86-64-v4` as far as compiled code uses it.
pub const X86_64: [CpuFeature; 19] = number(
    6,
    [
        "sse3",
        "ssse3",
        "sse4.1",
        "sse4.2",
        "cmpxchg16b",
        "popcnt",
        "avx",
        "avx2",
        "fma",
        "bmi1",
        "bmi2",
        "lzcnt",
        "avx512f",
        "avx512dq",
        "avx512vl",
        "avx512bitalg",
        "avx512vbmi",
        "avx512vnni",
        "avxvnni",
    ],
);

/// AArch64, beyond `armv8-a`.
pub const AARCH64: [CpuFeature; 4] = number(0, ["lse", "fp16", "dotprod", "i8mm"]);

/// RISC-V, beyond `rv64gc`.
pub const RISCV64: [CpuFeature; 10] =
    number(0, ["v", "zba", "zbb", "zbs", "zicond", "zvbb", "zfa", "zcb", "zbc", "zbkb"]);

/// IBM Z. The first three make up `z14` as far as compiled code uses it.
pub const S390X: [CpuFeature; 7] = number(
    3,
    [
        "vector",
        "vector-enhancements-1",
        "miscellaneous-extensions-2",
        "vector-enhancements-2",
        "miscellaneous-extensions-3",
        "vector-enhancements-3",
        "miscellaneous-extensions-4",
    ],
);
