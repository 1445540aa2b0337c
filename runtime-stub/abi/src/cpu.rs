//! Processor features that compiled code may rely on, as bits of
//! [`crate::program::ProgramHeader::cpu_features`]. The stub checks them before anything else runs, so
//! that an old processor is told so and never meets an unknown instruction.

/// A processor feature of one architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuFeature {
    /// The name as LLVM, Rust and Cranelift users know it, for messages.
    pub name: &'static str,
    /// Its bit, unique within its architecture.
    pub bit: u32,
}

/// x86-64: in the order of the bits. Through `popcnt` they make up `x86-64-v2`, through `lzcnt`
/// `x86-64-v3`.
pub const X86_64: [CpuFeature; 12] = [
    CpuFeature { name: "sse3", bit: 1 << 0 },
    CpuFeature { name: "ssse3", bit: 1 << 1 },
    CpuFeature { name: "sse4.1", bit: 1 << 2 },
    CpuFeature { name: "sse4.2", bit: 1 << 3 },
    CpuFeature { name: "cmpxchg16b", bit: 1 << 4 },
    CpuFeature { name: "popcnt", bit: 1 << 5 },
    CpuFeature { name: "avx", bit: 1 << 6 },
    CpuFeature { name: "avx2", bit: 1 << 7 },
    CpuFeature { name: "fma", bit: 1 << 8 },
    CpuFeature { name: "bmi1", bit: 1 << 9 },
    CpuFeature { name: "bmi2", bit: 1 << 10 },
    CpuFeature { name: "lzcnt", bit: 1 << 11 },
];

/// AArch64, beyond `armv8-a`.
pub const AARCH64: [CpuFeature; 2] =
    [CpuFeature { name: "lse", bit: 1 << 0 }, CpuFeature { name: "fp16", bit: 1 << 1 }];

/// RISC-V, beyond `rv64gc`.
pub const RISCV64: [CpuFeature; 5] = [
    CpuFeature { name: "v", bit: 1 << 0 },
    CpuFeature { name: "zba", bit: 1 << 1 },
    CpuFeature { name: "zbb", bit: 1 << 2 },
    CpuFeature { name: "zbs", bit: 1 << 3 },
    CpuFeature { name: "zicond", bit: 1 << 4 },
];

/// IBM Z, beyond `z14`.
pub const S390X: [CpuFeature; 1] = [CpuFeature { name: "mie2", bit: 1 << 0 }];
