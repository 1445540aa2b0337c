//! Embeds every target's description and stub.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("pub(crate) const EMBEDDED: &[Embedded] = &[\n");
    for path in descriptions(&folder) {
        writeln!(
            code,
            "Embedded {{ description: include_str!({path:?}), stub: None, \
             #[cfg(feature = \"wast\")] wast_stub: None }},"
        )
        .expect("a string takes all");
    }
    code.push_str("];\n");
    fs::write(out.join("stubs.rs"), code).expect("the output folder is writable");
}

fn descriptions(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the package's folder is readable");
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("target.toml")))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}
