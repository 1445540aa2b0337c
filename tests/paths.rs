//! Paths as tools use them: the programs of `tests/paths`, which do the same in C, C++, Zig, Rust and Go.
//!
//! Each is built natively and through wasm2native with `--grant cli` and `--grant all`, and has to print the
//! same and leave the same files behind: paths from the current directory, absolute ones below it, the temporary
//! directory, and what is named on the command line, wherever that is. Rust and Go come from a package
//! registry, so that those two run only when asked for: `cargo xtask real`.

use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use wasm2native_targets::{System, Target};
use wasm2native_tests::case::{self, Arguments, Case, Outcome};
use wasm2native_tests::real::{self, Cache};
use wasm2native_tests::run::{Finished, Run, Runner, succeed};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{c_compiler, golden, tool, toolchain};

/// Makes a program, natively and as a module, in a folder: `native` and `program.wasm`.
type Make = fn(&Path, &Cache) -> Result<Outcome>;

fn main() -> ExitCode {
    let packages = tool::tests().join("real/packages.toml");
    let cache = Cache::new(real::cache_folder(), &packages);
    let cache = Arc::new(cache.expect("tests/real/packages.toml is well formed"));
    let languages: [(&str, Make); 5] =
        [("c", c), ("cpp", cpp), ("zig", zig), ("rust", rust), ("go", go)];
    let cases = languages.map(|(name, make)| {
        let cache = Arc::clone(&cache);
        Case::new(name, move || {
            let target = wasm2native_targets::parse(&Arguments::from_process().target)?;
            if target.system == System::Windows {
                return Ok(Outcome::Skipped("no native program here has its paths".to_owned()));
            }
            let runner = match Runner::for_target(target) {
                Ok(runner) => runner,
                Err(reason) => return Ok(Outcome::Skipped(reason)),
            };
            let programs = Scratch::new()?;
            match make(programs.path(), &cache)? {
                Outcome::Passed => compare(programs.path(), target, &runner),
                skipped @ Outcome::Skipped(_) => Ok(skipped),
            }
        })
    });
    case::main("paths", cases.into())
}

/// What a program printed, how it ended, and what it left behind.
struct Done {
    finished: Finished,
    files: BTreeMap<PathBuf, String>,
}

fn compare(programs: &Path, target: &Target, runner: &Runner) -> Result<Outcome> {
    // The same place for all, which they print.
    let place = Scratch::new()?;
    let place = place.path().canonicalize()?;
    let native = execute(Run::program(programs.join("native")).clear_environment(), &place)?;
    for preset in ["cli", "all"] {
        let build =
            ["build", "-q", "program.wasm", "-o", "program", "--grant", preset, "-t", &target.name];
        tool::succeed(build, programs)?;
        let ours = execute(runner.command(&programs.join("program")), &place)?;
        same(&native, &ours).with_context(|| format!("with `--grant {preset}`"))?;
    }
    Ok(Outcome::Passed)
}

fn same(native: &Done, ours: &Done) -> Result<()> {
    golden::compare("stdout", &native.finished.stdout_text(), &ours.finished.stdout_text())?;
    golden::compare("stderr", &native.finished.stderr_text(), &ours.finished.stderr_text())?;
    let (ended, expected) = (&ours.finished.ending, &native.finished.ending);
    ensure!(ended == expected, "{ended} instead of {expected}");
    let (left, expected) = (&ours.files, &native.files);
    ensure!(left == expected, "left behind {left:?}\ninstead of {expected:?}");
    Ok(())
}

/// Runs a program in a fresh tree at `place`.
fn execute(run: Run, place: &Path) -> Result<Done> {
    let text = place.to_str().context("the scratch folder's path is UTF-8")?;
    for folder in ["work/sub", "above", "elsewhere/tree", "temporary"] {
        std::fs::create_dir_all(place.join(folder))?;
    }
    for file in
        ["work/x", "work/sub/x", "up", "above/inside", "elsewhere/given", "elsewhere/tree/inside"]
    {
        std::fs::write(place.join(file), format!("this is {file}\n"))?;
    }
    link("sub/x", &place.join("work/link"))?;
    link("sub", &place.join("work/linked"))?;
    let work = place.join("work");
    let finished = run
        .folder(&work)
        .variable("PWD", &work)
        .variable("TMPDIR", place.join("temporary"))
        .arguments([
            format!("{text}/elsewhere/given"),
            "../up".to_owned(),
            format!("{text}/work/x"),
            "./sub/x".to_owned(),
            format!("--out={text}/elsewhere/made"),
            "-o".to_owned(),
            "../made".to_owned(),
            "-d".to_owned(),
            "../above".to_owned(),
            format!("{text}/elsewhere/tree"),
        ])
        .run()?;
    // A program of ours has a temporary directory of its own.
    std::fs::remove_dir_all(place.join("temporary"))?;
    let mut files = BTreeMap::new();
    take(place, &mut files)?;
    Ok(Done { finished, files })
}

/// Takes all files out of a folder: what is in them, by path.
fn take(folder: &Path, files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let kind = path.symlink_metadata()?.file_type();
        if kind.is_dir() {
            take(&path, files)?;
            std::fs::remove_dir(path)?;
            continue;
        }
        let contents = match kind.is_symlink() {
            true => format!("link to {}", path.read_link()?.display()),
            false => std::fs::read_to_string(&path)?,
        };
        std::fs::remove_file(&path)?;
        files.insert(path, contents);
    }
    Ok(())
}

#[cfg(unix)]
fn link(target: &str, path: &Path) -> Result<()> {
    Ok(std::os::unix::fs::symlink(target, path)?)
}

#[cfg(not(unix))]
fn link(_target: &str, _path: &Path) -> Result<()> {
    anyhow::bail!("this needs a Unix system")
}

fn c(folder: &Path, _: &Cache) -> Result<Outcome> {
    by_zig(folder, &["cc", "-O1"], "paths.c", |name| vec!["-o".to_owned(), name.to_owned()])
}

/// The same source: zig's library of C++ has no files of its own on WASI.
fn cpp(folder: &Path, _: &Cache) -> Result<Outcome> {
    by_zig(folder, &["c++", "-O1", "-x", "c++"], "paths.c", |name| {
        vec!["-o".to_owned(), name.to_owned()]
    })
}

/// Without a C library, the first granted directory is the current one, and every path starts there.
fn zig(folder: &Path, _: &Cache) -> Result<Outcome> {
    let words = ["build-exe", "-O", "ReleaseSafe", "--cache-dir", "cache"];
    by_zig(folder, &words, "paths.zig", |name| vec![format!("-femit-bin={name}")])
}

fn by_zig(
    folder: &Path,
    words: &[&str],
    source: &str,
    output: fn(&str) -> Vec<String>,
) -> Result<Outcome> {
    let native = format!("{}-linux-musl", std::env::consts::ARCH);
    for (triple, name) in [(native.as_str(), "native"), ("wasm32-wasi", "program.wasm")] {
        let Some(mut zig) = c_compiler::zig() else {
            return Ok(Outcome::Skipped(c_compiler::NO_ZIG.to_owned()));
        };
        zig.args(words).args(["-target", triple]).args(output(name));
        succeed(zig.arg(tool::tests().join("paths").join(source)).current_dir(folder))?;
    }
    Ok(Outcome::Passed)
}

fn rust(folder: &Path, cache: &Cache) -> Result<Outcome> {
    if !real::asked() {
        return Ok(Outcome::Skipped(real::NOT_ASKED.to_owned()));
    }
    if let Err(reason) = toolchain::available() {
        return Ok(Outcome::Skipped(reason));
    }
    let package = tool::tests().join("paths/rust");
    let mut native = Command::new(toolchain::RUSTC);
    native.args(["--edition", "2024", "-o", "native"]).arg(package.join("src/main.rs"));
    succeed(native.current_dir(folder))?;
    let mut module = Command::new(toolchain::CARGO);
    module.args(["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort"]);
    module.args(["--target", "wasm32-wasip1"]).current_dir(package);
    succeed(module.envs(environment("rust", cache)?))?;
    let made = "rust-target/wasm32-wasip1/release/paths-rust.wasm";
    std::fs::copy(cache.folder().join(made), folder.join("program.wasm"))?;
    Ok(Outcome::Passed)
}

fn go(folder: &Path, cache: &Cache) -> Result<Outcome> {
    if !real::asked() {
        return Ok(Outcome::Skipped(real::NOT_ASKED.to_owned()));
    }
    let compiler = cache.package("go")?.join("usr/lib/go-1.23/bin/go");
    for name in ["native", "program.wasm"] {
        let mut command = Command::new(&compiler);
        command.args(["build", "-o", name]).arg(tool::tests().join("paths/paths.go"));
        command.envs(environment("go", cache)?).current_dir(folder);
        if name == "native" {
            command.env_remove("GOOS").env_remove("GOARCH");
        }
        succeed(&mut command)?;
    }
    Ok(Outcome::Passed)
}

/// What the toolchain needs in its environment to compile for WASI: as the real program of that language.
fn environment(program: &str, cache: &Cache) -> Result<Vec<(String, String)>> {
    let programs = real::load(&tool::tests().join("real"))?;
    let program = programs.iter().find(|other| other.name == program);
    program.context("there is such a real program")?.environment(cache)
}
