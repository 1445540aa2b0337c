//! Executables to what they did: started as the target needs it (natively, under an emulator), with
//! bounded time and output.

use crate::wine::{self, Wine};
use anyhow::{Context, Result};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use wasm2native_targets::{self as targets, Architecture, Target};

/// How executables of a target are started here.
#[derive(Clone, Debug)]
pub struct Runner {
    emulator: Option<PathBuf>,
    /// What the emulator is told besides.
    options: &'static [&'static str],
    /// What the emulator needs in its environment, whatever the executable is given.
    variables: Vec<(&'static str, OsString)>,
}

/// The emulator's default processor of the architecture has no vectors, which the suite needs.
const RISCV64_OPTIONS: &[&str] = &["-cpu", "rv64,v=true,vext_spec=v1.0"];

impl Runner {
    /// The way to start executables of `target`.
    ///
    /// # Errors
    /// A sentence saying what is missing here; the test is then reported as skipped with it.
    pub fn for_target(target: &Target) -> Result<Self, String> {
        if wasm2native_targets::host().is_some_and(|host| host.name == target.name) {
            return Ok(Self { emulator: None, options: &[], variables: Vec::new() });
        }
        let emulators = match (target.runner, target.architecture) {
            (targets::Runner::Wine, _) => {
                let Wine { program, variables } = wine::find()?;
                return Ok(Self { emulator: Some(program), options: &[], variables });
            }
            (targets::Runner::Qemu, Architecture::X86_64) => ["qemu-x86_64", "qemu-x86_64-static"],
            (targets::Runner::Qemu, Architecture::Aarch64) => {
                ["qemu-aarch64", "qemu-aarch64-static"]
            }
            (targets::Runner::Qemu, Architecture::Riscv64) => {
                ["qemu-riscv64", "qemu-riscv64-static"]
            }
            (targets::Runner::Qemu, Architecture::S390x) => ["qemu-s390x", "qemu-s390x-static"],
            (targets::Runner::Native | targets::Runner::Loader | targets::Runner::None, _) => {
                return Err(format!("nothing here runs executables for {}", target.name));
            }
        };
        let options = match (target.runner, target.architecture) {
            (targets::Runner::Qemu, Architecture::Riscv64) => RISCV64_OPTIONS,
            _ => &[],
        };
        match emulators.iter().find_map(|name| find_program(name)) {
            Some(path) => Ok(Self { emulator: Some(path), options, variables: Vec::new() }),
            None => Err(format!("`{}` is not installed", emulators[0])),
        }
    }

    /// A run of `executable`, without arguments, environment or input.
    pub fn command(&self, executable: &Path) -> Run {
        let mut command = match &self.emulator {
            Some(emulator) => {
                let mut command = Command::new(emulator);
                command.args(self.options).arg(executable);
                command
            }
            None => Command::new(executable),
        };
        command.env_clear();
        let kept = self.variables.clone();
        Run { command, kept, stdin: Vec::new(), limits: Limits::default() }
    }
}

/// The program of that name in the search path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Wall time.
    pub time: Duration,
    /// Bytes of each of the two outputs that are kept; the rest is read and dropped.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Duration::from_secs(120), output_bytes: 64 << 20 }
    }
}

/// A run being prepared.
pub struct Run {
    command: Command,
    /// Variables that are there whatever else is cleared or set.
    kept: Vec<(&'static str, OsString)>,
    stdin: Vec<u8>,
    limits: Limits,
}

impl Run {
    /// A run of any program of this machine, with its environment.
    pub fn program(program: impl AsRef<OsStr>) -> Self {
        let command = Command::new(program);
        Self { command, kept: Vec::new(), stdin: Vec::new(), limits: Limits::default() }
    }

    /// Starts with an empty environment.
    pub fn clear_environment(mut self) -> Self {
        self.command.env_clear();
        self
    }

    /// Adds arguments.
    pub fn arguments<T: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = T>) -> Self {
        self.command.args(arguments);
        self
    }

    /// Sets an environment variable.
    pub fn variable(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Sets the working directory.
    pub fn folder(mut self, folder: &Path) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Sets what is read from standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Sets what the run may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Runs to the end, or to the limit of time.
    ///
    /// # Errors
    /// When the program cannot be started or waited for.
    pub fn run(mut self) -> Result<Finished> {
        self.command.envs(self.kept.drain(..));
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program: OsString = self.command.get_program().to_owned();
        let start = Instant::now();
        let child = spawn(&mut self.command);
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let (input, output) = (child.stdin.take(), (child.stdout.take(), child.stderr.take()));
        let limit = self.limits.output_bytes;
        std::thread::scope(|scope| {
            // A program may end without reading its input; that is no failure of the test.
            scope.spawn(|| input.map(|mut input| input.write_all(&self.stdin)));
            let stdout = scope.spawn(|| output.0.map(|pipe| drain(pipe, limit)));
            let stderr = scope.spawn(|| output.1.map(|pipe| drain(pipe, limit)));
            let ending = wait(&mut child, start, self.limits.time)?;
            let seconds = start.elapsed().as_secs_f64();
            let text = |bytes: std::thread::Result<Option<Vec<u8>>>| {
                bytes.ok().flatten().unwrap_or_default()
            };
            let (stdout, stderr) = (text(stdout.join()), text(stderr.join()));
            Ok(Finished { ending, stdout, stderr, seconds })
        })
    }
}

/// What a run did.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub ending: Ending,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// Wall time.
    pub seconds: f64,
}

impl Finished {
    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).trim_end().to_owned()
    }

    /// Standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Status(i32),
    /// By this signal.
    Signal(i32),
    /// It was ended after its limit of time.
    TimedOut,
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "exit status {status}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
            Self::TimedOut => f.write_str("out of time"),
        }
    }
}

/// Starts a program. An executable that was written a moment ago may be busy, while a process that
/// another thread is starting still holds the file that this process has closed.
fn spawn(command: &mut Command) -> std::io::Result<Child> {
    let mut attempts = 0;
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && attempts < 200 => {
                attempts += 1;
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Reads everything and keeps the first `limit` bytes.
fn drain(mut pipe: impl Read, limit: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    // An error here means that the other end is gone, as the end of the file does.
    let _ = pipe.by_ref().take(limit as u64).read_to_end(&mut kept);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    kept
}

fn wait(child: &mut Child, start: Instant, limit: Duration) -> Result<Ending> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(ending(status));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(Ending::TimedOut);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

#[cfg(unix)]
fn ending(status: ExitStatus) -> Ending {
    use std::os::unix::process::ExitStatusExt;
    match (status.code(), status.signal()) {
        (Some(code), _) => Ending::Status(code),
        (None, signal) => Ending::Signal(signal.unwrap_or(0)),
    }
}

#[cfg(not(unix))]
fn ending(status: ExitStatus) -> Ending {
    Ending::Status(status.code().unwrap_or(-1))
}

/// Writes an executable file.
///
/// # Errors
/// Those of the file system.
pub fn write_executable(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}
