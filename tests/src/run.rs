//! Executables to what they did: started as the target needs it (natively, under an emulator, by a loader
//! of the tests), with bounded time and output.

use crate::loader;
use crate::wine::{self, Wine};
use anyhow::{Context, Result, bail};
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use wasm2native_targets::{self as targets, Architecture, Target};

/// How executables of a target are started here.
#[derive(Clone, Debug, Default)]
pub struct Runner {
    /// An emulator and its options; none when this machine runs the code itself.
    emulator: Vec<OsString>,
    /// What takes the place of the target's system, see [`crate::loader`].
    loader: Option<PathBuf>,
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
        let host = targets::host();
        let mut runner = Self::default();
        if host.is_some_and(|host| host.name == target.name) {
            return Ok(runner);
        }
        match target.runner {
            targets::Runner::Wine => {
                let Wine { program, variables } = wine::find(target.architecture)?;
                runner.emulator.push(program.into_os_string());
                runner.variables = variables;
            }
            targets::Runner::Qemu => {
                runner.emulator.push(find_emulator(target.architecture)?);
                if target.architecture == Architecture::Riscv64 {
                    runner.emulator.extend(RISCV64_OPTIONS.iter().map(OsString::from));
                }
            }
            targets::Runner::Loader => {
                runner.loader = Some(loader::path(target)?);
                if host.is_none_or(|host| host.architecture != target.architecture) {
                    runner.emulator.push(find_emulator(target.architecture)?);
                }
            }
            targets::Runner::Native | targets::Runner::None => {
                return Err(format!("nothing here runs executables for {}", target.name));
            }
        }
        Ok(runner)
    }

    /// What reports say of how executables are started: nothing when that is as users start them.
    pub fn remark(&self) -> &'static str {
        match (&self.loader, self.emulator.is_empty()) {
            (None, true) => "",
            (None, false) => " (by an emulator)",
            (Some(_), true) => " (by the tests' loader)",
            (Some(_), false) => " (by the tests' loader, in an emulator)",
        }
    }

    /// Whether this machine's processor runs the code itself.
    pub fn is_direct(&self) -> bool {
        self.emulator.is_empty()
    }

    /// The words that start `executable`, for another program that starts it.
    ///
    /// # Errors
    /// Where that needs an environment too.
    pub fn words(&self, executable: &Path) -> Result<Vec<OsString>, String> {
        if !self.variables.is_empty() {
            return Err("Wine cannot be started by another program here".to_owned());
        }
        let loader = self.loader.iter().map(|path| path.clone().into_os_string());
        let starter = self.emulator.iter().cloned().chain(loader);
        Ok(starter.chain([executable.as_os_str().to_owned()]).collect())
    }

    /// The command line that starts the executable at `path`, for a shell.
    ///
    /// # Errors
    /// Where an emulator starts it, which has streams of its own.
    pub fn shell_words(&self, path: &str) -> Result<String, String> {
        if !self.emulator.is_empty() {
            return Err("an emulator has streams of its own".to_owned());
        }
        let loader = self.loader.as_ref();
        Ok(loader.map_or_else(|| path.to_owned(), |loader| format!("{} {path}", loader.display())))
    }

    /// A run of `executable`, without arguments, environment or input.
    pub fn command(&self, executable: &Path) -> Run {
        let loader = self.loader.as_ref().map(|path| path.as_os_str());
        let starter = self.emulator.iter().map(OsString::as_os_str).chain(loader);
        let mut words = starter.chain([executable.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).env_clear();
        let kept = self.variables.clone();
        Run { command, kept, stdin: Stdin::Bytes(Vec::new()), limits: Limits::default() }
    }
}

/// The emulator of user programs for an architecture.
fn find_emulator(architecture: Architecture) -> Result<OsString, String> {
    find_one(match architecture {
        Architecture::X86_64 => ["qemu-x86_64", "qemu-x86_64-static"],
        Architecture::Aarch64 => ["qemu-aarch64", "qemu-aarch64-static"],
        Architecture::Riscv64 => ["qemu-riscv64", "qemu-riscv64-static"],
        Architecture::S390x => ["qemu-s390x", "qemu-s390x-static"],
    })
}

/// The first of these programs that is there.
fn find_one(names: [&str; 2]) -> Result<OsString, String> {
    let found = names.iter().find_map(|name| find_program(name));
    found.map(PathBuf::into_os_string).ok_or_else(|| format!("`{}` is not installed", names[0]))
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
    stdin: Stdin,
    limits: Limits,
}

/// What a run has as standard input.
enum Stdin {
    /// A pipe with these bytes.
    Bytes(Vec<u8>),
    /// Something that is open here.
    Open(Stdio),
}

impl Run {
    /// A run of any program of this machine, with its environment.
    pub fn program(program: impl AsRef<OsStr>) -> Self {
        let command = Command::new(program);
        Self {
            command,
            kept: Vec::new(),
            stdin: Stdin::Bytes(Vec::new()),
            limits: Limits::default(),
        }
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
        self.stdin = Stdin::Bytes(bytes.into());
        self
    }

    /// Hands an open file or socket over as standard input.
    pub fn stdin_from(mut self, open: impl Into<Stdio>) -> Self {
        self.stdin = Stdin::Open(open.into());
        self
    }

    /// Sets what the run may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The command itself, for runs that need more than the others.
    pub fn into_command(mut self) -> Command {
        self.command.envs(self.kept.drain(..));
        self.command
    }

    /// Starts it, with pipes for all of its streams.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(self) -> Result<Child> {
        let mut command = self.into_command();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program = command.get_program().to_owned();
        spawn(&mut command).with_context(|| format!("cannot start {}", program.display()))
    }

    /// Runs to the end, or to the limit of time.
    ///
    /// # Errors
    /// When the program cannot be started or waited for.
    pub fn run(mut self) -> Result<Finished> {
        self.command.envs(self.kept.drain(..));
        let (stdin, bytes) = match self.stdin {
            Stdin::Bytes(bytes) => (Stdio::piped(), bytes),
            Stdin::Open(open) => (open, Vec::new()),
        };
        self.command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
        let program: OsString = self.command.get_program().to_owned();
        let start = Instant::now();
        let child = spawn(&mut self.command);
        let mut child = child.with_context(|| format!("cannot start {}", program.display()))?;
        let (input, output) = (child.stdin.take(), (child.stdout.take(), child.stderr.take()));
        let limit = self.limits.output_bytes;
        std::thread::scope(|scope| {
            // A program may end without reading its input; that is no failure of the test.
            scope.spawn(|| input.map(|mut input| input.write_all(&bytes)));
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

/// Waits for a program that was started at `start`, and ends it after its limit of time.
///
/// # Errors
/// When it cannot be waited for.
pub fn wait(child: &mut Child, start: Instant, limit: Duration) -> Result<Ending> {
    let mut pause = Duration::from_micros(200);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.into());
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

impl From<ExitStatus> for Ending {
    #[cfg(unix)]
    fn from(status: ExitStatus) -> Self {
        use std::os::unix::process::ExitStatusExt;
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Status(code),
            (None, signal) => Self::Signal(signal.unwrap_or(0)),
        }
    }

    #[cfg(not(unix))]
    fn from(status: ExitStatus) -> Self {
        Self::Status(status.code().unwrap_or(-1))
    }
}

/// Runs a command that must succeed.
///
/// # Errors
/// With the end of what it complained of.
pub fn succeed(command: &mut Command) -> Result<Output> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start `{program}`"))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<_> = stderr.lines().collect();
        let end = lines[lines.len().saturating_sub(20)..].join("\n");
        bail!("{command:?} failed: {}\n{end}", output.status);
    }
    Ok(output)
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
