//! Links that another process, which is this one, swaps during the calls.

use super::Scene;
use super::program::{
    CREATE, EVERYTHING, FOLLOW, Program, READING, WRITABLE, has_links, make_links, stride,
};
use anyhow::{Result, ensure};
use std::sync::atomic::{AtomicBool, Ordering};
use wasm2native_tests::case::Outcome;

const ROUNDS: usize = 3000;

/// A folder becomes a link that leads out, over and over.
pub(crate) fn swapped_links_do_not_lead_out(scene: &Scene) -> Result<Outcome> {
    if !has_links(scene.target) {
        let reason = "Wine 8 follows the host's links by itself";
        return Ok(Outcome::Skipped(reason.to_owned()));
    }
    let mut program = Program::new(&scene.stage, scene.target, |folder| {
        std::fs::create_dir(folder.join("granted/swap"))?;
        std::fs::write(folder.join("granted/swap/canary"), "inside")?;
        std::fs::create_dir_all(folder.join("granted/swap/canary-dir"))?;
        make_links(&folder.join("granted"), &[("../outside", "swap2")])
    })?;
    let done = AtomicBool::new(false);
    let [one, two, three] = ["swap", "swap2", "swap3"].map(|name| {
        let name = format!("granted/{name}");
        program.path(&name)
    });
    let opened = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for (from, to) in [(&one, &three), (&two, &one), (&three, &two)] {
                    while std::fs::rename(from, to).is_err() && !done.load(Ordering::Relaxed) {}
                }
            }
        });
        let opened = work(&mut program, ROUNDS / stride(&scene.runner, 10));
        done.store(true, Ordering::Relaxed);
        opened
    })?;
    ensure!(opened > 0, "nothing was ever opened");
    program.check_outside("swapping")?;
    Ok(Outcome::Passed)
}

/// Says how often something was opened.
fn work(program: &mut Program, rounds: usize) -> Result<usize> {
    let mut opened = 0;
    let start = [u64::from(WRITABLE)];
    for _ in 0..rounds {
        for path in [&b"swap/canary"[..], b"swap/../swap/canary", b"swap/."] {
            if let Ok(fd) = program.open_with(WRITABLE, path, FOLLOW, 0, READING, 0)? {
                // The folder's own file has the name of a canary, not its contents.
                let shown = program.read(fd, 100)?;
                ensure!(shown.is_err() || shown == Ok(b"inside".to_vec()), "{shown:?}");
                ensure!(program.close(fd)?.is_ok());
                opened += 1;
            }
        }
        if let Ok(fd) = program.open_with(WRITABLE, b"swap/new", 0, CREATE, EVERYTHING, 0)? {
            ensure!(program.close(fd)?.is_ok());
        }
        let _ = program.path_call("path_create_directory", b"swap/made", &start, &[])?;
        let _ = program.path_call("path_remove_directory", b"swap/made", &start, &[])?;
        let _ = program.path_call("path_unlink_file", b"swap/new", &start, &[])?;
    }
    Ok(opened)
}
