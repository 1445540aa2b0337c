//! The trials: what an attacker would do, and how one sees that he did it.

use crate::number::*;
use crate::world::World;
use anyhow::{Result, ensure};
use wasm2native_abi::EXIT_SETUP_FAILED;
use wasm2native_abi::policy::Sandbox;
use wasm2native_targets::{StubError, Target};
use wasm2native_tests::case::{Case, Outcome};
use wasm2native_tests::hole::{self, Argument, Grants, Step};
use wasm2native_tests::run::{Ending, Finished};

/// Files that the process may have open, the granted directories among them.
const OPEN: std::ops::Range<i64> = 3..12;

/// Those that are behind the granted directories.
const LATER: std::ops::Range<i64> = 5..12;

/// What a program did: its answers, and how it ended.
struct Done {
    answers: Vec<i64>,
    finished: Finished,
}

impl Done {
    /// Whether any call was answered by something else than an error.
    fn any(&self) -> bool {
        self.answers.iter().any(|&answer| !(-4095..0).contains(&answer))
    }

    fn last(&self) -> bool {
        self.answers.last().is_some_and(|&answer| !(-4095..0).contains(&answer))
    }

    /// Whether another program took the place of this one.
    fn was_replaced(&self) -> bool {
        self.answers.is_empty() && self.finished.ending == Ending::Status(0)
    }
}

/// A way out.
struct Escape {
    name: &'static str,
    /// For programs with which imports the wall holds it back.
    held_back: &'static [Imports],
    steps: fn(&World) -> Result<Vec<Step>>,
    /// Whether it led out.
    succeeded: fn(&World, &Done) -> bool,
}

/// Which functions of WASI a program imports besides the few that it needs.
type Imports = fn(&str) -> bool;

const EVERYTHING: Imports = |_| true;
const LITTLE: Imports = |_| false;
/// Whatever is imported.
const ALWAYS: &[Imports] = &[EVERYTHING, LITTLE];
/// What takes a name from a file, which may be made again then.
const WITHOUT_REMOVING: Imports = |name| !["path_rename", "path_unlink_file"].contains(&name);
const WHILE_FILES_STAY: &[Imports] = &[WITHOUT_REMOVING, LITTLE];

fn call(number: i64, arguments: impl IntoIterator<Item = Argument>) -> Step {
    (number, arguments.into_iter().collect())
}

/// Writes a list of arguments of several kinds.
macro_rules! call {
    ($number:expr $(, $argument:expr)*) => {
        call($number, [$(Argument::from($argument)),*])
    };
}

fn path(world: &World, name: &str) -> Argument {
    Argument::from(world.path(name).as_path())
}

/// Opens a path with each open file as the directory that it begins in.
fn from_each(flags: i64, path: &str) -> Vec<Step> {
    OPEN.map(|fd| call!(OPENAT, fd, path, flags, 0o600)).collect()
}

const ESCAPES: &[Escape] = &[
    Escape {
        name: "a_file_outside_is_opened_by_its_path",
        held_back: ALWAYS,
        steps: |world| Ok(vec![call!(OPENAT, HERE, path(world, "outside/canary"), READ_ONLY)]),
        succeeded: |_, done| done.last(),
    },
    Escape {
        name: "a_file_outside_is_opened_by_another_call",
        held_back: ALWAYS,
        steps: |world| {
            let how = Argument::Bytes(vec![0; 24]);
            Ok(vec![call!(OPENAT2, HERE, path(world, "outside/canary"), how, 24)])
        },
        succeeded: |_, done| done.last(),
    },
    Escape {
        name: "a_file_outside_is_opened_from_a_granted_directory",
        held_back: ALWAYS,
        steps: |_| Ok(from_each(READ_ONLY, "../outside/canary")),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "a_file_outside_is_written",
        held_back: ALWAYS,
        steps: |world| {
            let open = call!(OPENAT, HERE, path(world, "outside/canary"), WRITE_ONLY);
            Ok(vec![open, call!(WRITE, Argument::Answer(0), "x", 1)])
        },
        succeeded: |world, _| !world.is_whole("outside/canary"),
    },
    Escape {
        name: "a_file_outside_is_made",
        held_back: ALWAYS,
        steps: |_| Ok(from_each(WRITE_ONLY | CREATE, "../outside/new")),
        succeeded: |world, _| world.exists("outside/new"),
    },
    Escape {
        name: "a_file_outside_is_removed",
        held_back: ALWAYS,
        steps: |world| Ok(vec![call!(UNLINKAT, HERE, path(world, "outside/canary"))]),
        succeeded: |world, _| !world.exists("outside/canary"),
    },
    Escape {
        name: "a_file_outside_is_linked_to",
        held_back: ALWAYS,
        steps: |world| {
            Ok(vec![call!(LINK, path(world, "outside/canary"), path(world, "writable/link"))])
        },
        succeeded: |world, _| world.exists("writable/link"),
    },
    Escape {
        name: "a_file_is_moved_out",
        held_back: ALWAYS,
        steps: |world| {
            let (from, to) = (path(world, "writable/file"), path(world, "outside/file"));
            Ok(vec![call!(RENAMEAT, HERE, from, HERE, to)])
        },
        succeeded: |world, _| world.exists("outside/file"),
    },
    Escape {
        name: "a_file_is_moved_in",
        held_back: ALWAYS,
        steps: |world| {
            Ok(vec![call!(RENAME, path(world, "outside/canary"), path(world, "writable/in"))])
        },
        succeeded: |world, _| world.exists("writable/in"),
    },
    Escape {
        name: "a_link_and_a_directory_are_made_outside",
        held_back: ALWAYS,
        steps: |world| {
            let link = call!(SYMLINK, "x", path(world, "outside/link"));
            Ok(vec![link, call!(MKDIRAT, HERE, path(world, "outside/folder"), 0o700)])
        },
        succeeded: |world, _| world.exists("outside/link") || world.exists("outside/folder"),
    },
    Escape {
        name: "what_is_read_only_is_opened_for_writing",
        held_back: ALWAYS,
        steps: |_| Ok(from_each(READ_WRITE, "kept")),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "what_is_read_only_is_truncated",
        held_back: ALWAYS,
        steps: |world| {
            let mut steps = from_each(WRITE_ONLY | TRUNCATED, "kept");
            steps.push(call!(TRUNCATE, path(world, "readable/kept"), 0));
            Ok(steps)
        },
        succeeded: |world, _| !world.is_whole("readable/kept"),
    },
    Escape {
        name: "what_is_read_only_is_added_to",
        held_back: ALWAYS,
        steps: |_| Ok(from_each(WRITE_ONLY | CREATE, "new")),
        succeeded: |world, _| world.exists("readable/new"),
    },
    Escape {
        name: "what_is_read_only_is_removed_or_renamed",
        held_back: ALWAYS,
        steps: |world| {
            let (from, to) = (path(world, "readable/kept"), path(world, "writable/kept"));
            let mut steps: Vec<_> = OPEN.map(|fd| call!(UNLINKAT, fd, "kept")).collect();
            steps.push(call!(RENAME, from, to));
            Ok(steps)
        },
        succeeded: |world, _| !world.exists("readable/kept"),
    },
    Escape {
        name: "its_own_memory_is_opened_as_a_file",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(OPENAT, HERE, "/proc/self/mem", READ_WRITE)]),
        succeeded: |_, done| done.last(),
    },
    Escape {
        name: "another_program_is_executed",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(EXECVE, "/bin/true", 0, 0)]),
        succeeded: |_, done| done.was_replaced(),
    },
    Escape {
        name: "a_program_of_its_own_is_executed",
        held_back: ALWAYS,
        steps: |_| {
            Ok(vec![
                call!(MEMFD_CREATE, "program", 0),
                call!(WRITE, Argument::Answer(0), "#!/bin/true\n", 12),
                call!(EXECVEAT, Argument::Answer(0), "", 0, 0, EMPTY_PATH),
            ])
        },
        succeeded: |_, done| done.was_replaced() || done.any(),
    },
    Escape {
        name: "a_process_is_started",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(FORK)]),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "a_server_is_connected_to",
        held_back: ALWAYS,
        steps: |world| {
            let address = Argument::Bytes(world.address()?);
            let connect = call!(CONNECT, Argument::Answer(0), address, 16);
            Ok(vec![call!(SOCKET, INTERNET, STREAM, 0), connect])
        },
        succeeded: |world, done| done.any() || world.listener.accept().is_ok(),
    },
    Escape {
        name: "a_process_is_traced",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(PTRACE)]),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "fresh_pages_are_written_and_executed",
        held_back: ALWAYS,
        steps: |_| {
            let everything = PROTECT_READ | PROTECT_WRITE | PROTECT_EXECUTE;
            Ok(vec![call!(MMAP, 0, 4096, everything, FRESH, -1, 0)])
        },
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "written_pages_become_executable",
        held_back: ALWAYS,
        steps: |_| {
            let map = call!(MMAP, 0, 4096, PROTECT_READ | PROTECT_WRITE, FRESH, -1, 0);
            let executable = PROTECT_READ | PROTECT_EXECUTE;
            Ok(vec![map, call!(MPROTECT, Argument::Answer(0), 4096, executable)])
        },
        succeeded: |_, done| done.last(),
    },
    Escape {
        name: "another_process_is_killed",
        held_back: ALWAYS,
        steps: |world| {
            let other = world.other_process();
            Ok(vec![call!(KILL, other, KILLED), call!(TKILL, other, KILLED)])
        },
        succeeded: |world, _| !world.other_lives(),
    },
    Escape {
        name: "another_process_is_killed_by_its_file",
        held_back: ALWAYS,
        steps: |world| {
            let open = call!(PIDFD_OPEN, world.other_process(), 0);
            Ok(vec![open, call!(PIDFD_SEND_SIGNAL, Argument::Answer(0), KILLED, 0, 0)])
        },
        succeeded: |world, done| done.any() || !world.other_lives(),
    },
    Escape {
        name: "the_memory_of_another_process_is_read",
        held_back: ALWAYS,
        // No vectors: the answer tells whether it might be.
        steps: |world| Ok(vec![call!(PROCESS_VM_READV, world.other_process(), 0, 0, 0, 0, 0)]),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "settings_of_the_process_are_changed_back",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(PRCTL, SET_DUMPABLE, 0)]),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "what_is_shared_with_other_processes_is_no_more",
        held_back: ALWAYS,
        steps: |_| Ok(vec![call!(UNSHARE, UNSHARE_FILE_SYSTEM)]),
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "a_neighbour_of_a_named_file_is_opened",
        held_back: WHILE_FILES_STAY,
        steps: |world| {
            let mut steps = from_each(READ_ONLY, "neighbour");
            steps.push(call!(OPENAT, HERE, path(world, "around/neighbour"), READ_ONLY));
            Ok(steps)
        },
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "a_neighbour_of_a_named_file_is_written",
        held_back: WHILE_FILES_STAY,
        steps: |world| {
            let truncate = call!(TRUNCATE, path(world, "around/neighbour"), 0);
            Ok([from_each(WRITE_ONLY | TRUNCATED, "neighbour"), vec![truncate]].concat())
        },
        succeeded: |world, _| !world.is_whole("around/neighbour"),
    },
    Escape {
        name: "a_neighbour_of_a_named_file_is_made_or_removed",
        held_back: WHILE_FILES_STAY,
        steps: |_| {
            let mut steps = from_each(WRITE_ONLY | CREATE, "new");
            steps.extend(OPEN.map(|fd| call!(UNLINKAT, fd, "neighbour")));
            Ok(steps)
        },
        succeeded: |world, _| world.exists("around/new") || !world.exists("around/neighbour"),
    },
    Escape {
        name: "neighbours_of_a_named_file_are_listed",
        held_back: ALWAYS,
        steps: |world| {
            let open = call!(OPENAT, HERE, path(world, "around"), READ_ONLY);
            let list = |fd| call!(GETDENTS64, fd, Argument::Bytes(vec![0; 512]), 512);
            // The files that were open from the start are listed behind it.
            let from_start = LATER.map(|fd| list(Argument::from(fd)));
            Ok([vec![open, list(Argument::Answer(0))], from_start.collect()].concat())
        },
        succeeded: |_, done| done.any(),
    },
    Escape {
        name: "a_directory_is_made_beside_a_named_file",
        held_back: ALWAYS,
        steps: |world| Ok(vec![call!(MKDIRAT, HERE, path(world, "around/folder"), 0o700)]),
        succeeded: |world, _| world.exists("around/folder"),
    },
];

/// A case for each escape, and those that have no counterpart without a wall.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        ESCAPES.iter().map(|escape| Case::new(escape.name, || held_back(escape))).collect();
    cases.push(Case::new("calls_are_queued_past_the_list", queue));
    cases.push(Case::new("another_convention_ends_the_process", || with_wall(foreign_convention)));
    cases.push(Case::new("what_was_granted_stays_usable", || with_wall(granted)));
    cases
}

/// The target with the hole, or why nothing can be tried here.
fn target() -> Result<&'static Target, String> {
    let target = wasm2native_targets::host().ok_or("this machine is no target")?;
    match target.hole_stub() {
        Ok(_) => Ok(target),
        Err(error @ StubError::Absent { .. }) => Err(format!("with a planted hole, {error}")),
        // What is damaged fails when it is used.
        Err(StubError::Damaged { .. }) => Ok(target),
    }
}

/// What a program did with such a wall, or why that cannot be tried.
fn attempt(
    world: &World,
    sandbox: Sandbox,
    imports: Imports,
    steps: &[Step],
) -> Result<Result<Done, String>> {
    let target = match target() {
        Ok(target) => target,
        Err(reason) => return Ok(Err(reason)),
    };
    let grants = Grants {
        sandbox,
        writable: &world.path("writable"),
        readable: &world.path("readable"),
        imports,
    };
    let executable = world.path("program");
    hole::build(target, &grants, &executable)?;
    let (answers, finished) = hole::run(&executable, &world.path("around/named"), steps)?;
    if sandbox == Sandbox::Require && finished.ending == Ending::Status(EXIT_SETUP_FAILED) {
        return Ok(Err(finished.stderr_text()));
    }
    Ok(Ok(Done { answers, finished }))
}

/// Without the wall the escape leads out, behind it it does not.
fn held_back(escape: &Escape) -> Result<Outcome> {
    let behind = escape.held_back.iter().map(|&imports| (Sandbox::Require, imports));
    for (sandbox, imports) in std::iter::once((Sandbox::Off, EVERYTHING)).chain(behind) {
        let world = World::new()?;
        let steps = (escape.steps)(&world)?;
        let done = match attempt(&world, sandbox, imports, &steps)? {
            Ok(done) => done,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        };
        let succeeded = (escape.succeeded)(&world, &done);
        let expected = sandbox == Sandbox::Off;
        ensure!(
            succeeded == expected,
            "with the wall {}, it {}: {:?}, {}",
            if expected { "off" } else { "up" },
            if succeeded { "succeeded" } else { "failed" },
            done.answers,
            done.finished.ending
        );
        ensure!(
            expected || done.answers.len() == steps.len(),
            "behind the wall it ended early: {}; {}",
            done.finished.ending,
            done.finished.stderr_text()
        );
    }
    Ok(Outcome::Passed)
}

/// Tries something behind the wall only.
fn with_wall(check: fn(&World) -> Result<Trial>) -> Result<Outcome> {
    for imports_everything in [true, false] {
        let world = World::new()?;
        let (steps, check) = check(&world)?;
        let imports = if imports_everything { EVERYTHING } else { LITTLE };
        match attempt(&world, Sandbox::Require, imports, &steps)? {
            Ok(done) => check(&done, imports_everything)?,
            Err(reason) => return Ok(Outcome::Skipped(reason)),
        }
    }
    Ok(Outcome::Passed)
}

/// What a program does, and what is asked of it then.
type Trial = (Vec<Step>, Check);

/// Whether what a program did is as it should be; it may depend on whether it imports everything.
type Check = fn(&Done, bool) -> Result<()>;

/// Systems may have this switched off, so that nothing can be shown without the wall.
fn queue() -> Result<Outcome> {
    with_wall(|_| {
        let parameters = Argument::Bytes(vec![0; 120]);
        Ok((vec![call!(IO_URING_SETUP, 1, parameters)], |done, _| {
            ensure!(done.answers == [-1], "{:?}", done.answers);
            Ok(())
        }))
    })
}

fn foreign_convention(_: &World) -> Result<Trial> {
    Ok((vec![call!(X32 | GETPID)], |done, _| {
        let expected = Ending::Signal(BAD_SYSTEM_CALL);
        ensure!(done.finished.ending == expected, "{}", done.finished.ending);
        Ok(())
    }))
}

fn granted(world: &World) -> Result<Trial> {
    let steps = vec![
        call!(OPENAT, HERE, path(world, "writable/file"), READ_WRITE),
        call!(OPENAT, HERE, path(world, "writable/new"), WRITE_ONLY | CREATE, 0o600),
        call!(OPENAT, HERE, path(world, "readable/kept"), READ_ONLY),
    ];
    Ok((steps, |done, imports_everything| {
        for &answer in &done.answers {
            // Who imports no function for it opens nothing.
            ensure!(if imports_everything { answer >= 0 } else { answer == -1 }, "{answer}");
        }
        ensure!(done.answers.len() == 3, "{}", done.finished.ending);
        Ok(())
    }))
}
