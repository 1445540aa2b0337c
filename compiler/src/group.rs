//! Targets to the architectures that code is generated for, each with its options.
//!
//! Invariant: two targets of one architecture get the same code, since nothing that code generation is
//! told depends on the system.

use crate::builder::Settings;
use crate::warning::Warning;
use crate::{Error, Target};
use wasm2native_codegen::Options;
use wasm2native_targets::{Architecture, CpuLevel};

/// The targets of one architecture, and how code for all of them is generated.
pub(crate) struct Group {
    /// At least one.
    pub(crate) targets: Vec<Target>,
    /// What the code generator is told.
    pub(crate) options: Options,
    /// What is suspicious about this architecture's code.
    pub(crate) warnings: Vec<Warning>,
}

/// The processor level of each architecture of these targets, in the order in which each comes first.
///
/// # Errors
/// [`Error::Cpu`].
pub(crate) fn levels(targets: &[Target], cpu: Option<&str>) -> Result<Vec<CpuLevel>, Error> {
    let mut architectures: Vec<Architecture> = Vec::new();
    for target in targets {
        let architecture = target.description().architecture;
        if !architectures.contains(&architecture) {
            architectures.push(architecture);
        }
    }
    CpuLevel::parse_all(&architectures, cpu.unwrap_or_default())
        .map_err(|source| Error::Cpu { source, architectures })
}

/// The settings' targets by architecture, in the order in which each comes first.
pub(crate) fn by_architecture(settings: &Settings) -> Result<Vec<Group>, Error> {
    let targets = settings.targets()?;
    let levels = levels(&targets, settings.cpu.as_deref())?;
    let group = |cpu: CpuLevel| {
        let architecture = cpu.architecture();
        let is_for = |target: &&Target| target.description().architecture == architecture;
        Group {
            targets: targets.iter().filter(is_for).copied().collect(),
            options: Options {
                architecture,
                cpu,
                opt_level: settings.opt_level,
                jobs: settings.jobs,
                memory_strategy: settings.memory_strategy,
                names: true,
            },
            warnings: Vec::new(),
        }
    };
    Ok(levels.into_iter().map(group).collect())
}

/// Gives every architecture what a module with these `features` needs: vectors, where they are no part of
/// the default level. A level that was named stays as it is.
pub(crate) fn provide(groups: &mut [Group], features: &[&str]) -> Result<(), Error> {
    for group in groups.iter_mut().filter(|_| features.contains(&crate::feature::VECTORS)) {
        let architecture = group.options.architecture;
        let Some(feature) = architecture.vector_feature() else { continue };
        if group.options.cpu.has_vectors() {
            continue;
        }
        if group.options.cpu.is_named() {
            return Err(Error::CpuTooLow { architecture: architecture.name(), feature });
        }
        group.options.cpu = group.options.cpu.clone().with(feature);
        group.warnings.push(Warning::CpuRaised { architecture: architecture.name(), feature });
    }
    Ok(())
}

impl Group {
    /// What the code generator's error means for this architecture.
    pub(crate) fn refuse(&self, source: wasm2native_codegen::Error) -> Error {
        use wasm2native_codegen::Error::{MissingCpuFeature, NoVectors};
        let architecture = self.options.architecture.name();
        match source {
            NoVectors { feature, .. } | MissingCpuFeature { feature } => {
                Error::CpuTooLow { architecture, feature }
            }
            source => Error::Compile { architecture, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{by_architecture, provide};
    use crate::builder::Settings;
    use crate::{Error, Target};

    fn settings(targets: &[&str], cpu: &str) -> Settings {
        let targets = targets.iter().map(|name| name.parse().expect("a target")).collect();
        Settings { targets, cpu: Some(cpu.to_owned()), ..Settings::default() }
    }

    #[test]
    fn targets_of_one_architecture_are_together() {
        let all: Vec<_> = Target::all().map(|target| target.description().name.as_str()).collect();
        let groups = by_architecture(&settings(&all, "")).expect("groups");
        let sizes: Vec<_> = groups
            .iter()
            .map(|group| (group.options.architecture.name(), group.targets.len()))
            .collect();
        assert_eq!(sizes, [("aarch64", 4), ("riscv64", 1), ("s390x", 1), ("x86_64", 4)]);
    }

    #[test]
    fn vectors_raise_the_default_level_and_no_other() {
        let raised = |cpu: &str, features: &[&str]| {
            let settings = settings(&["riscv64-linux", "x86_64-linux"], cpu);
            let mut groups = by_architecture(&settings).expect("groups");
            provide(&mut groups, features)?;
            assert!(groups[1].warnings.is_empty());
            Ok::<_, Error>((groups[0].options.cpu.name(), groups[0].warnings.len()))
        };
        let simd = &["simd128"][..];
        assert_eq!(raised("", simd).ok(), Some(("rv64gc,+v".to_owned(), 1)));
        assert_eq!(raised("x86-64-v3", simd).ok(), Some(("rv64gc,+v".to_owned(), 1)));
        assert_eq!(raised("baseline", simd).ok(), Some(("rv64gc,+v".to_owned(), 1)));
        assert_eq!(raised("rva23", simd).ok(), Some(("rva23".to_owned(), 0)));
        assert_eq!(raised("", &["bulk-memory"]).ok(), Some(("rv64gc".to_owned(), 0)));
        assert!(matches!(raised("rva22", simd), Err(Error::CpuTooLow { feature: "v", .. })));
        assert!(matches!(raised("rv64gc", simd), Err(Error::CpuTooLow { .. })));
    }
}
