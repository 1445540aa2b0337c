//! The audit record of a run to what was used: which directories, with which rights.
//!
//! Invariant: what the record says was used is granted by the result; what it was refused is not.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use wasm2native::{ArgumentGrant, Directory, PolicyDescription};

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
        let may_name = grants_arguments(policy);
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
                        "directory" if may_name && is_named() => trace.use_argument(write),
                        "directory" => {
                            let granted = policy.directories.get(line.index);
                            let is_everything = granted.is_some_and(|granted| granted.everything);
                            let name = if is_everything { &line.grant[..] } else { "" };
                            used.entry((line.index, name)).or_default().push(Use::of(line, write));
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
            for (below, write) in directories(uses) {
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

/// Whether a program may use what its command line names: what names a directory's file is a use of that
/// otherwise.
fn grants_arguments(policy: &PolicyDescription) -> bool {
    policy.arguments != ArgumentGrant::Off
        || policy.directories.iter().any(|directory| directory.everything)
}

/// Whether an argument names a path, by itself or, of an option, behind `=`.
fn names(argument: &str, path: &str) -> bool {
    let value = match argument.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => argument,
    };
    [argument, value].iter().any(|text| !text.is_empty() && normal(text) == normal(path))
}

/// The components of a path. Those of a relative one that leaves where it starts begin with `..`.
fn normal(path: &str) -> Vec<&str> {
    let mut components = Vec::new();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." if components.last().is_some_and(|&last| last != "..") => drop(components.pop()),
            ".." if path.starts_with('/') => {}
            name => components.push(name),
        }
    }
    components
}

/// How many directories up components lead.
fn ups(components: &[String]) -> usize {
    components.iter().take_while(|&name| name == "..").count()
}

/// A directory below a grant that was used.
struct Use {
    /// Its components below the grant.
    below: Vec<String>,
    write: bool,
}

impl Use {
    /// The directory that holds what a line names, or is it.
    fn of(line: &Line, write: bool) -> Self {
        let (base, mut path) = (normal(&line.grant), normal(&line.path));
        let below = match path.strip_prefix(&base[..]) {
            Some(below) => below,
            // Where every file is granted, names may lead up: from the current directory,
            None if path.first() == Some(&"..") => &path[..],
            // or from another.
            None => {
                let same = base.iter().zip(&path).take_while(|(one, other)| one == other).count();
                path.splice(..same, vec![".."; base.len() - same]);
                &path[..]
            }
        };
        let mut below: Vec<String> = below.iter().map(|&name| name.to_owned()).collect();
        if line.access != "list" {
            below.pop();
        }
        Self { below, write }
    }
}

/// What the uses of one grant need of it, and whether for writing: a directory that is in another one goes
/// with that.
fn directories(uses: Vec<Use>) -> Vec<(Vec<String>, bool)> {
    let mut needed: Vec<(Vec<String>, bool)> = Vec::new();
    let mut uses = uses;
    uses.sort_by(|one, other| one.below.cmp(&other.below));
    for Use { below, write } in uses {
        // A directory stands before all that are in it.
        let is_in = |outer: &[String]| below.starts_with(outer) && ups(&below) == ups(outer);
        match needed.iter_mut().find(|(outer, _)| is_in(outer)) {
            Some((_, outer_write)) => *outer_write |= write,
            None => needed.push((below, write)),
        }
    }
    if needed.len() > MOST_DIRECTORIES {
        let mut common = needed[0].0.clone();
        for (below, _) in &needed {
            let same = common.iter().zip(below).take_while(|(one, other)| one == other).count();
            common.truncate(same);
        }
        // What leads up farther holds what leads up less, and not the other way round.
        let highest = needed.iter().map(|(below, _)| ups(below)).max().unwrap_or(0);
        if ups(&common) < highest {
            common = vec!["..".to_owned(); highest];
        }
        let write = needed.iter().any(|(_, write)| *write);
        needed = vec![(common, write)];
    }
    needed
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
