//! Host calls while another thread swaps what paths lead through for links that lead out.

use super::guest::{Guest, Value};
use super::input::Input;
use super::model::Model;
use super::operation::{LISTING_BYTES, Operation};
use super::sequence::seen;
use super::text::Text;
use super::tree::{Playground, World};
use super::with_playground;
use rustix::fs::renameat;
use std::fs::File;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// A sequence has at most so many calls, made over and over.
const MAXIMUM_CALLS: usize = 12;
const ROUNDS: usize = 40;

/// Renames that put something else in the place of what paths lead through, in a circle: after all of them
/// everything is where it was. None goes through something that the program can replace: who renames follows
/// links.
const SWAPS: &[(&str, &str)] = &[
    ("w/dir", "elsewhere/dir"),
    ("w/up", "w/dir"),
    ("w/dir", "w/up"),
    ("elsewhere/dir", "w/dir"),
    ("w/file", "elsewhere/file"),
    ("w/up-file", "w/file"),
    ("w/file", "w/up-file"),
    ("elsewhere/file", "w/file"),
    ("w/kept", "elsewhere/kept"),
    ("w/absolute", "w/kept"),
    ("w/kept", "w/absolute"),
    ("elsewhere/kept", "w/kept"),
    ("w/good", "elsewhere/good"),
    ("w/parent", "w/good"),
    ("w/good", "w/parent"),
    ("elsewhere/good", "w/good"),
];

/// Makes the host calls that `bytes` choose, over and over, in both worlds, while another thread swaps.
///
/// # Panics
/// When something outside was seen or touched.
pub fn race(bytes: &[u8]) {
    with_playground(|playground| {
        for (world, by_hand) in playground.worlds.iter().zip([false, true]) {
            let guest = Guest::start(world, by_hand).expect("the world can be granted");
            let folders = ["w/dir", "elsewhere"]
                .map(|name| File::open(world.path(name)).expect("it was made a moment ago"));
            let done = AtomicBool::new(false);
            std::thread::scope(|scope| {
                scope.spawn(|| swap(world, folders, &done));
                // Also when it panics, or the scope would wait for ever.
                let _end = End(&done);
                run(playground, guest, bytes);
            });
            world.refresh().expect("the trees can be made anew");
        }
        if let Some(touched) = playground.touched() {
            panic!("a canary or a directory for reading only was touched: {touched}");
        }
    });
}

/// Says that it is over when it goes out of scope.
struct End<'a>(&'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A folder that moves away while a path goes through it and back from it must not be left elsewhere.
const BACK: &[u8] = b"dir/deep/../secret";

fn swap(world: &World, [folder, elsewhere]: [File; 2], done: &AtomicBool) {
    let swaps: Vec<(PathBuf, PathBuf)> =
        SWAPS.iter().map(|(from, to)| (world.path(from), world.path(to))).collect();
    while !done.load(Ordering::Relaxed) {
        for _ in 0..20 {
            let _ = renameat(&folder, "deep", &elsewhere, "deep");
            let _ = renameat(&elsewhere, "deep", &folder, "deep");
        }
        for (from, to) in &swaps {
            // Some fail, since the program moves and removes things too.
            let _ = std::fs::rename(from, to);
        }
    }
}

fn run(playground: &Playground, mut guest: Guest, bytes: &[u8]) {
    let grants = guest.granted();
    let grants = grants.iter().map(|(fd, name)| (*fd, playground.grant(name)));
    let model = Model::new(playground.tree(), grants);
    let mut input = Input::new(bytes);
    let mut operations = Vec::new();
    while !input.is_empty() && operations.len() < MAXIMUM_CALLS {
        let operation = Operation::choose(&mut input, &model);
        // The directories that all calls start from stay.
        if !matches!(operation, Operation::Close { .. } | Operation::Renumber { .. }) {
            operations.push(operation);
        }
    }
    let (fd, path) = (model.writable()[0], Text(BACK.to_vec()));
    operations.push(Operation::Status { fd, lookup: 0, path: path.clone() });
    operations.push(Operation::ReadLink { fd, path, length: 100 });
    for _ in 0..ROUNDS {
        for operation in &operations {
            let value = look(playground, &mut guest, operation);
            if let (Operation::Open { .. }, Value::Number(fd)) = (operation, value) {
                use_file(playground, &mut guest, fd as u32);
            }
        }
    }
}

/// Makes a call and looks at its answer.
fn look(playground: &Playground, guest: &mut Guest, operation: &Operation) -> Value {
    let answer = guest.perform(operation);
    if let Some(seen) = seen(playground, &answer.value) {
        panic!("something outside was seen: {seen}, by {operation:?}");
    }
    answer.value
}

/// Does with an open file or directory what shows where it is, and closes it.
fn use_file(playground: &Playground, guest: &mut Guest, fd: u32) {
    for operation in [
        Operation::FileStatus { fd },
        Operation::Read { fd, length: 100, at: None },
        Operation::List { fd, cookie: 0, length: LISTING_BYTES },
        Operation::Close { fd },
    ] {
        look(playground, guest, &operation);
    }
}
