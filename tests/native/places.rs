//! Where programs are started that have little: few descriptors, no rights, no files. A program starts, or
//! says in one sentence why not.

use crate::{Built, Scene, finish, starts, starts_or_says_why};
use anyhow::{Result, ensure};
use std::process::Command;
use wasm2native_tests::case::Outcome;
use wasm2native_tests::run::{Ending, find_program};

const HELLO: &str = include_str!("../run/hello.wat");

/// What the program above prints.
const GREETING: &[u8] = b"hello\n";

/// Grants: none, one, several.
const GRANTS: [&[&str]; 3] =
    [&[], &["--dir", "."], &["--dir", ".", "--dir", "/::root::ro", "--grant", "cli"]];

pub(crate) fn with_few_descriptors(scene: &Scene) -> Result<Outcome> {
    if !scene.runner.is_direct() {
        return Ok(Outcome::Skipped("an emulator needs descriptors of its own".to_owned()));
    }
    for grants in GRANTS {
        let built = scene.build(HELLO, grants)?;
        let mut refused = 0;
        for limit in [0, 1, 2, 3, 4, 5, 6, 8, 12] {
            let script = format!("ulimit -n {limit}; exec \"$@\"");
            let mut command = match scene.in_shell(&built, &script) {
                Ok(command) => command,
                Err(reason) => return Ok(Outcome::Skipped(reason)),
            };
            let finished = finish(&mut command)?;
            // Below, nothing can be started at all: the shell or a loader cannot open it.
            if limit < 4 && finished.ending != Ending::Status(0) {
                continue;
            }
            let what = format!("{grants:?}, {limit} descriptors");
            starts_or_says_why(&finished, 0, GREETING, &what)?;
            refused += u32::from(finished.ending != Ending::Status(0));
        }
        ensure!(!grants.is_empty() || refused == 0, "without grants it needs no descriptors");
    }
    Ok(Outcome::Passed)
}

/// Starts the program by another one, with the words that start it behind.
fn by(scene: &Scene, built: &Built, starter: &[&str]) -> Result<Command, String> {
    if find_program(starter[0]).is_none() {
        return Err(format!("`{}` is not installed", starter[0]));
    }
    let mut command = Command::new(starter[0]);
    command.args(&starter[1..]).args(scene.runner.words(&built.executable)?);
    command.current_dir(built.folder.path()).env_clear();
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    Ok(command)
}

/// Whether a starter works here at all, by a program that is always there.
fn works(starter: &[&str]) -> Result<(), String> {
    let tried = Command::new(starter[0]).args(&starter[1..]).arg("true").output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            Err(format!("`{}` is not permitted here: {}", starter.join(" "), stderr.trim_end()))
        }
        Err(error) => Err(format!("`{}`: {error}", starter[0])),
    }
}

#[cfg(unix)]
pub(crate) fn as_an_unprivileged_user(scene: &Scene) -> Result<Outcome> {
    use std::os::unix::fs::PermissionsExt;
    let starter = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    if let Err(reason) = works(&starter) {
        return Ok(Outcome::Skipped(reason));
    }
    for grants in GRANTS {
        let built = scene.build(HELLO, grants)?;
        std::fs::set_permissions(built.folder.path(), PermissionsExt::from_mode(0o755))?;
        let mut command = match by(scene, &built, &starter) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        starts(&finish(&mut command)?, 0, GREETING, &format!("{grants:?}"))?;
    }
    Ok(Outcome::Passed)
}

#[cfg(not(unix))]
pub(crate) fn as_an_unprivileged_user(_: &Scene) -> Result<Outcome> {
    Ok(Outcome::Skipped("the system has no such user".to_owned()))
}

pub(crate) fn in_a_folder_that_is_gone(scene: &Scene) -> Result<Outcome> {
    for grants in GRANTS {
        let built = scene.build(HELLO, grants)?;
        let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$@\"";
        let mut command = match scene.in_shell(&built, script) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        let finished = finish(&mut command)?;
        starts_or_says_why(&finished, 0, GREETING, &format!("{grants:?}"))?;
        let started = finished.ending == Ending::Status(0);
        ensure!(started || !grants.is_empty(), "without grants it needs no folder");
    }
    Ok(Outcome::Passed)
}

/// Nothing there but the program: no `/proc`, no `/dev`, no `/tmp`, no libraries.
pub(crate) fn without_any_file_system(scene: &Scene) -> Result<Outcome> {
    let alone = scene.runner.is_direct() && scene.runner.remark().is_empty();
    if !alone {
        return Ok(Outcome::Skipped("what starts it needs files of its own".to_owned()));
    }
    if let Err(reason) = works(&["chroot", "/"]) {
        return Ok(Outcome::Skipped(reason));
    }
    for grants in GRANTS {
        let built = scene.build(HELLO, grants)?;
        let root = built.folder.path();
        for streams in ["", "<&-", "<&- 2>&-"] {
            let script = format!("exec chroot \"$0\" /program {streams}");
            let mut command = Command::new("sh");
            command.args(["-c", &script]).arg(root).env_clear();
            let finished = finish(&mut command)?;
            let what = format!("{grants:?} {streams}");
            // What takes the place of a stream that is closed is not there, nor a folder for temporary files.
            let silent = streams.contains("2>&-")
                && finished.ending == Ending::Status(wasm2native_abi::EXIT_SETUP_FAILED);
            if streams.is_empty() && !grants.contains(&"cli") {
                starts(&finished, 0, GREETING, &what)?;
            } else if !silent {
                starts_or_says_why(&finished, 0, GREETING, &what)?;
            }
        }
    }
    Ok(Outcome::Passed)
}

pub(crate) fn on_a_root_that_cannot_be_written(scene: &Scene) -> Result<Outcome> {
    under_mounts(scene, "mount -o remount,bind,ro /")
}

pub(crate) fn without_proc(scene: &Scene) -> Result<Outcome> {
    if !scene.runner.is_direct() {
        return Ok(Outcome::Skipped("an emulator needs `/proc`".to_owned()));
    }
    under_mounts(scene, "umount -l /proc")
}

/// Starts the program where `change` was made to the mounts.
fn under_mounts(scene: &Scene, change: &str) -> Result<Outcome> {
    let script = format!("{change} && exec \"$@\"");
    let starter = ["unshare", "--mount", "sh", "-c", &script, "sh"];
    if let Err(reason) = works(&starter) {
        return Ok(Outcome::Skipped(reason));
    }
    for grants in GRANTS {
        let built = scene.build(HELLO, grants)?;
        let mut command = match by(scene, &built, &starter) {
            Ok(command) => command,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        starts(&finish(&mut command)?, 0, GREETING, &format!("{grants:?}"))?;
    }
    Ok(Outcome::Passed)
}
