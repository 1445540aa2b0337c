//! Whether an executable is what it says: intact, with a runtime that this tool knows, and made from a
//! module by the settings that it carries.
//!
//! Invariant: what is compared was read from the executable's own bytes; a rebuild takes nothing from its
//! caller but the module. So the same file verifies the same on every host.

use crate::builder::{Builder, Settings};
use crate::inspect::{is_damaged_executable, manifest_of};
use crate::manifest::Manifest;
use crate::observer::Observer;
use crate::policy::PolicyDescription;
use crate::{Error, Target, inspect};
use serde::Serialize;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::section;
use wasm2native_codegen::OptLevel;

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What: `manifest`, `policy`, `identity`, `runtime`, `input` or `rebuild`.
    pub what: &'static str,
    /// Whether it is as it must be.
    pub holds: bool,
    /// What was found.
    pub found: String,
}

/// What was looked at in an executable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// The target that it says it is for.
    pub target: String,
    /// In the order in which they were made; the first that does not hold is the last.
    pub checks: Vec<Check>,
}

impl Verification {
    /// The check that does not hold.
    pub fn failure(&self) -> Option<&Check> {
        self.checks.iter().find(|check| !check.holds)
    }

    /// Adds a check; says whether it holds.
    fn add(&mut self, what: &'static str, holds: bool, found: impl Into<String>) -> bool {
        self.checks.push(Check { what, holds, found: found.into() });
        holds
    }
}

/// Verifies an executable, and that it comes from `input`, when that is given.
///
/// # Errors
/// [`Error::NotOurs`]: the file has no manifest. [`Error::Damaged`]: its end is missing. Those of a build, when
/// `input` is built again.
pub fn verify(
    executable: &[u8],
    input: Option<&[u8]>,
    observer: &dyn Observer,
) -> Result<Verification, Error> {
    let Some(manifest) = manifest_of(executable) else {
        let is_damaged = is_damaged_executable(executable);
        return Err(if is_damaged { Error::Damaged } else { Error::NotOurs });
    };
    let name = manifest.get("target").unwrap_or_default().to_owned();
    let mut verification = Verification { target: name.clone(), checks: Vec::new() };
    let Ok(target) = name.parse::<Target>() else {
        verification.add("manifest", false, format!("`{name}` is no target of this version"));
        return Ok(verification);
    };
    let tool = manifest.get("tool").unwrap_or_default();
    verification.add("manifest", true, format!("{tool}, {name}"));
    let policy = wasm2native_link::read_section(executable, section::POLICY).ok().flatten();
    let policy = policy.unwrap_or_default();
    let read = PolicyDescription::read(&policy);
    let words = read.as_ref().map_or("it cannot be read".to_owned(), PolicyDescription::in_words);
    if !verification.add("policy", read.is_ok(), words)
        || !check_file(&mut verification, executable, target)?
    {
        return Ok(verification);
    }
    if let Some(input) = input {
        check_input(&mut verification, executable, &manifest, policy, input, target, observer)?;
    }
    Ok(verification)
}

/// The file as a whole, and the runtime in it.
fn check_file(
    verification: &mut Verification,
    executable: &[u8],
    target: Target,
) -> Result<bool, Error> {
    let description = target.description();
    let format = description.system.format();
    let identity = wasm2native_link::identity_name(format);
    let (holds, found) = match wasm2native_link::has_own_identity(executable, format) {
        Ok(true) => (true, format!("{identity} of these contents")),
        Ok(false) => (false, format!("{identity} of other contents: the file was changed")),
        Err(error) => (false, error.to_string()),
    };
    if !verification.add("identity", holds, found) {
        return Ok(false);
    }
    let stub = description.stub().map_err(Error::Stub)?;
    let (holds, found) = match wasm2native_link::contains_stub(executable, &stub) {
        Ok(true) => (true, "the one that this version of wasm2native has".to_owned()),
        Ok(false) => (false, "not the one that this version of wasm2native has".to_owned()),
        Err(error) => (false, error.to_string()),
    };
    Ok(verification.add("runtime", holds, found))
}

/// The module, and what is made from it again.
fn check_input(
    verification: &mut Verification,
    executable: &[u8],
    manifest: &Manifest,
    policy: Vec<u8>,
    input: &[u8],
    target: Target,
    observer: &dyn Observer,
) -> Result<(), Error> {
    let sha256 = inspect::sha256(input);
    let recorded = manifest.get("input-sha256").unwrap_or_default();
    if recorded != sha256 {
        let found = format!("sha256 {sha256}, and the executable was made from {recorded}");
        verification.add("input", false, found);
        return Ok(());
    }
    verification.add("input", true, format!("sha256 {sha256}"));
    let Some(settings) = settings(manifest, policy, target) else {
        verification.add("rebuild", false, "the manifest has settings that this version has not");
        return Ok(());
    };
    let artifact = Builder::with_settings(input, settings, observer).build()?;
    let found = match difference(executable, &artifact.bytes) {
        None => format!("all {} bytes are the same", artifact.bytes.len()),
        Some(difference) => difference,
    };
    verification.add("rebuild", artifact.bytes == executable, found);
    Ok(())
}

/// The settings that an executable was built with.
fn settings(manifest: &Manifest, policy: Vec<u8>, target: Target) -> Option<Settings> {
    Some(Settings {
        targets: vec![target],
        cpu: manifest.get("cpu").map(str::to_owned),
        opt_level: match manifest.get("opt-level")? {
            "0" => OptLevel::None,
            "2" => OptLevel::Speed,
            "s" => OptLevel::SpeedAndSize,
            _ => return None,
        },
        memory_strategy: match manifest.get("memory-strategy")? {
            "guard" => MemoryStrategy::Guard,
            "check" => MemoryStrategy::Check,
            _ => return None,
        },
        invoke: manifest.get("invoke").map(str::to_owned),
        recorded_policy: Some(policy),
        ..Settings::default()
    })
}

/// What differs first: a line of the manifest, which explains most, or else a section.
fn difference(executable: &[u8], rebuilt: &[u8]) -> Option<String> {
    let offset = executable.iter().zip(rebuilt).position(|(one, other)| one != other);
    let offset = match offset {
        Some(offset) => offset,
        None if executable.len() == rebuilt.len() => return None,
        None => executable.len().min(rebuilt.len()),
    };
    if let (Some(one), Some(other)) = (manifest_of(executable), manifest_of(rebuilt)) {
        for (key, value) in one.entries() {
            if other.get(key) != Some(value) {
                let rebuilt = other.get(key).unwrap_or("nothing");
                return Some(format!("its manifest says {key}={value}, the rebuilt one {rebuilt}"));
            }
        }
    }
    let sections = wasm2native_link::sections(executable).unwrap_or_default();
    let differs = sections.iter().map(|(name, _)| name).find(|name| {
        let read = |file| wasm2native_link::read_section(file, name).ok();
        read(executable) != read(rebuilt)
    });
    let place = differs.map_or(String::new(), |name| format!(", section `{name}` first"));
    Some(format!("the rebuilt one differs at offset {offset:#x}{place}"))
}

#[cfg(test)]
mod tests {
    use super::{Verification, verify};
    use crate::{Builder, Error, MemoryStrategy, OptLevel, Target, Unobserved};

    const MODULE: &[u8] = br#"(module (memory (export "memory") 1)
        (func (export "_start")) (func (export "f") (param i32) (result i32) (local.get 0)))"#;

    fn failure(verification: &Verification) -> Option<&'static str> {
        verification.failure().map(|check| check.what)
    }

    #[test]
    fn every_target_is_built_again_to_the_byte() {
        for target in Target::all().filter(|target| target.ready().is_ok()) {
            let artifact = Builder::new(MODULE).target(target).build().expect("an executable");
            let verification =
                verify(&artifact.bytes, Some(MODULE), &Unobserved).expect("a verification");
            assert_eq!(failure(&verification), None, "{verification:?}");
            assert_eq!(verification.checks.len(), 6);
        }
    }

    #[test]
    fn a_changed_bit_is_found_wherever_it_is() {
        for target in Target::all().filter(|target| target.ready().is_ok()) {
            let artifact = Builder::new(MODULE).target(target).build().expect("an executable");
            let length = artifact.bytes.len();
            for offset in (64..length).step_by(length / 40) {
                let mut bytes = artifact.bytes.clone();
                bytes[offset] ^= 1;
                let verification = verify(&bytes, None, &Unobserved);
                let intact =
                    verification.is_ok_and(|verification| failure(&verification).is_none());
                assert!(!intact, "{} at {offset:#x}", artifact.report.target);
            }
        }
    }

    #[test]
    fn what_is_cut_short_is_told_from_what_others_made() {
        for target in Target::all().filter(|target| target.ready().is_ok()) {
            let artifact = Builder::new(MODULE).target(target).build().expect("an executable");
            let (length, runtime) = (artifact.bytes.len(), artifact.sizes.runtime as usize);
            for end in [runtime, (runtime + length) / 2, length - 1] {
                let cut = &artifact.bytes[..end];
                let found = match verify(cut, None, &Unobserved) {
                    Ok(verification) => failure(&verification) == Some("identity"),
                    Err(error) => matches!(error, Error::Damaged),
                };
                assert!(found, "{} at {end} of {length}", artifact.report.target);
            }
            let stub = target.description().stub().expect("a stub");
            for other in [&stub[..], &stub[..stub.len() / 3], &artifact.bytes[..64]] {
                let found = verify(other, None, &Unobserved).expect_err("not ours");
                assert!(matches!(found, Error::NotOurs), "{}", artifact.report.target);
            }
        }
    }

    /// Checksums can be made anew by whoever changes a file; what they cover is compared all the same.
    #[test]
    fn all_that_is_loaded_of_the_runtime_is_compared() {
        for target in Target::all().filter(|target| target.ready().is_ok()) {
            let artifact = Builder::new(MODULE).target(target).build().expect("an executable");
            let stub = target.description().stub().expect("a stub");
            let contains = |bytes: &[u8]| wasm2native_link::contains_stub(bytes, &stub).ok();
            assert_eq!(contains(&artifact.bytes), Some(true), "{}", artifact.report.target);
            let runtime = artifact.sizes.runtime as usize;
            let (mut tried, mut unseen) = (0, Vec::new());
            // Behind what is written anew of headers and load commands.
            for offset in (runtime / 8..runtime * 7 / 8).step_by(runtime / 300) {
                let mut bytes = artifact.bytes.clone();
                bytes[offset] ^= 1;
                tried += 1;
                if contains(&bytes) == Some(true) {
                    unseen.push(offset);
                }
            }
            // What is in no section, to fill a page, nobody reads.
            let padding = |offset: &usize| artifact.bytes[*offset] == 0;
            assert!(tried > 200 && unseen.iter().all(padding), "{target:?}: {unseen:x?}");
            assert!(unseen.len() * 10 < tried, "{target:?}: {} of {tried}", unseen.len());
        }
    }

    #[test]
    fn settings_come_from_the_executable() {
        let Ok(host) = Target::host() else { return };
        let builder = Builder::new(MODULE).target(host).opt_level(OptLevel::None);
        let builder = builder.memory_strategy(MemoryStrategy::Check).invoke("f").argv0("x");
        let bytes = builder.build().expect("an executable").bytes;
        let verification = verify(&bytes, Some(MODULE), &Unobserved).expect("a verification");
        assert_eq!(failure(&verification), None, "{verification:?}");
        let other = verify(&bytes, Some(b"(module)"), &Unobserved).expect("a verification");
        assert_eq!(failure(&other), Some("input"));
        assert!(matches!(verify(MODULE, None, &Unobserved), Err(Error::NotOurs)));
    }
}
