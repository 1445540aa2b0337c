//! The C files of `benches/kernels` and `benches/io`, each a program that checks its own result.

use crate::contender::{Access, Contender, Program};
use crate::toolchain;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};

/// A program to measure.
pub(crate) struct Kernel {
    /// Its file's name without extension.
    pub(crate) name: String,
    source: Source,
    access: Access,
}

enum Source {
    File(PathBuf),
    Text(&'static str),
}

impl Kernel {
    /// All kernels, or those whose names contain one of `filters`, in alphabetical order.
    pub(crate) fn all(filters: &[String]) -> Result<Vec<Self>> {
        let folder = sources("kernels");
        let mut kernels = Vec::new();
        for entry in std::fs::read_dir(&folder).context("cannot list the kernels")? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let wanted = filters.is_empty() || filters.iter().any(|filter| name.contains(filter));
            if wanted && path.extension().is_some_and(|extension| extension == "c") {
                kernels.push(Self { name, source: Source::File(path), access: Access::Nothing });
            }
        }
        kernels.sort_by(|a, b| a.name.cmp(&b.name));
        ensure!(!kernels.is_empty(), "no kernel is called so");
        Ok(kernels)
    }

    /// A program that does nothing but to say so.
    pub(crate) fn empty(name: &str, access: Access) -> Self {
        let source =
            Source::Text("#include <stdio.h>\nint main(void) { return puts(\"ok\") < 0; }\n");
        Self { name: name.to_owned(), source, access }
    }

    /// A program of `benches/io`, by its file's name, which works in the current directory.
    pub(crate) fn io(name: &str) -> Self {
        let source = Source::File(sources("io").join(name).with_extension("c"));
        Self { name: name.to_owned(), source, access: Access::CurrentDirectory }
    }

    /// Makes all contenders' programs, in their order.
    pub(crate) fn prepare(&self, contenders: &[Contender], folder: &Path) -> Result<Vec<Program>> {
        let stem = folder.join(&self.name);
        let source = match &self.source {
            Source::File(path) => path.clone(),
            Source::Text(text) => {
                let path = stem.with_extension("c");
                std::fs::write(&path, text)?;
                path
            }
        };
        let wasm = stem.with_extension("wasm");
        toolchain::build(&toolchain::wasm()?, &source, &wasm)?;
        contenders
            .iter()
            .map(|contender| {
                contender
                    .prepare(&source, &wasm, &stem, self.access)
                    .with_context(|| format!("{} with {}", self.name, contender.name()))
            })
            .collect()
    }
}

/// A folder of C files.
fn sources(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}
