//! A program: how its module is made, and its runs with what they must print.

use crate::real::package::Cache;
use crate::run::{Ending, Limits, Run, Runner, succeed};
use crate::scratch::Scratch;
use crate::{golden, tool};
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use wasm2native_targets::Target;

/// A program, as its file says. Texts may name packages, see [`Cache::expand`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Program {
    /// Its name: that of its file.
    #[serde(skip)]
    pub name: String,
    /// The module, or what the commands of `make` write.
    module: String,
    /// The folder in which `make` runs.
    #[serde(default)]
    folder: String,
    /// Commands that make the module. An argument with a `*` stands for the files that match.
    #[serde(default)]
    make: Vec<Vec<String>>,
    /// Environment of these commands.
    #[serde(default)]
    environment: BTreeMap<String, String>,
    /// Flags of `wasm2native build`, besides `--dir .`.
    #[serde(default)]
    flags: Vec<String>,
    /// Runs, in one work folder that starts as a copy of the fixtures.
    run: Vec<RunCase>,
}

/// A run.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct RunCase {
    id: String,
    /// What the executable is called: some programs look at it.
    name: Option<String>,
    #[serde(default)]
    arguments: Vec<String>,
    /// A module in the work folder to build and run instead of the program.
    module: Option<String>,
    #[serde(default)]
    stdin: String,
    /// A file whose contents are the input.
    stdin_file: Option<String>,
    #[serde(default)]
    exit: i32,
    /// Beginning of the SHA-256 of what it prints.
    stdout_sha256: Option<String>,
    /// What it prints, see [`golden::compare`].
    stdout: Option<String>,
    /// What it prints to standard error, likewise.
    stderr: Option<String>,
    /// A native command that prints the same for the same input, in the same folder.
    native: Option<Vec<String>>,
    /// A native command that turns what it prints back into the input.
    native_inverse: Option<Vec<String>>,
    /// Files in the work folder, and beginnings of their SHA-256.
    #[serde(default)]
    files: BTreeMap<String, String>,
}

/// The programs of a folder.
///
/// # Errors
/// When a file is malformed.
pub fn load(folder: &Path) -> Result<Vec<Program>> {
    let mut programs = Vec::new();
    for (name, path) in golden::files(folder, "toml")? {
        // Below are the sources of programs.
        if name == "packages" || name.contains('/') {
            continue;
        }
        let text = std::fs::read_to_string(&path)?;
        let mut program: Program = toml::from_str(&text).with_context(|| name.clone())?;
        program.name = name;
        programs.push(program);
    }
    Ok(programs)
}

impl Program {
    /// Makes the program, builds it for `target` and runs it; a line for each run.
    ///
    /// # Errors
    /// When something differs from what is expected.
    pub fn check(&self, cache: &Cache, target: &Target, runner: &Runner) -> Result<Vec<String>> {
        let module = self.make(cache)?;
        let work = Scratch::new()?;
        for (name, path) in fixtures()? {
            work.write(&name, std::fs::read(path)?)?;
        }
        let executables = Scratch::new()?;
        let mut flags = vec!["-t".to_owned(), target.name.clone()];
        for flag in &self.flags {
            flags.push(cache.expand(flag)?);
        }
        let folder = executables.path();
        let place = Place { cache, module: &module, work: &work, target, runner, folder };
        let first = format!("program{}", target.executable_suffix());
        let mut report = vec![build(&module, folder, &first, &flags)?];
        for run in &self.run {
            let seconds = self.run(run, &place, &first, &flags);
            let seconds = seconds.with_context(|| format!("run `{}`", run.id))?;
            report.push(format!("{} {seconds:.2} s", run.id));
        }
        Ok(report)
    }

    /// The environment of the commands that make it.
    ///
    /// # Errors
    /// When a package cannot be fetched.
    pub fn environment(&self, cache: &Cache) -> Result<Vec<(String, String)>> {
        let expand = |(name, value): (&String, &String)| Ok((name.clone(), cache.expand(value)?));
        self.environment.iter().map(expand).collect()
    }

    /// The module, made when it is not there yet.
    fn make(&self, cache: &Cache) -> Result<PathBuf> {
        let module = PathBuf::from(cache.expand(&self.module)?);
        if module.exists() || self.make.is_empty() {
            return Ok(module);
        }
        let folder = PathBuf::from(cache.expand(&self.folder)?);
        if let Some(parent) = module.parent() {
            std::fs::create_dir_all(parent)?;
        }
        for line in &self.make {
            let mut words = Vec::new();
            for word in line {
                let word = cache.expand(word)?;
                match word.contains('*') {
                    true => words.extend(matching(&folder, &word)?),
                    false => words.push(word),
                }
            }
            let (program, arguments) = words.split_first().context("an empty command")?;
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&folder);
            succeed(command.envs(self.environment(cache)?))?;
        }
        ensure!(module.exists(), "`make` wrote no {}", module.display());
        Ok(module)
    }

    fn run(
        &self,
        case: &RunCase,
        place: &Place<'_>,
        program: &str,
        flags: &[String],
    ) -> Result<f64> {
        let Place { cache, module, work, target, runner, folder } = *place;
        let name = case.name.as_deref().unwrap_or(&self.name);
        let name = format!("{name}{}", target.executable_suffix());
        let executable = folder.join(&name);
        if let Some(module) = &case.module {
            build(&work.path().join(module), folder, &name, flags)?;
        } else if !executable.exists() {
            std::fs::hard_link(folder.join(program), &executable)?;
        }
        let stdin = match case.stdin_file.as_deref() {
            Some("module") => std::fs::read(module)?,
            Some(file) => std::fs::read(cache.expand(file)?)?,
            None => case.stdin.clone().into_bytes(),
        };
        let limits = Limits { time: Duration::from_secs(600), output_bytes: 256 << 20 };
        let finished = runner
            .command(&executable)
            .arguments(&case.arguments)
            .folder(work.path())
            .stdin(stdin.clone())
            .limits(limits)
            .run()?;
        ensure!(
            finished.ending == Ending::Status(case.exit),
            "{} instead of exit status {}; stderr:\n{}",
            finished.ending,
            case.exit,
            finished.stderr_text()
        );
        if let Some(expected) = &case.stdout_sha256 {
            check_hash("standard output", &finished.stdout, expected)?;
        }
        if let Some(expected) = &case.stdout {
            golden::compare("stdout", expected, &finished.stdout_text())?;
        }
        if let Some(expected) = &case.stderr {
            golden::compare("stderr", expected, &finished.stderr_text())?;
        }
        if let Some(native) = &case.native {
            let same = native_output(native, work, stdin.clone(), limits)? == finished.stdout;
            ensure!(same, "it prints something else than {native:?}");
        }
        if let Some(inverse) = &case.native_inverse {
            let same = native_output(inverse, work, finished.stdout, limits)? == stdin;
            ensure!(same, "{inverse:?} does not give back the input");
        }
        for (file, expected) in &case.files {
            check_hash(file, &work.read(file)?, expected)?;
        }
        Ok(finished.seconds)
    }
}

/// What the runs of a program share.
#[derive(Clone, Copy)]
struct Place<'p> {
    cache: &'p Cache,
    /// The program's module.
    module: &'p Path,
    /// The folder that runs work in.
    work: &'p Scratch,
    target: &'p Target,
    runner: &'p Runner,
    /// Where executables are.
    folder: &'p Path,
}

/// Builds a module, and says how large it is and how long it took.
fn build(module: &Path, folder: &Path, name: &str, flags: &[String]) -> Result<String> {
    let output = folder.join(name);
    let mut arguments = vec!["build".to_owned(), "-q".to_owned()];
    arguments.push(module.to_string_lossy().into_owned());
    arguments.extend(["-o".to_owned(), output.to_string_lossy().into_owned()]);
    arguments.extend(["--dir".to_owned(), ".".to_owned()]);
    arguments.extend(flags.iter().cloned());
    let limits = Limits { time: Duration::from_secs(1200), ..Limits::default() };
    let finished = tool::command(&arguments, folder)?.limits(limits).run()?;
    if finished.ending != Ending::Status(0) {
        bail!("{arguments:?}: {}\n{}", finished.ending, finished.stderr_text());
    }
    let mib = |path: &Path| -> Result<f64> {
        Ok(std::fs::metadata(path)?.len() as f64 / f64::from(1 << 20))
    };
    let (before, after) = (mib(module)?, mib(&output)?);
    Ok(format!("built {before:.1} MiB to {after:.1} MiB in {:.1} s", finished.seconds))
}

fn native_output(
    command: &[String],
    work: &Scratch,
    stdin: Vec<u8>,
    limits: Limits,
) -> Result<Vec<u8>> {
    let (program, arguments) = command.split_first().context("an empty command")?;
    let run = Run::program(program).arguments(arguments).folder(work.path());
    let finished = run.stdin(stdin).limits(limits).run()?;
    ensure!(finished.ending == Ending::Status(0), "{command:?}: {}", finished.ending);
    Ok(finished.stdout)
}

fn check_hash(what: &str, bytes: &[u8], expected: &str) -> Result<()> {
    let actual: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    if !actual.starts_with(expected) {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(2000)]);
        bail!("{what} has SHA-256 {actual}, not {expected}…; it begins:\n{text}");
    }
    Ok(())
}

/// The files that every work folder starts with.
fn fixtures() -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(tool::tests().join("real/fixtures"))? {
        let entry = entry?;
        files.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
    }
    Ok(files)
}

/// The files that match a pattern with one `*` in its last component, sorted.
fn matching(folder: &Path, pattern: &str) -> Result<Vec<String>> {
    let (place, name) = pattern.rsplit_once('/').unwrap_or((".", pattern));
    let (start, end) = name.split_once('*').context("a pattern")?;
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder.join(place))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(start) && name.ends_with(end) {
            found.push(format!("{place}/{name}"));
        }
    }
    found.sort();
    Ok(found)
}
