//! Processor levels: which features beyond an architecture's first processors code may use.
//!
//! Feature names are those of the shared ABI, which the stub checks at start-up. Sources: the x86-64
//! psABI's micro-architecture levels; Arm's and RISC-V's own names.

use crate::Architecture;

/// A set of processor features of one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuLevel {
    architecture: Architecture,
    name: String,
    features: Vec<&'static str>,
}

/// A processor level or feature that the architecture does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{architecture} has no processor level or feature `{name}` (known: {known})")]
pub struct UnknownCpu {
    /// What was asked for.
    pub name: String,
    /// The architecture's name.
    pub architecture: &'static str,
    /// What there is, separated by commas.
    pub known: String,
}

/// The levels of an architecture, each with the features that it adds to the one before; the first is
/// the default.
fn levels(architecture: Architecture) -> &'static [(&'static str, &'static [&'static str])] {
    match architecture {
        Architecture::X86_64 => &[
            ("x86-64-v2", &["sse3", "ssse3", "sse4.1", "sse4.2", "cmpxchg16b", "popcnt"]),
            ("x86-64-v3", &["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"]),
        ],
        Architecture::Aarch64 => &[("armv8-a", &[]), ("armv8.2-a", &["lse", "fp16"])],
        Architecture::Riscv64 => {
            &[("rv64gc", &[]), ("rva22", &["zba", "zbb", "zbs"]), ("rva23", &["v", "zicond"])]
        }
        Architecture::S390x => &[("z14", &[]), ("z15", &["mie2"])],
    }
}

impl CpuLevel {
    /// The architecture's default level.
    pub fn baseline(architecture: Architecture) -> Self {
        let (name, features) = levels(architecture)[0];
        Self { architecture, name: name.to_owned(), features: features.to_vec() }
    }

    /// Reads `baseline`, `native`, a level's name, or a list such as `x86-64-v2,+avx2,-popcnt`.
    ///
    /// # Errors
    /// When the architecture has no such level or feature, a feature of the baseline is taken away, or
    /// `native` is asked for on another architecture.
    pub fn parse(architecture: Architecture, text: &str) -> Result<Self, UnknownCpu> {
        let mut level = Self::baseline(architecture);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            if let Some(name) = part.strip_prefix('+') {
                level.add(
                    known_feature(architecture, name).ok_or_else(|| unknown(architecture, part))?,
                );
            } else if let Some(name) = part.strip_prefix('-') {
                let feature =
                    known_feature(architecture, name).ok_or_else(|| unknown(architecture, part))?;
                if Self::baseline(architecture).features.contains(&feature) {
                    return Err(unknown(architecture, part));
                }
                level.features.retain(|&other| other != feature);
            } else if part == "native" {
                let present = detected(architecture).ok_or_else(|| unknown(architecture, part))?;
                present.iter().for_each(|&feature| level.add(feature));
            } else if part != "baseline" {
                let position = levels(architecture)
                    .iter()
                    .position(|(name, _)| *name == part)
                    .ok_or_else(|| unknown(architecture, part))?;
                for (_, features) in &levels(architecture)[..=position] {
                    features.iter().for_each(|&feature| level.add(feature));
                }
            }
        }
        if !text.trim().is_empty() && text.trim() != "baseline" {
            text.trim().clone_into(&mut level.name);
        }
        Ok(level)
    }

    fn add(&mut self, feature: &'static str) {
        if !self.features.contains(&feature) {
            self.features.push(feature);
        }
    }

    /// The architecture that the level is one of.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// What the user called it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The features, by the shared ABI's names, each once.
    pub fn features(&self) -> &[&'static str] {
        &self.features
    }
}

/// The features of this machine's processor, when it is of the architecture.
#[cfg(target_arch = "x86_64")]
fn detected(architecture: Architecture) -> Option<Vec<&'static str>> {
    macro_rules! present {
        ($($name:tt)*) => {
            [$(($name, std::is_x86_feature_detected!($name))),*]
        };
    }
    (architecture == Architecture::X86_64).then(|| {
        present!["sse3" "ssse3" "sse4.1" "sse4.2" "cmpxchg16b" "popcnt" "avx" "avx2" "fma" "bmi1"
            "bmi2" "lzcnt"]
        .into_iter()
        .filter_map(|(name, present)| present.then_some(name))
        .collect()
    })
}

/// The features of this machine's processor, when it is of the architecture: nothing beyond the
/// baseline is certain here.
#[cfg(not(target_arch = "x86_64"))]
fn detected(architecture: Architecture) -> Option<Vec<&'static str>> {
    (architecture.name() == std::env::consts::ARCH).then(Vec::new)
}

fn known_feature(architecture: Architecture, name: &str) -> Option<&'static str> {
    levels(architecture)
        .iter()
        .flat_map(|(_, features)| features.iter())
        .copied()
        .find(|&f| f == name)
}

fn unknown(architecture: Architecture, name: &str) -> UnknownCpu {
    let mut known = vec!["baseline", "native on such a machine"];
    for (level, features) in levels(architecture) {
        known.push(level);
        known.extend_from_slice(features);
    }
    UnknownCpu { name: name.to_owned(), architecture: architecture.name(), known: known.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_include_the_ones_before() {
        let level = CpuLevel::parse(Architecture::X86_64, "x86-64-v3").unwrap();
        assert!(level.features().contains(&"sse3") && level.features().contains(&"avx2"));
    }

    #[test]
    fn single_features_are_added_and_taken_away() {
        let level = CpuLevel::parse(Architecture::X86_64, "x86-64-v3,-avx2").unwrap();
        assert!(level.features().contains(&"avx") && !level.features().contains(&"avx2"));
        assert!(CpuLevel::parse(Architecture::X86_64, "-sse3").is_err());
        assert!(CpuLevel::parse(Architecture::X86_64, "pentium").is_err());
    }
}
