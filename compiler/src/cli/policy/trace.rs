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
    grant: Option<String>,
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
    /// Reads a record. `policy` is what the program was built with, `arguments` is its command line,
    /// `current` the directory that it was started in.
    ///
    /// `None` when it has no beginning: then the program did not start.
    pub(super) fn read(
        record: &str,
        policy: &PolicyDescription,
        arguments: &[String],
        current: &str,
    ) -> Option<Self> {
        let lines: Vec<Line> =
            record.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let start = lines.iter().find(|line| line.event == "start")?;
        let mut trace = Self { variables: start.environment.clone(), ..Self::default() };
        let mut used: BTreeMap<&str, Vec<Use>> = BTreeMap::new();
        for line in &lines {
            match (&line.event[..], &line.subject[..]) {
                ("used", "file") => {
                    let write = matches!(&line.access[..], "write" | "create");
                    if let Some(name) =
                        line.grant.as_deref().and_then(|name| embedded(name, policy))
                    {
                        trace.embedded.insert(name.to_owned());
                        continue;
                    }
                    if arguments.iter().any(|argument| names(argument, &line.path)) {
                        trace.arguments = Some(write || trace.arguments == Some(true));
                        continue;
                    }
                    let Some(grant) = &line.grant else { continue };
                    let directory = Use::of(line, grant, write);
                    used.entry(grant).or_default().push(directory);
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
        for (grant, uses) in used {
            let needed = directories(uses);
            for origin in origins(grant, policy, current) {
                for (below, write) in &needed {
                    let directory = beneath(&origin, below, !write);
                    if !trace.directories.contains(&directory) {
                        trace.directories.push(directory);
                    }
                }
            }
        }
        Some(trace)
    }
}

/// Whether an argument names a path, by itself or behind `=`.
fn names(argument: &str, path: &str) -> bool {
    let value = argument.split_once('=').map_or(argument, |(_, value)| value);
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
}

impl Use {
    /// The directory that holds what a line names, or is it.
    fn of(line: &Line, grant: &str, write: bool) -> Self {
        let base = normal(grant).unwrap_or_default();
        // What leaves the grant by its names and comes back needs all of it.
        let path = normal(&line.path).unwrap_or_default();
        let mut below: Vec<String> =
            path.iter().skip(base.len()).map(|&name| name.to_owned()).collect();
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
        match needed.iter_mut().find(|(outer, _)| below.starts_with(outer)) {
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
        let write = needed.iter().any(|(_, write)| *write);
        needed = vec![(common, write)];
    }
    needed
}

/// The directory of embedded files that a grant's name is, if it is one: their own, or the root of them all.
fn embedded<'a>(grant: &'a str, policy: &PolicyDescription) -> Option<&'a str> {
    let is_named = policy.embedded.iter().any(|name| name == grant);
    let is_granted = policy.directories.iter().any(|each| each.everything || each.guest == grant);
    (is_named || grant == "/" && !is_granted).then_some(grant)
}

/// What fresh private directories are called.
const TEMPORARY_NAME: &str = "wasm2native-";

/// The grants of the policy that a grant's name may stand for. One that is known by its own path has a name
/// that the policy does not tell: where several may be meant, all are, since all were granted.
fn origins(grant: &str, policy: &PolicyDescription, current: &str) -> Vec<Directory> {
    let directories = || policy.directories.iter().filter(|directory| !directory.everything);
    if let Some(found) = directories().find(|directory| directory.guest == grant) {
        return vec![found.clone()];
    }
    let is_temporary = |directory: &&Directory| directory.host.starts_with("tmp:");
    let is_current = |directory: &&Directory| matches!(&directory.host[..], "." | "cwd:");
    let own: Vec<&Directory> = directories().filter(|directory| directory.own_path).collect();
    let last = grant.rsplit(['/', '\\']).next().unwrap_or_default();
    let meant: Vec<&Directory> = if last.starts_with(TEMPORARY_NAME) && own.iter().any(is_temporary)
    {
        own.into_iter().filter(is_temporary).collect()
    } else if grant == current && own.iter().any(is_current) {
        own.into_iter().filter(is_current).collect()
    } else {
        own.into_iter().filter(|each| !is_temporary(each) && !is_current(each)).collect()
    };
    if meant.is_empty() && policy.directories.iter().any(|directory| directory.everything) {
        return vec![Directory::new(grant, grant)];
    }
    meant.into_iter().cloned().collect()
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
