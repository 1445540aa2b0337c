//! The walls: who may import whom. The table here is the one in `ARCHITECTURE.md`, as data; it is held
//! against what cargo says. Development dependencies are free.

use crate::command::{cargo, output};
use anyhow::{Context, Result};

/// A name that ends with `*` stands for all that begin so.
const TABLE: &[(&str, &[&str])] = &[
    ("wasm2native-abi", &[]),
    ("wasm2native-wasm", &["wasmparser", "thiserror", "log"]),
    (
        "wasm2native-codegen",
        &[
            "wasm2native-wasm",
            "wasm2native-abi",
            "wasm2native-targets",
            "cranelift-*",
            "object",
            "rayon",
            "thiserror",
            "log",
        ],
    ),
    (
        "wasm2native-link",
        &["wasm2native-abi", "wasm2native-targets", "object", "sha2", "thiserror", "log"],
    ),
    (
        "wasm2native-targets",
        &["target-lexicon", "serde", "toml", "miniz_oxide", "sha2", "thiserror", "log"],
    ),
    (
        "wasm2native",
        &[
            "wasm2native-wasm",
            "wasm2native-codegen",
            "wasm2native-link",
            "wasm2native-targets",
            "wasm2native-abi",
            "clap",
            "indicatif",
            "serde",
            "serde_json",
            "sha2",
            "signal-hook",
            "tempfile",
            "toml",
            "anyhow",
            "wat",
            "thiserror",
            "log",
        ],
    ),
    (
        "wasi-libc-shim",
        &["wasm2native-abi", "cap-std", "rustix", "libc", "windows-sys", "thiserror", "log"],
    ),
    (
        "wasm2native-stub",
        &["wasm2native-abi", "wasi-libc-shim", "rustix", "libc", "windows-sys", "thiserror", "log"],
    ),
];

/// Packages that may import anything, and that nothing may import.
const LEAVES: [&str; 3] = ["wasm2native-tests", "wasm2native-benches", "xtask"];

pub(super) fn check() -> Result<Vec<String>> {
    let metadata = output(cargo().args(["metadata", "--format-version=1", "--no-deps"]))?;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata)?;
    let packages = metadata["packages"].as_array().context("cargo lists no packages")?;
    let mut complaints = Vec::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        let dependencies = package["dependencies"].as_array().context("no dependencies")?;
        let dependencies: Vec<&str> = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .filter_map(|dependency| dependency["name"].as_str())
            .collect();
        complaints.extend(complaints_about(name, &dependencies));
    }
    Ok(complaints)
}

fn complaints_about(package: &str, dependencies: &[&str]) -> Vec<String> {
    let allowed = TABLE.iter().find(|(name, _)| *name == package).map(|(_, allowed)| *allowed);
    if allowed.is_none() && !LEAVES.contains(&package) {
        return vec![format!("`{package}` is not in the import table")];
    }
    let mut complaints = Vec::new();
    for dependency in dependencies {
        let may = match allowed {
            Some(allowed) => allowed.iter().any(|pattern| matches(pattern, dependency)),
            None => !LEAVES.contains(dependency) || *dependency == package,
        };
        if !may {
            complaints.push(format!("`{package}` may not import `{dependency}`"));
        }
    }
    complaints
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    }
}

#[cfg(test)]
mod tests {
    use super::complaints_about;

    #[test]
    fn edges_outside_the_table_are_refused() {
        assert!(
            complaints_about("wasm2native-codegen", &["cranelift-frontend", "object"]).is_empty()
        );
        assert_eq!(complaints_about("wasm2native-link", &["wasm2native-codegen"]).len(), 1);
        assert_eq!(complaints_about("wasm2native-abi", &["thiserror"]).len(), 1);
        assert_eq!(complaints_about("newcomer", &[]).len(), 1);
        assert_eq!(complaints_about("xtask", &["wasm2native-tests"]).len(), 1);
    }
}
