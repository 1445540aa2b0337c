//! Processor architectures: what code generation depends on. One architecture serves several targets.

/// A processor architecture that code is generated for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// 64-bit x86.
    #[serde(rename = "x86_64")]
    X86_64,
    /// 64-bit Arm, little-endian.
    Aarch64,
    /// 64-bit RISC-V with the G and C extensions.
    Riscv64,
    /// 64-bit IBM Z, big-endian.
    S390x,
}

impl Architecture {
    /// Every architecture.
    pub const ALL: [Self; 4] = [Self::X86_64, Self::Aarch64, Self::Riscv64, Self::S390x];

    /// The architecture of the machine that this program runs on, if code can be generated for it.
    pub fn host() -> Option<Self> {
        Self::ALL.into_iter().find(|architecture| architecture.name() == std::env::consts::ARCH)
    }

    /// The name that target names begin with.
    pub fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
            Self::Riscv64 => "riscv64",
            Self::S390x => "s390x",
        }
    }

    /// Whether multi-byte values in registers and native structures are most significant byte first.
    pub fn is_big_endian(self) -> bool {
        self == Self::S390x
    }

    /// The processor feature without which there are no 128-bit vectors, on an architecture whose first
    /// processors had none.
    pub fn vector_feature(self) -> Option<&'static str> {
        (self == Self::Riscv64).then_some("v")
    }
}
