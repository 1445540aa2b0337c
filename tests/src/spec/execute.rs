//! One `.wast` file to verdicts: modules are compiled and linked into one executable, which is run.

use crate::run::{Limits, Runner};
use crate::spec::SuiteFile;
use crate::spec::encode::{self, Plan};
use crate::spec::read::{self, Kind};
use crate::spec::verdict::{FileReport, Outcome};
use anyhow::{Context, Result, bail};
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_codegen::{OptLevel, Options, Program};
use wasm2native_link::Input;
use wasm2native_targets::{CpuLevel, Target};
use wasm2native_wasm::Module;

const SPECTEST: &str = include_str!("spectest.wat");

/// What the suite's modules are built for.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The target.
    pub target: &'a Target,
    /// The processor level.
    pub cpu: &'a str,
    /// How accesses to memories are kept inside them.
    pub strategy: MemoryStrategy,
}

/// Runs a file, with its executable in `folder`.
///
/// # Errors
/// When the file itself cannot be read; whatever the compiler does wrong is in the report.
pub fn run_file(file: &SuiteFile, settings: Settings<'_>, folder: &Path) -> Result<FileReport> {
    let buffer = read::buffer(file.text)?;
    let commands = read::read(file.text, &buffer)?;
    let spectest_bytes = wat::parse_str(SPECTEST)?;
    let spectest = Module::parse(&spectest_bytes)?;
    let modules: Vec<_> = commands
        .iter()
        .map(|command| match &command.kind {
            Kind::Module { bytes, .. }
            | Kind::Definition { bytes, .. }
            | Kind::AssertUninstantiable { bytes, .. }
            | Kind::AssertUnlinkable { bytes } => Some(match bytes {
                Ok(bytes) => Module::parse(bytes).map_err(|error| error.to_string()),
                Err(reason) => Err(reason.clone()),
            }),
            _ => None,
        })
        .collect();
    let plan = encode::encode(&spectest, &commands, &modules);
    let Plan { instances, entries, script, mut verdicts, scripted, .. } = plan;

    if !scripted.is_empty() {
        let program = Program { instances: instances.list, entries };
        let executable = folder.join(format!("{}.exe", file.name.replace('/', "-")));
        let outcomes = build(&program, &script, settings, &executable)
            .and_then(|()| run(&executable, settings.target, scripted.len()));
        match outcomes {
            Ok(outcomes) => {
                for (position, outcome) in scripted.iter().zip(outcomes) {
                    verdicts[*position].outcome = outcome;
                }
            }
            Err(error) => {
                for position in scripted {
                    verdicts[position].outcome = Outcome::Failed(format!("{error:#}"));
                }
            }
        }
    }
    Ok(FileReport { verdicts })
}

fn build(
    program: &Program<'_>,
    script: &[u8],
    Settings { target, cpu, strategy }: Settings<'_>,
    executable: &Path,
) -> Result<()> {
    let compile = |cpu: &str| -> Result<_> {
        let options = Options {
            architecture: target.architecture,
            cpu: CpuLevel::parse(target.architecture, cpu)?,
            opt_level: OptLevel::Speed,
            jobs: Some(NonZeroUsize::MIN),
            memory_strategy: strategy,
            names: true,
        };
        unwound("compile", || wasm2native_codegen::compile(program, &options, &()))
    };
    let object = match compile(cpu)? {
        // What a user would do, whom the error tells so.
        Err(wasm2native_codegen::Error::NoVectors { feature, .. }) => {
            compile(&format!("{cpu},+{feature}"))?
        }
        result => result,
    }?;
    let stub = target.wast_stub()?;
    let input = Input {
        target,
        stub: &stub,
        object: &object.bytes,
        policy: &[],
        manifest: b"test=wast\n",
        script: Some(script),
    };
    let linked = unwound("link", || wasm2native_link::link(&input))??;
    crate::run::write_executable(executable, &linked.bytes)
}

/// Calls `work`; a panic, which is a bug, becomes an error so that the other files still run.
fn unwound<T>(phase: &str, work: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let message = panic.downcast_ref::<String>().map(String::as_str);
        let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
        anyhow::anyhow!("{phase} panicked: {}", message.unwrap_or("(no message)"))
    })
}

/// Runs the executable, which prints a line for the suite's own module and then one for each of
/// `count` commands, as long as it lives.
fn run(executable: &Path, target: &Target, count: usize) -> Result<Vec<Outcome>> {
    let runner = Runner::for_target(target).map_err(anyhow::Error::msg)?;
    let finished = runner.command(executable).limits(Limits::default()).run()?;
    let stdout = String::from_utf8_lossy(&finished.stdout);
    let mut lines = stdout.lines();
    let Some(own) = lines.next() else {
        bail!("it printed nothing: {}; {}", finished.ending, finished.stderr_text());
    };
    if own.split_once(' ').context("a line without a verdict")?.1 != "ok" {
        bail!("the suite's own module: {own}");
    }
    let mut outcomes: Vec<_> = lines
        .take(count)
        .map(|line| match line.split_once(' ') {
            Some((_, "ok")) => Outcome::Passed,
            Some((_, verdict)) => Outcome::Failed(verdict.trim_start_matches("FAIL ").to_owned()),
            None => Outcome::Failed(format!("unreadable verdict {line:?}")),
        })
        .collect();
    if outcomes.len() < count {
        let stderr = finished.stderr_text();
        let reason = format!("the executable ended before: {}; {stderr}", finished.ending);
        outcomes.resize(count, Outcome::Failed(reason));
    }
    Ok(outcomes)
}
