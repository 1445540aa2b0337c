//! The audit record of a run to what was used: which directories, with which rights.
//!
//! Invariant: what the record says was used is granted by the result; what it was refused is not.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use wasm2native::{Directory, PolicyDescription};

/// More directories than this below one grant become the one that holds them all.
const MOST_DIRECTORIES: usize = 8;

/// A line of the record.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Line {
    event: String,
    subject: String,
    action: String,
    access: String,
    path: String,
    grant: String,
    from: String,
    index: usize,
    environment: Vec<String>,
    complete: Option<bool>,
}

/// What a run used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Trace {
    /// Directories, as grants.
    pub(super) directories: Vec<Directory>,
    /// Directories of embedded files, as the program knows them.
    pub(super) embedded: BTreeSet<String>,
    /// Whether files that the command line names were read, and whether they were written.
    pub(super) arguments: Option<bool>,
    /// Whether it asked for its variables.
    pub(super) environment: bool,
    /// The variables that it had.
    pub(super) variables: Vec<String>,
    /// Whether it accepted connections.
    pub(super) socket: bool,
    /// What it was refused, in words.
    pub(super) refused: Vec<String>,
    /// Whether the record has everything.
    pub(super) complete: bool,
}

impl Trace {
    /// Reads a record, whose form `runtime-stub/src/watch/record.rs` has. `policy` is what the program was
    /// built with, `arguments` is its command line.
    ///
    /// `None` when it has no beginning: then the program did not start.
    pub(super) fn read(
        record: &str,
        policy: &PolicyDescription,
        arguments: &[String],
    ) -> Option<Self> {
        let lines: Vec<Line> =
            record.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let start = lines.iter().find(|line| line.event == "start")?;
        let mut tells_grants = true;
        let mut trace = Self { variables: start.environment.clone(), ..Self::default() };
        // By the directory's place in the policy and, of everything, the name in the root.
        let mut used: BTreeMap<(usize, &str), Vec<Use>> = BTreeMap::new();
        for line in &lines {
            match (&line.event[..], &line.subject[..]) {
                ("used", "file") => {
                    let write = matches!(&line.access[..], "write" | "create");
                    let is_named = || arguments.iter().any(|text| names(text, &line.path));
                    match &line.from[..] {
                        "embedded" => {
                            trace.embedded.extend(policy.embedded.get(line.index).cloned());
                        }
                        // What the command line names needs no directory.
                        "arguments" => trace.use_argument(write),
                        "directory" if is_named() => trace.use_argument(write),
                        "directory" => {
                            let granted = policy.directories.get(line.index);
                            let is_everything = granted.is_some_and(|granted| granted.everything);
                            let name = if is_everything { &line.grant[..] } else { "" };
                            let guest = granted.map_or("", |granted| &granted.guest);
                            let guest = if is_everything { name } else { guest };
                            let uses = used.entry((line.index, name)).or_default();
                            uses.push(Use::of(line, write, guest));
                        }
                        // A directory that grants nothing; or an older version, which names it only.
                        _ => tells_grants &= line.grant.is_empty(),
                    }
                }
                ("used", "environment") => trace.environment = true,
                ("used", "socket") => trace.socket = true,
                ("denied", "file") => {
                    trace.refused.push(format!("{} {} ({})", line.action, line.path, line.access));
                }
                ("denied", subject) => trace.refused.push(subject.to_owned()),
                ("end", _) => trace.complete = line.complete == Some(true),
                _ => {}
            }
        }
        for ((index, name), uses) in used {
            let Some(granted) = policy.directories.get(index) else { continue };
            let everything = granted.everything.then(|| Directory::new(name, name));
            let origin = everything.as_ref().unwrap_or(granted);
            for (below, write) in directories(&uses) {
                let directory = beneath(origin, &below, !write);
                if !trace.directories.contains(&directory) {
                    trace.directories.push(directory);
                }
            }
        }
        trace.complete &= tells_grants;
        Some(trace)
    }

    fn use_argument(&mut self, write: bool) {
        self.arguments = Some(write || self.arguments == Some(true));
    }
}

/// Whether an argument names a path, by itself or, of an option, behind `=`.
fn names(argument: &str, path: &str) -> bool {
    let value = match argument.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => argument,
    };
    [argument, value]
        .iter()
        .any(|text| !text.is_empty() && normal(text).is_some() && normal(text) == normal(path))
}

/// The components of a path; none when it leaves where it starts.
fn normal(path: &str) -> Option<Vec<&str>> {
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                components.pop()?;
            }
            name => components.push(name),
        }
    }
    Some(components)
}

/// A directory below a grant that was used.
struct Use {
    /// Its components below the grant.
    below: Vec<String>,
    write: bool,
    /// What was opened to be read, as far as is known: a directory in which more was looked up, maybe.
    opened: Option<Vec<String>>,
    /// Whether its path leads by the granted directory's usual name straight down.
    is_direct: bool,
}

impl Use {
    /// The directory that holds what a line names, or is it.
    fn of(line: &Line, write: bool, guest: &str) -> Self {
        let base = normal(&line.grant).unwrap_or_default();
        // What leaves the grant by its names and comes back needs all of it.
        let path = normal(&line.path).unwrap_or_default();
        let mut below: Vec<String> =
            path.iter().skip(base.len()).map(|&name| name.to_owned()).collect();
        let opened = (line.action == "open" && !write).then(|| below.clone());
        // A directory in the granted one has one name alone, by which libraries look for it.
        let has_other_name = !guest.is_empty() && normal(guest) != normal(&line.grant);
        let is_direct = !has_other_name && line.path.split('/').all(|name| name != "..");
        if line.access != "list" {
            below.pop();
        }
        Self { below, write, opened, is_direct }
    }
}

/// What the uses of one grant need of it, and whether for writing: the outermost directories that were written
/// in, and those that were read beside and above them.
fn directories(uses: &[Use]) -> Vec<(Vec<String>, bool)> {
    let opened: Vec<&Vec<String>> = uses.iter().filter_map(|each| each.opened.as_ref()).collect();
    let written = uses.iter().filter(|each| each.write).map(|each| {
        // An open directory has the rights of the grant by which it was opened.
        let above = opened.iter().filter(|outer| each.below.starts_with(outer));
        above.min_by_key(|outer| outer.len()).map_or(&each.below, |outer| *outer)
    });
    let written = outermost(written.map(|below| (below.clone(), true)).collect());
    let is_written = |below: &[String]| written.iter().any(|(outer, _)| below.starts_with(outer));
    let read = uses.iter().filter(|each| !is_written(&each.below));
    let mut needed = outermost(read.map(|each| (each.below.clone(), false)).collect());
    needed.extend(written);
    if needed.len() > MOST_DIRECTORIES || uses.iter().any(|each| !each.is_direct) {
        needed = outermost(needed);
    }
    needed.sort();
    if needed.len() > MOST_DIRECTORIES {
        let mut common = needed[0].0.clone();
        for (below, _) in &needed {
            let same = common.iter().zip(below).take_while(|(one, other)| one == other).count();
            common.truncate(same);
        }
        let write = needed.iter().any(|(_, write)| *write);
        needed = vec![(common, write)];
    }
    needed
}

/// Of directories those that are in no other, with the rights of all that are in them.
fn outermost(mut directories: Vec<(Vec<String>, bool)>) -> Vec<(Vec<String>, bool)> {
    // A directory stands before all that are in it.
    directories.sort();
    let mut outermost: Vec<(Vec<String>, bool)> = Vec::new();
    for (below, write) in directories {
        match outermost.iter_mut().find(|(outer, _)| below.starts_with(outer)) {
            Some((_, outer_write)) => *outer_write |= write,
            None => outermost.push((below, write)),
        }
    }
    outermost
}

/// The directory at `below` in a granted one.
fn beneath(origin: &Directory, below: &[String], read_only: bool) -> Directory {
    let join = |base: &str| {
        let mut path =
            if base == "." && !below.is_empty() { String::new() } else { base.to_owned() };
        for name in below {
            if !path.is_empty() && !path.ends_with(['/', ':']) {
                path.push('/');
            }
            path.push_str(name);
        }
        path
    };
    Directory {
        host: join(&origin.host),
        guest: if origin.guest.is_empty() { String::new() } else { join(&origin.guest) },
        read_only,
        // Only the granted directory itself is made or missed.
        create: origin.create && below.is_empty(),
        optional: origin.optional,
        own_path: origin.own_path && below.is_empty(),
        everything: false,
    }
}
