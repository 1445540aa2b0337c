//! Those who are compared: ours, native code, and each peer that is installed.
//!
//! Invariant: everything is compiled ahead of time and outside of what is measured.

use crate::arguments::Arguments;
use crate::toolchain;
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use wasm2native::{Builder, Grant, Sandbox};

/// A way to make a program from a kernel.
#[derive(Clone)]
pub(crate) enum Contender {
    /// Executables of this project.
    Ours {
        /// The processor level, if not the default.
        cpu: Option<String>,
        /// Whether the kernel's wall is raised when the program starts.
        sandbox: Sandbox,
    },
    /// A C compiler for this machine.
    Native {
        /// Program and arguments that come first.
        compiler: Vec<String>,
        /// What it is.
        description: String,
    },
    /// wasmtime, with modules that it compiled ahead.
    Wasmtime {
        /// Where it is.
        path: PathBuf,
    },
}

/// What a program may use besides its standard streams.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Nothing,
    CurrentDirectory,
}

/// What a contender made.
#[derive(Clone)]
pub(crate) struct Program {
    /// What to run.
    pub(crate) command: Vec<OsString>,
    /// The size of what one would ship, without a runtime that has to be installed.
    pub(crate) bytes: u64,
}

impl Contender {
    /// Ours first, then native code if a C compiler is found, then peers: `wasmtime` from `BENCH_WASMTIME`
    /// or `PATH`.
    pub(crate) fn installed(arguments: &Arguments) -> Vec<Self> {
        let mut contenders = vec![Self::ours(arguments, Sandbox::Auto)];
        if let Some((compiler, description)) = toolchain::native() {
            contenders.push(Self::Native { compiler, description });
        }
        let path = std::env::var_os("BENCH_WASMTIME").unwrap_or_else(|| "wasmtime".into());
        let mut version = Command::new(&path);
        version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
        if version.status().is_ok_and(|status| status.success()) {
            contenders.push(Self::Wasmtime { path: path.into() });
        }
        contenders
    }

    /// Executables of this project.
    pub(crate) fn ours(arguments: &Arguments, sandbox: Sandbox) -> Self {
        Self::Ours { cpu: arguments.cpu.clone(), sandbox }
    }

    /// The heading of its column.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Ours { sandbox: Sandbox::Off, .. } => "without the wall",
            Self::Ours { .. } => "wasm2native",
            Self::Native { .. } => "native",
            Self::Wasmtime { .. } => "wasmtime",
        }
    }

    /// What exactly it is.
    pub(crate) fn description(&self) -> String {
        match self {
            Self::Ours { cpu: None, .. } => "this checkout, default options".to_owned(),
            Self::Ours { cpu: Some(cpu), .. } => format!("this checkout, --cpu {cpu}"),
            Self::Native { description, .. } => description.clone(),
            Self::Wasmtime { path } => {
                let output = Command::new(path).arg("--version").output();
                let version = output.map(|output| output.stdout).unwrap_or_default();
                format!("{}, compiled ahead", String::from_utf8_lossy(&version).trim())
            }
        }
    }

    /// Makes a program, whose files are named `stem`.
    pub(crate) fn prepare(
        &self,
        source: &Path,
        wasm: &Path,
        stem: &Path,
        access: Access,
    ) -> Result<Program> {
        let output = stem.with_extension(self.name());
        match self {
            Self::Ours { cpu, sandbox } => {
                let module = std::fs::read(wasm)?;
                let mut builder = builder(&module, cpu.as_deref()).sandbox(*sandbox);
                if access == Access::CurrentDirectory {
                    builder = builder.grant(Grant::dir("."));
                }
                std::fs::write(&output, build(&builder)?)?;
                make_executable(&output)?;
            }
            Self::Native { compiler, .. } => toolchain::build(compiler, source, &output)?,
            Self::Wasmtime { path } => {
                let mut command = Command::new(path);
                command.arg("compile").arg(wasm).arg("-o").arg(&output);
                ensure!(command.status()?.success(), "{command:?} failed");
                let bytes = output.metadata()?.len();
                let mut run: Vec<OsString> =
                    vec![path.into(), "run".into(), "--allow-precompiled".into()];
                if access == Access::CurrentDirectory {
                    run.extend(["--dir".into(), ".".into()]);
                }
                run.push(output.into());
                return Ok(Program { command: run, bytes });
            }
        }
        Ok(Program { bytes: output.metadata()?.len(), command: vec![output.into()] })
    }
}

/// The executable that we make of a module.
pub(crate) fn ours(module: &[u8], cpu: Option<&str>) -> Result<Vec<u8>> {
    build(&builder(module, cpu))
}

fn builder<'a>(module: &'a [u8], cpu: Option<&str>) -> Builder<'a> {
    let builder = Builder::new(module);
    match cpu {
        Some(cpu) => builder.cpu(cpu),
        None => builder,
    }
}

fn build(builder: &Builder<'_>) -> Result<Vec<u8>> {
    match builder.build() {
        Ok(artifact) => Ok(artifact.bytes),
        Err(error) => bail!("cannot build: {error}"),
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let permissions = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(path, permissions).context("cannot make a program executable")
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> Result<()> {
    Ok(())
}
