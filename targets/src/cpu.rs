//! Processor levels: which features beyond an architecture's first processors code may use.
//!
//! Feature names are those of the shared ABI, which the stub checks at start-up: all that the code
//! generator knows how to use, and no others. Sources: the x86-64 psABI's micro-architecture levels;
//! Arm's architecture reference manual, A2; RISC-V's profiles RVA22U64 and RVA23U64; IBM's Principles of
//! Operation.

use crate::{Architecture, native};

/// A set of processor features of one architecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CpuLevel {
    architecture: Architecture,
    /// Position in the architecture's levels: what the set was started from.
    level: usize,
    /// Whether a level or feature was asked for.
    named: bool,
    /// In the order of [`features`].
    features: Vec<&'static str>,
}

/// A named set of features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Its name.
    pub name: &'static str,
    /// The features that it adds to the level before it.
    pub adds: &'static [&'static str],
}

/// A processor level that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CpuError {
    /// No architecture has a level or feature of that name.
    #[error("there is no processor level or feature `{name}`")]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The level or feature is another architecture's.
    #[error("`{name}` is of {architecture}, which no target is for")]
    OtherArchitecture {
        /// What was asked for.
        name: String,
        /// The architecture that has it.
        architecture: &'static str,
    },
    /// All code of the architecture uses the feature.
    #[error("all code for {architecture} uses `{name}`, which is part of {level}")]
    Required {
        /// The feature.
        name: String,
        /// The architecture.
        architecture: &'static str,
        /// Its first level.
        level: &'static str,
    },
    /// This machine's own level is asked for, for other machines.
    #[error("`native` is the processor of this machine, whose architecture is {architecture}")]
    Foreign {
        /// This machine's architecture.
        architecture: &'static str,
    },
}

const fn level(name: &'static str, adds: &'static [&'static str]) -> Level {
    Level { name, adds }
}

const X86_64: &[Level] = &[
    level("x86-64-v2", &["sse3", "ssse3", "sse4.1", "sse4.2", "cmpxchg16b", "popcnt"]),
    level("x86-64-v3", &["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"]),
    level("x86-64-v4", &["avx512f", "avx512dq", "avx512vl"]),
];

const AARCH64: &[Level] = &[
    level("armv8-a", &[]),
    level("armv8.1-a", &["lse"]),
    level("armv8.2-a", &[]),
    level("armv8.4-a", &["dotprod"]),
    level("armv8.6-a", &["i8mm"]),
];

const RISCV64: &[Level] = &[
    level("rv64gc", &[]),
    level("rva22", &["zba", "zbb", "zbs"]),
    level("rva23", &["v", "zvbb", "zfa", "zcb", "zicond"]),
];

const S390X: &[Level] = &[
    level("z14", &["vector", "vector-enhancements-1", "miscellaneous-extensions-2"]),
    level("z15", &["vector-enhancements-2", "miscellaneous-extensions-3"]),
    level("z16", &[]),
    level("z17", &["vector-enhancements-3", "miscellaneous-extensions-4"]),
];

/// The levels of an architecture, ascending; the first is the default.
pub fn levels(architecture: Architecture) -> &'static [Level] {
    match architecture {
        Architecture::X86_64 => X86_64,
        Architecture::Aarch64 => AARCH64,
        Architecture::Riscv64 => RISCV64,
        Architecture::S390x => S390X,
    }
}

/// The features of an architecture that none of its levels includes.
pub fn single_features(architecture: Architecture) -> &'static [&'static str] {
    match architecture {
        Architecture::X86_64 => &["avx512bitalg", "avx512vbmi", "avx512vnni", "avxvnni"],
        Architecture::Aarch64 => &["fp16"],
        Architecture::Riscv64 => &["zbc", "zbkb"],
        Architecture::S390x => &[],
    }
}

/// All features of an architecture.
pub fn features(architecture: Architecture) -> impl Iterator<Item = &'static str> {
    let of_levels = levels(architecture).iter().flat_map(|level| level.adds);
    of_levels.chain(single_features(architecture)).copied()
}

impl CpuLevel {
    /// The architecture's default level.
    pub fn baseline(architecture: Architecture) -> Self {
        let features = levels(architecture)[0].adds.to_vec();
        Self { architecture, level: 0, named: false, features }
    }

    /// Reads `baseline`, `native`, a level's name, or a list such as `x86-64-v2,+avx2,-popcnt`.
    ///
    /// # Errors
    /// [`CpuError`]: the architecture has no such level or feature, or it cannot do without it.
    pub fn parse(architecture: Architecture, text: &str) -> Result<Self, CpuError> {
        let mut level = Self::baseline(architecture);
        for part in parts(text) {
            if !level.apply(part)? {
                return Err(misfit(part));
            }
        }
        Ok(level)
    }

    /// As [`Self::parse`] for several architectures at once, each of which takes the parts of the list
    /// that it knows. The result is in the order of `architectures`.
    ///
    /// # Errors
    /// As [`Self::parse`], for a part that fits none of them.
    pub fn parse_all(architectures: &[Architecture], text: &str) -> Result<Vec<Self>, CpuError> {
        let mut levels: Vec<_> = architectures.iter().map(|each| Self::baseline(*each)).collect();
        for part in parts(text) {
            let mut fits = false;
            for level in &mut levels {
                fits |= level.apply(part)?;
            }
            if !fits {
                return Err(misfit(part));
            }
        }
        Ok(levels)
    }

    /// Changes the set as one part of a list says; false when the part is not this architecture's.
    fn apply(&mut self, part: &str) -> Result<bool, CpuError> {
        if part == "baseline" {
            return Ok(true);
        }
        if let Some(name) = part.strip_prefix('+') {
            let Some(feature) = self.known(name) else { return Ok(false) };
            self.add(feature);
        } else if let Some(name) = part.strip_prefix('-') {
            let Some(feature) = self.known(name) else { return Ok(false) };
            let first = levels(self.architecture)[0];
            if first.adds.contains(&feature) {
                return Err(CpuError::Required {
                    name: name.to_owned(),
                    architecture: self.architecture.name(),
                    level: first.name,
                });
            }
            self.features.retain(|&other| other != feature);
        } else if part == "native" {
            if Architecture::host() != Some(self.architecture) {
                return Ok(false);
            }
            native::features().into_iter().for_each(|feature| self.add(feature));
        } else {
            let levels = levels(self.architecture);
            let position = levels.iter().position(|level| level.name == part);
            let Some(position) = position else { return Ok(false) };
            self.level = self.level.max(position);
            let all = levels[..=position].iter().flat_map(|level| level.adds);
            all.for_each(|&feature| self.add(feature));
        }
        self.named = true;
        Ok(true)
    }

    /// The same set with one more feature.
    ///
    /// # Panics
    /// When the architecture has no such feature.
    #[must_use]
    pub fn with(mut self, feature: &str) -> Self {
        let feature = self.known(feature).expect("a feature of the architecture");
        self.add(feature);
        self
    }

    fn known(&self, name: &str) -> Option<&'static str> {
        features(self.architecture).find(|feature| *feature == name)
    }

    fn add(&mut self, feature: &'static str) {
        let has = |other: &'static str| other == feature || self.features.contains(&other);
        self.features = features(self.architecture).filter(|other| has(other)).collect();
    }

    /// The architecture that the level is one of.
    pub fn architecture(&self) -> Architecture {
        self.architecture
    }

    /// A list that gives the same set: the level that was named, and how the set differs from it.
    pub fn name(&self) -> String {
        let levels = levels(self.architecture);
        let of_level: Vec<&str> =
            levels[..=self.level].iter().flat_map(|level| level.adds).copied().collect();
        let mut name = levels[self.level].name.to_owned();
        for feature in features(self.architecture) {
            match (of_level.contains(&feature), self.has(feature)) {
                (false, true) => name.push_str(",+"),
                (true, false) => name.push_str(",-"),
                _ => continue,
            }
            name.push_str(feature);
        }
        name
    }

    /// Whether a level or feature of the architecture was asked for; else it is the default.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The features, by the shared ABI's names, each once.
    pub fn features(&self) -> &[&'static str] {
        &self.features
    }

    /// Whether a feature is among them.
    pub fn has(&self, feature: &str) -> bool {
        self.features.contains(&feature)
    }

    /// Whether code for it may use 128-bit vectors.
    pub fn has_vectors(&self) -> bool {
        self.architecture.vector_feature().is_none_or(|feature| self.has(feature))
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// Why no architecture in question has what a part of a list asks for.
fn misfit(part: &str) -> CpuError {
    if part == "native" {
        let architecture = Architecture::host().map_or(std::env::consts::ARCH, Architecture::name);
        return CpuError::Foreign { architecture };
    }
    let name = part.trim_start_matches(['+', '-']).to_owned();
    let owner = Architecture::ALL.into_iter().find(|&architecture| {
        levels(architecture).iter().any(|level| level.name == part)
            || features(architecture).any(|feature| part.len() > name.len() && feature == name)
    });
    match owner {
        Some(owner) => CpuError::OtherArchitecture { name, architecture: owner.name() },
        None => CpuError::Unknown { name: part.to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::{CpuError, CpuLevel, features};
    use crate::Architecture::{self, Aarch64, Riscv64, S390x, X86_64};

    #[test]
    fn levels_include_the_ones_before() {
        let level = CpuLevel::parse(X86_64, "x86-64-v4").unwrap();
        assert!(level.has("sse3") && level.has("avx2") && level.has("avx512vl"));
        assert!(CpuLevel::parse(Riscv64, "rva23").unwrap().has("zba"));
        assert!(CpuLevel::parse(S390x, "z16").unwrap().has("vector-enhancements-2"));
    }

    #[test]
    fn single_features_are_added_and_taken_away() {
        let level = CpuLevel::parse(X86_64, "x86-64-v3,-avx2").unwrap();
        assert!(level.has("avx") && !level.has("avx2"));
        let required = CpuLevel::parse(X86_64, "-sse3").unwrap_err();
        assert!(matches!(required, CpuError::Required { .. }), "{required}");
        let unknown = CpuLevel::parse(X86_64, "pentium").unwrap_err();
        assert_eq!(unknown, CpuError::Unknown { name: "pentium".to_owned() });
        assert!(CpuLevel::parse(X86_64, "avx2").is_err(), "a feature is no level");
    }

    #[test]
    fn a_name_gives_the_same_set() {
        for text in ["baseline", "x86-64-v3,-avx2", "+fma", "x86-64-v4,+avxvnni", "native"] {
            if text == "native" && Architecture::host() != Some(X86_64) {
                continue;
            }
            let level = CpuLevel::parse(X86_64, text).unwrap();
            let again = CpuLevel::parse(X86_64, &level.name()).unwrap();
            assert_eq!(level.features(), again.features(), "{text}");
            assert_eq!(level.name(), again.name(), "{text}");
        }
        assert_eq!(CpuLevel::parse(X86_64, "baseline").unwrap().name(), "x86-64-v2");
        assert_eq!(CpuLevel::parse(Aarch64, "armv8.2-a,+fp16").unwrap().name(), "armv8.2-a,+fp16");
    }

    #[test]
    fn each_architecture_takes_what_it_knows() {
        let levels = CpuLevel::parse_all(&[X86_64, Aarch64, S390x], "x86-64-v3,armv8.1-a").unwrap();
        let names: Vec<_> = levels.iter().map(CpuLevel::name).collect();
        assert_eq!(names, ["x86-64-v3", "armv8.1-a", "z14"]);
        let error = CpuLevel::parse_all(&[X86_64, S390x], "armv8.1-a").unwrap_err();
        let name = "armv8.1-a".to_owned();
        assert_eq!(error, CpuError::OtherArchitecture { name, architecture: "aarch64" });
        let error = CpuLevel::parse_all(&[X86_64, S390x], "+zba").unwrap_err();
        assert!(error.to_string().contains("riscv64"), "{error}");
        let host = Architecture::host();
        let others: Vec<_> =
            Architecture::ALL.into_iter().filter(|other| Some(*other) != host).collect();
        assert!(matches!(CpuLevel::parse_all(&others, "native"), Err(CpuError::Foreign { .. })));
        assert!(CpuLevel::parse_all(&Architecture::ALL, "native").is_ok() || host.is_none());
    }

    #[test]
    fn only_risc_v_may_lack_vectors() {
        for architecture in Architecture::ALL {
            let baseline = CpuLevel::baseline(architecture);
            assert_eq!(baseline.has_vectors(), architecture != Riscv64);
        }
        assert!(CpuLevel::baseline(Riscv64).with("v").has_vectors());
    }

    #[test]
    fn no_feature_is_listed_twice() {
        for architecture in Architecture::ALL {
            let mut names: Vec<_> = features(architecture).collect();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{architecture:?}");
        }
    }
}
