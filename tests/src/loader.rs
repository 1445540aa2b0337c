//! Loaders that run executables for FreeBSD and macOS on Linux: `tests/loaders`, whose files say what such
//! a run proves and what it does not.

use crate::run::succeed;
use crate::{c_compiler, tool};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use wasm2native_targets::{Architecture, System, Target};

/// The loader for `target`, for its kind of processor, compiled if it is not there yet.
///
/// # Errors
/// A sentence saying what is missing here.
pub fn path(target: &Target) -> Result<PathBuf, String> {
    static COMPILING: Mutex<()> = Mutex::new(());
    let (name, header) = match target.system {
        System::Freebsd => ("fbsdrun", "freebsd.h"),
        System::Macos => ("machorun", "macos.h"),
        _ => return Err(format!("there is no loader for {}", target.name)),
    };
    let Some(host) = wasm2native_targets::host().filter(|host| host.system == System::Linux) else {
        return Err(format!("the loader for {} runs on Linux only", target.name));
    };
    let sources = tool::tests().join("loaders");
    let mut hash = Sha256::new();
    for file in ["bsd.h", "signals.h", header, &format!("{name}.c")] {
        let text = std::fs::read(sources.join(file));
        hash.update(text.map_err(|error| format!("cannot read {file}: {error}"))?);
    }
    let key: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let folder = tool::workspace().join("target/loaders");
    let path = folder.join(format!("{name}-{:?}-{key}", target.architecture).to_lowercase());
    let _one = COMPILING.lock().map_err(|_| "another test panicked".to_owned())?;
    if !path.exists() {
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let is_native = host.architecture == target.architecture;
        compile(&sources.join(format!("{name}.c")), target.architecture, is_native, &path)?;
    }
    Ok(path)
}

/// Compiles a loader: with the compiler of this machine for its own kind of processor, else with zig's.
fn compile(
    source: &Path,
    architecture: Architecture,
    is_native: bool,
    path: &Path,
) -> Result<(), String> {
    let mut command = if is_native {
        Command::new("cc")
    } else {
        let triple = match architecture {
            Architecture::X86_64 => "x86_64-linux-musl",
            Architecture::Aarch64 => "aarch64-linux-musl",
            Architecture::Riscv64 | Architecture::S390x => return Err("no such system".to_owned()),
        };
        let mut compiler = c_compiler::zig_cc(triple).ok_or(c_compiler::NO_ZIG)?;
        compiler.arg("-static");
        compiler
    };
    // Beside its final name, since several test programs may compile it at once.
    let partial = path.with_extension(std::process::id().to_string());
    command.args(["-std=gnu11", "-O1", "-w", "-o"]).arg(&partial).arg(source);
    succeed(&mut command).map_err(|error| format!("a loader: {error:#}"))?;
    std::fs::rename(&partial, path).map_err(|error| format!("cannot keep a loader: {error}"))
}
