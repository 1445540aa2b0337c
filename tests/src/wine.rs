//! Wine: where it is, and the folder that it takes for a computer, which is this project's own.
//!
//! What is installed runs executables for this machine's processors. Those for others need a Wine that
//! the tester names, for example one within an emulator. The folder is made once for each kind of
//! processor, under the target folder, and lasts. Invariant: nothing of the user's own
//! Wine is used or changed, and nothing that a test prints comes from Wine itself.

use crate::run::find_program;
use crate::tool;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use wasm2native_targets::Architecture;

/// Where Debian keeps the 64-bit Wine, outside of the search path.
const DEBIAN: &str = "/usr/lib/wine/wine64";
/// For how many seconds the server waits for the next program: starting it takes longer than most
/// tests.
const SERVER_SECONDS: u32 = 60;

/// What starts Windows executables, and the variables that it needs itself.
#[derive(Clone, Debug)]
pub struct Wine {
    /// The program.
    pub program: PathBuf,
    /// Its environment.
    pub variables: Vec<(&'static str, OsString)>,
}

/// Finds the Wine for executables of `architecture` and makes its folder ready.
///
/// # Errors
/// A sentence saying what is missing.
pub fn find(architecture: Architecture) -> Result<Wine, String> {
    /// One for each architecture, of which Windows has two.
    static FOUND: [OnceLock<Result<Wine, String>>; 2] = [const { OnceLock::new() }; 2];
    let found = &FOUND[usize::from(architecture == Architecture::Aarch64)];
    let name = architecture.name();
    found
        .get_or_init(|| match Architecture::host() {
            Some(host) if host == architecture => prepare(installed()?, "prefix"),
            _ => prepare(named(name)?, &format!("prefix-{name}")),
        })
        .clone()
}

/// The program that starts executables, and the server that goes with it.
type Programs = (PathBuf, Option<PathBuf>);

fn installed() -> Result<Programs, String> {
    let debian = Some(PathBuf::from(DEBIAN)).filter(|path| path.exists());
    let program = find_program("wine64").or(debian).or_else(|| find_program("wine"));
    let program = program.ok_or("`wine64` is not installed")?;
    Ok((program, find_program("wineserver")))
}

/// What the tester names for another kind of processor; its server is beside it.
fn named(architecture: &str) -> Result<Programs, String> {
    let variable = format!("WASM2NATIVE_WINE_{}", architecture.to_uppercase());
    let Some(program) = std::env::var_os(&variable).map(PathBuf::from) else {
        return Err(format!("`{variable}` does not name a Wine for {architecture}"));
    };
    if !program.is_file() {
        return Err(format!("`{variable}` names {}, which is no file", program.display()));
    }
    let server = Some(program.with_file_name("wineserver")).filter(|path| path.exists());
    Ok((program, server))
}

fn prepare((program, server): Programs, prefix: &str) -> Result<Wine, String> {
    let folder = tool::workspace().join("target/wine");
    let variables = vec![
        ("WINEPREFIX", folder.join(prefix).into_os_string()),
        ("WINEDEBUG", "-all".into()),
        // Neither .NET nor a browser is asked for.
        ("WINEDLLOVERRIDES", "mscoree=;mshtml=".into()),
        // Names of files are UTF-8.
        ("LC_ALL", "C.UTF-8".into()),
    ];
    let wine = Wine { program, variables };
    make_folder(&wine, &folder, prefix).map_err(|error| format!("Wine has no folder: {error}"))?;
    if let Some(server) = server {
        // It ends by itself. Without it every first program waits for a server of its own.
        let _ = quiet(&wine, &server).arg(format!("-p{SERVER_SECONDS}")).status();
    }
    Ok(wine)
}

/// Makes the folder, unless an earlier run has.
fn make_folder(wine: &Wine, folder: &Path, prefix: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let lock =
        File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    lock.lock()?;
    let made = folder.join(format!("{prefix}-made"));
    if !made.exists() {
        let status = quiet(wine, &wine.program).args(["wineboot", "-i"]).status()?;
        if !status.success() {
            return Err(std::io::Error::other(format!("`wineboot` ended with {status}")));
        }
        fs::write(made, "")?;
    }
    Ok(())
}

fn quiet(wine: &Wine, program: &Path) -> Command {
    let mut command = Command::new(program);
    command.envs(wine.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}
