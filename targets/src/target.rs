//! Targets: an architecture and a system, as the files under `targets/` describe them.

use crate::{Architecture, Format, System};
use std::sync::LazyLock;

include!(concat!(env!("OUT_DIR"), "/stubs.rs"));

/// The files of one target, embedded by the build script.
pub(crate) struct Embedded {
    description: &'static str,
    /// The stub, compressed, and the SHA-256 of what it decompresses to.
    pub(crate) stub: Option<(&'static [u8], [u8; 32])>,
    /// As `stub`, of the variant that runs a script.
    #[cfg(feature = "wast")]
    pub(crate) wast_stub: Option<(&'static [u8], [u8; 32])>,
    /// As `stub`, of the variant with a planted hole, which few targets have.
    #[cfg(feature = "hole")]
    pub(crate) hole_stub: Option<(&'static [u8], [u8; 32])>,
}

/// What executables are made for. Read from `<name>/target.toml`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Target {
    /// The short name, such as `x86_64-linux`.
    pub name: String,
    /// The triple that the stub is built for.
    pub triple: String,
    /// The processor architecture.
    pub architecture: Architecture,
    /// The operating system.
    pub system: System,
    /// 1: every test runs on it; 2: its structure is checked.
    pub tier: u8,
    /// The oldest system that runs its executables, in words.
    pub minimum_system: String,
    /// The default processor level.
    pub cpu: String,
    /// The largest page size in bytes of the system on this architecture.
    pub page_bytes: u64,
    /// How tests run its executables.
    pub runner: Runner,
    /// What may become of the stub's size, and what was recorded when it was built.
    pub stub: StubRecord,
    /// Where its files stand in the embedded table.
    #[serde(skip)]
    pub(crate) position: usize,
}

/// How tests run the executables of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Runner {
    /// Directly, on a host of the same kind.
    Native,
    /// By the user-mode emulator of the architecture.
    Qemu,
    /// By Wine.
    Wine,
    /// By the tests' own loader for the system's executables, on Linux.
    Loader,
    /// Not at all: only their structure is checked.
    None,
}

impl Runner {
    /// How, as a phrase.
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Native => "directly, on such a machine",
            Self::Qemu => "under the emulator qemu-user",
            Self::Wine => "under Wine",
            Self::Loader => {
                "under a loader of the tests, on Linux, and by the structure of executables"
            }
            Self::None => "by the structure of executables only",
        }
    }
}

/// What is known of a prebuilt stub. All but the budget is written by `cargo xtask stub`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StubRecord {
    /// What the uncompressed stub's size in bytes may not pass.
    pub budget_bytes: u64,
    /// Size in bytes of the uncompressed stub.
    #[serde(default)]
    pub size_bytes: u64,
    /// SHA-256 of the uncompressed stub, hexadecimal; empty when none is recorded.
    #[serde(default)]
    pub sha256: String,
    /// SHA-256 of the uncompressed test variant, hexadecimal.
    #[serde(default)]
    pub wast_sha256: String,
    /// SHA-256 of the uncompressed variant with a planted hole, hexadecimal; empty when there is none.
    #[serde(default)]
    pub hole_sha256: String,
    /// SHA-256 over the stub's sources, hexadecimal.
    #[serde(default)]
    pub sources_sha256: String,
    /// The toolchain that built it, in words.
    #[serde(default)]
    pub toolchain: String,
}

impl Target {
    /// The format of its executables.
    pub fn format(&self) -> Format {
        self.system.format()
    }

    /// What names of executables end with.
    pub fn executable_suffix(&self) -> &'static str {
        self.system.executable_suffix()
    }
}

static ALL: LazyLock<Vec<Target>> = LazyLock::new(|| {
    let describe = |(position, embedded): (usize, &Embedded)| {
        let mut target: Target = toml::from_str(embedded.description)
            .unwrap_or_else(|error| panic!("the description of a target is malformed: {error}"));
        target.position = position;
        target
    };
    EMBEDDED.iter().enumerate().map(describe).collect()
});

/// All targets.
///
/// # Panics
/// When a description that was compiled in is malformed, which a test excludes.
pub fn all() -> &'static [Target] {
    &ALL
}

/// The target that this program itself runs on, if it is one.
pub fn host() -> Option<&'static Target> {
    crate::parse(&target_lexicon::HOST.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_well_formed_and_named_after_architecture_and_system() {
        for target in all() {
            let expected = format!("{}-{}", target.architecture.name(), target.system.name());
            assert_eq!(target.name, expected);
            assert!(target.page_bytes.is_power_of_two());
            assert!(crate::CpuLevel::parse(target.architecture, &target.cpu).is_ok());
        }
    }
}
