//! Numbers that no honest program passes: every call answers with an error and the program goes on.

use super::Scene;
use super::program::{
    BADF, CREATE, DATA, EVERYTHING, FAULT, FOLLOW, MFILE, NFILE, Program, READING, RESULT, VECTORS,
    WRITABLE, names, stride,
};
use anyhow::{Result, ensure};
use wasm2native_abi::wasi::PREVIEW1;
use wasm2native_tests::case::Outcome;
use wasm2native_tests::puppet::{MEMORY_END, Puppet};
use wasm2native_tests::run::{Ending, Run};
use wasm2native_tests::scratch::Scratch;

/// Values that are wrong as pointers, lengths, descriptors and flags.
const HOSTILE: [u64; 14] = [
    0,
    1,
    3,
    4,
    99,
    MEMORY_END as u64 - 1,
    MEMORY_END as u64,
    0x1_ffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    0xffff_ffff,
    1 << 63,
    u64::MAX,
];

fn program(scene: &Scene) -> Result<Program> {
    Program::new(&scene.stage, scene.target, |_| Ok(()))
}

/// Every function with every pair of hostile arguments, the others being harmless.
pub(crate) fn hostile_arguments_are_survived(scene: &Scene) -> Result<()> {
    let mut tried = 0;
    for (index, function) in PREVIEW1.iter().enumerate() {
        // They end the program, or wait.
        if matches!(function.name, "proc_exit" | "proc_raise" | "poll_oneoff") {
            continue;
        }
        let count = function.parameters.len();
        let mut program = program(scene)?;
        ensure!(program.open_with(WRITABLE, b"file", 0, CREATE, EVERYTHING, 0)?.is_ok());
        let mut asked = 0;
        let mut number = index;
        for first in 0..count {
            for second in first..count {
                for one in HOSTILE {
                    for two in HOSTILE {
                        number += 1;
                        let mut arguments = vec![u64::from(WRITABLE); count];
                        arguments[first] = one;
                        arguments[second] = two;
                        // The puppet listens and answers through two of the standard streams. What an
                        // argument means is up to the function: a small number may be a descriptor.
                        let streams = arguments.iter().any(|&argument| argument as u32 <= 2)
                            && (function.name.starts_with("fd_")
                                || function.name.starts_with("sock_"));
                        // Its own page holds what it is about to do.
                        if streams || !number.is_multiple_of(stride(&scene.runner, 5)) {
                            continue;
                        }
                        program.puppet.ask(index, &arguments);
                        asked += 1;
                        // No more than fit into the pipes.
                        if asked == 100 {
                            tried += asked;
                            (0..std::mem::take(&mut asked))
                                .try_for_each(|_| program.puppet.errno().map(drop))?;
                        }
                    }
                }
            }
        }
        tried += asked;
        (0..asked).try_for_each(|_| program.puppet.errno().map(drop))?;
        let (ending, stderr) = program.puppet.finish()?;
        ensure!(ending == Ending::Status(0), "{}: {ending}: {stderr}", function.name);
    }
    ensure!(tried > 1000, "{tried} calls are none");
    Ok(())
}

pub(crate) fn pointers_out_of_range_are_faults(scene: &Scene) -> Result<()> {
    let mut program = program(scene)?;
    let file = program.open_with(WRITABLE, b"file", 0, CREATE, EVERYTHING, 0)?;
    let file = file.expect("it can be made");
    ensure!(program.write(file, &[7; 64])?.is_ok());
    ensure!(program.call("fd_seek", &[file.into(), 0, 0, RESULT.into()])?.is_ok());
    let end = MEMORY_END;
    for (pointer, length) in [
        (end - 7, 8),
        (end, 1),
        (end + 1, 0),
        (u32::MAX, 1),
        (u32::MAX, u32::MAX),
        (0, u32::MAX),
        (1, u32::MAX),
        (end - 1, 0xffff_ffff - end + 3),
    ] {
        program.put_vectors(&[(DATA, 8), (pointer, length)]);
        let arguments = [file.into(), VECTORS.into(), 2, RESULT.into()];
        for name in ["fd_read", "fd_write"] {
            let answer = program.call(name, &arguments)?;
            ensure!(answer == Err(FAULT), "{name} at {pointer:#x}, {length:#x}: {answer:?}");
        }
    }
    // The list itself, and the result.
    for (list, count, result) in [
        (end - 8, 2, RESULT),
        (u32::MAX - 6, 1, RESULT),
        (0, 0x2000_0000, RESULT),
        (0, 0x2000_0001, RESULT),
        (VECTORS, 0, end - 3),
        (VECTORS, 0, u32::MAX),
    ] {
        let arguments = [file.into(), list.into(), count, result.into()];
        let answer = program.call("fd_read", &arguments)?;
        ensure!(answer == Err(FAULT), "a list at {list:#x} of {count:#x}: {answer:?}");
    }
    // Nothing was read or written before the fault was seen.
    ensure!(program.call("fd_tell", &[file.into(), RESULT.into()])?.is_ok());
    ensure!(program.word(RESULT)? == 0, "the position has changed");
    // Overlapping, empty, up to the end, and at an odd address.
    program.put_vectors(&[(DATA, 16), (DATA + 8, 16), (DATA + 1, 0), (end - 8, 8), (end, 0)]);
    ensure!(program.call("fd_read", &[file.into(), VECTORS.into(), 5, RESULT.into()])?.is_ok());
    ensure!(program.word(RESULT)? == 40, "it read another count");
    ensure!(program.puppet.bytes(DATA, 24)? == [7; 24], "it read something else");
    ensure!(program.puppet.bytes(end - 8, 8)? == [7; 8], "it read something else to the end");
    program.puppet.put(VECTORS + 3, &[(DATA + 101).to_le_bytes(), 8_u32.to_le_bytes()].concat());
    let arguments = [file.into(), u64::from(VECTORS) + 3, 1, u64::from(RESULT) + 1];
    ensure!(program.call("fd_read", &arguments)?.is_ok(), "an odd address");
    ensure!(program.word(RESULT + 1)? == 8, "it read another count at an odd address");
    Ok(())
}

pub(crate) fn descriptors_after_close_are_gone(scene: &Scene) -> Result<()> {
    let mut program = program(scene)?;
    let file = program.open_with(WRITABLE, b"file", 0, CREATE, EVERYTHING, 0)?;
    let file = file.expect("it can be made");
    ensure!(program.close(file)? == Ok(()));
    for fd in [file, 99, 0x7fff_ffff, u32::MAX] {
        for function in PREVIEW1.iter().filter(|function| {
            function.name.starts_with("fd_")
                || function.name.starts_with("sock_")
                || function.name.starts_with("path_")
        }) {
            let mut arguments = vec![0; function.parameters.len()];
            let index = usize::from(function.name == "path_symlink") * 2;
            arguments[index] = u64::from(fd);
            let answer = program.call(function.name, &arguments)?;
            // A target that is empty is wrong by itself, as is a list of arguments that are all 0.
            let symlink = function.name == "path_symlink" && answer.is_err();
            ensure!(symlink || answer == Err(BADF), "{} {fd}: {answer:?}", function.name);
        }
    }
    Ok(())
}

pub(crate) fn renumbering_loses_and_finds_nothing(scene: &Scene) -> Result<()> {
    let mut program = program(scene)?;
    let mut open = |name: &[u8]| -> Result<u32> {
        let opened = program.open_with(WRITABLE, name, 0, CREATE, EVERYTHING, 0)?;
        Ok(opened.expect("it can be made"))
    };
    let (one, two) = (open(b"one")?, open(b"two")?);
    ensure!(two == one + 1, "{one}, {two}");
    for (from, to, expected) in [
        (one, 99, Err(BADF)),
        (99, one, Err(BADF)),
        (one, u32::MAX, Err(BADF)),
        (u32::MAX, one, Err(BADF)),
        (99, 99, Err(BADF)),
        (one, one, Ok(())),
        (one, two, Ok(())),
        (one, two, Err(BADF)),
    ] {
        let answer = program.call("fd_renumber", &[from.into(), to.into()])?;
        ensure!(answer == expected, "{from} to {to}: {answer:?}");
    }
    ensure!(program.write(two, b"through two")?.is_ok(), "it cannot be written");
    ensure!(std::fs::read(program.path("granted/one"))? == b"through two");
    // The lowest number is given out again; a granted directory can be replaced and is gone then.
    let three = program.open_with(WRITABLE, b"three", 0, CREATE, EVERYTHING, 0)?;
    ensure!(three == Ok(one), "{three:?}");
    ensure!(program.call("fd_renumber", &[one.into(), super::program::KEPT.into()])?.is_ok());
    let opened = program.open_to_read(super::program::KEPT, b"x")?;
    ensure!(opened == Err(54), "a file is no directory: {opened:?}");
    ensure!(names(&program.path("granted"))? == ["one", "three", "two"]);
    program.check_outside("renumbering")
}

/// A process that may have few descriptors is told so, call by call, and goes on.
pub(crate) fn exhaustion_is_an_error(scene: &Scene) -> Result<Outcome> {
    const LIMIT: u32 = 64;
    let words = match scene.runner.words(&scene.stage.executable()) {
        Ok(words) => words,
        Err(reason) => return Ok(Outcome::Skipped(reason)),
    };
    let folder = Scratch::new()?;
    for name in ["granted/dir", "kept"] {
        std::fs::create_dir_all(folder.path().join(name))?;
    }
    folder.write("granted/dir/file", "inside")?;
    let limit = format!("ulimit -n {LIMIT}; exec \"$@\"");
    let run = Run::program("sh").arguments(["-c", &limit, "sh"]).arguments(words);
    let puppet = Puppet::start(run.clear_environment().folder(folder.path()))?;
    let mut program = Program { puppet, folder, system: scene.target.system };
    let mut open = Vec::new();
    for _ in 0..2 {
        let error = loop {
            match program.open_with(WRITABLE, b"dir/file", FOLLOW, 0, READING, 0)? {
                Ok(fd) => open.push(fd),
                Err(error) => break error,
            }
            ensure!(open.len() < LIMIT as usize, "more are open than the system allows");
        };
        ensure!([MFILE, NFILE].contains(&error), "errno {error}");
        ensure!(open.len() > 20, "only {} could be opened", open.len());
        // Everything else answers, whatever it needs.
        let start = [u64::from(WRITABLE)];
        for path in [&b"dir/new"[..], b"dir/../dir/new", b"../outside"] {
            let _ = program.path_call("path_create_directory", path, &start, &[])?;
            let _ = program.path_call("path_unlink_file", path, &start, &[])?;
        }
        let _ = program.list(WRITABLE)?;
        for fd in open.drain(..) {
            ensure!(program.close(fd)?.is_ok(), "{fd} is not open");
        }
    }
    let (ending, stderr) = program.puppet.finish()?;
    ensure!(ending == Ending::Status(0), "{ending}: {stderr}");
    Ok(Outcome::Passed)
}
