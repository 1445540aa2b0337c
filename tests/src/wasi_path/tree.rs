//! The files that sequences work on, on disk and in the model: trees that are granted, and canaries that are
//! not.
//!
//! | where | what |
//! |---|---|
//! | `outside` | canaries: nothing here may be seen or changed |
//! | `w` | granted as `w` and `again` for writing, as `look` for reading only |
//! | `w/kept` | granted as `kept` for reading only |
//! | `r` | granted as `r` for reading only |
//! | `r/open` | granted as `open` for writing |
//! | `named` | what arguments name: a file, a folder, and one that is not there; and more canaries |
//! | `elsewhere` | what another process moves out of the granted directories; and a canary |
//!
//! There are two such worlds, for the two ways to walk a path, and canaries beside both.

use super::model::{Grant, Kind, NodeId, Tree};
use super::rights;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ffi::{OsStr, OsString};
use std::fs::{File, FileTimes, Metadata};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use wasm2native_abi::embed::{ENTRY_BYTES, Entry};
use wasm2native_abi::policy::{ARGUMENTS_READ_WRITE, DIRECTORY_READ_ONLY, Record, RecordKind};

/// What a canary contains, and nothing else.
pub(super) const SECRET: &[u8] = b"<canary: secret>";
/// What files inside contain.
const CONTENTS: &[u8] = b"inside";

/// Something in a tree: a directory ends in `/`, a link has a target, and all else is a file.
type Item = (&'static str, Option<&'static str>);

/// Stands for the canaries beside both worlds, by their absolute path.
const ABSOLUTE: &str = "@";

const WRITABLE: &[Item] = &[
    ("file", None),
    ("dir/", None),
    ("dir/file", None),
    ("dir/deep/", None),
    ("dir/deep/file", None),
    ("dir/up", Some("../../outside")),
    ("dir/down", Some("../file")),
    ("kept/", None),
    ("kept/file", None),
    ("kept/dir/", None),
    ("kept/dir/file", None),
    ("up", Some("../outside")),
    ("up-file", Some("../outside/file")),
    ("up-new", Some("../outside/new")),
    ("root", Some("/")),
    ("absolute", Some("@")),
    ("absolute-file", Some("@/file")),
    ("magic", Some("/proc/self/cwd")),
    ("parent", Some("..")),
    ("loop", Some("loop")),
    ("here", Some(".")),
    ("chain", Some("up/dir")),
    ("good", Some("dir/deep")),
    ("good-slash", Some("dir/")),
    ("back", Some("dir/../file")),
    ("to-kept", Some("kept/file")),
    ("dangling", Some("nothing")),
];

const READ_ONLY: &[Item] = &[
    ("file", None),
    ("dir/", None),
    ("dir/file", None),
    ("open/", None),
    ("link", Some("file")),
    ("up", Some("../outside")),
    ("to-open", Some("open/file")),
    ("absolute", Some("@")),
];

/// Within `r/open`.
const OPEN: &[Item] = &[
    ("file", None),
    ("dir/", None),
    ("up", Some("../file")),
    ("parent", Some("..")),
    ("outside", Some("../../outside/file")),
    ("here", Some(".")),
];

/// Within `named`: what arguments name.
const NAMED: &[Item] = &[("given", None), ("folder/", None), ("folder/file", None)];

/// Within `named`: what they do not name.
const NOT_NAMED: &[Item] = &[
    ("secret", None),
    ("secret-folder/", None),
    ("secret-folder/file", None),
    ("secret-link", Some("secret")),
];

/// The arguments of programs, each behind the path of its world. They count where the policy grants what
/// arguments name.
pub(super) const ARGUMENTS: [(&str, &str); 3] =
    [("", "/named/given"), ("--folder=", "/named/folder"), ("", "/named/fresh")];

const CANARIES: &[Item] = &[
    ("file", None),
    ("dir/", None),
    ("dir/file", None),
    ("dir/deep/", None),
    ("deep/", None),
    ("deep/file", None),
    ("link", Some("file")),
];

/// The directories that are granted: name, place, for reading only.
const GRANTS: [(&str, &str, bool); 6] = [
    ("w", "w", false),
    ("again", "w", false),
    ("look", "w", true),
    ("kept", "w/kept", true),
    ("r", "r", true),
    ("open", "r/open", false),
];

/// The flags that grant the same to an executable which starts in a world. `folder` is given to what is
/// embedded.
///
/// # Errors
/// Those of the file system.
pub fn grants(folder: &Path) -> Result<Vec<String>> {
    std::fs::write(folder.join("file"), CONTENTS)?;
    let mut flags = vec!["--grant-args".to_owned(), "rw".to_owned()];
    flags.extend(["--embed".to_owned(), format!("{}::/lib", folder.display())]);
    for (name, place, read_only) in GRANTS {
        let end = if read_only { "::ro" } else { "" };
        flags.extend(["--dir".to_owned(), format!("{place}::{name}{end}")]);
    }
    Ok(flags)
}

/// What shows that a file was touched.
#[derive(PartialEq, Eq, Debug)]
struct Stamp {
    inode: u64,
    mode: u32,
    links: u64,
    size: u64,
    modified: i64,
    /// Of what may not be read, but for links, whose own time cannot be set by the standard library.
    accessed: Option<i64>,
}

impl Stamp {
    fn new(metadata: &Metadata, secret: bool) -> Self {
        Self {
            inode: metadata.ino(),
            mode: metadata.mode(),
            links: metadata.nlink(),
            size: metadata.len(),
            modified: metadata.mtime(),
            accessed: (secret && !metadata.is_symlink()).then(|| metadata.atime()),
        }
    }
}

/// One of the two worlds.
pub(super) struct World {
    root: PathBuf,
    /// The policy that grants its directories, encoded.
    pub(super) policy: &'static [u8],
    absolute: PathBuf,
}

/// Both worlds and the canaries beside them.
pub(super) struct Playground {
    pub(super) worlds: [World; 2],
    watched: Vec<(PathBuf, bool, Stamp)>,
    hidden: HashSet<(u64, u64)>,
    /// Those of what was made here.
    hidden_inodes: HashSet<u64>,
    /// The model of what is granted, and its top nodes: `w`, `r`.
    tree: Tree,
    tops: [NodeId; 2],
    _folder: TempDir,
}

impl Playground {
    /// New worlds, in memory where the system has a file system for that.
    pub(super) fn new() -> Result<Self> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("wasm2native-worlds-");
        let folder = match builder.tempdir_in("/dev/shm") {
            Ok(folder) => folder,
            Err(_) => builder.tempdir()?,
        };
        let absolute = folder.path().join("outside");
        std::fs::create_dir(&absolute)?;
        fill(&absolute, CANARIES, &absolute, SECRET)?;
        let mut watched = vec![absolute.clone()];
        let mut worlds = Vec::new();
        for name in ["kernel", "hand"] {
            let world = World::new(folder.path().join(name), &absolute)?;
            watched.extend([world.root.join("outside"), world.root.clone()]);
            worlds.push(world);
        }
        watched.push(folder.path().to_owned());

        let mut secret = Vec::new();
        for place in &watched {
            secret.push(place.clone());
            if place.ends_with("outside") {
                secret.extend(CANARIES.iter().map(|(name, _)| place.join(name)));
            }
        }
        for world in &worlds {
            secret.push(world.root.join("elsewhere/secret"));
            let place = world.root.join("named");
            secret.extend(NOT_NAMED.iter().map(|(name, _)| place.join(name)));
        }
        let kept: Vec<PathBuf> = worlds
            .iter()
            .flat_map(|world| {
                let names = READ_ONLY.iter().map(|(name, _)| *name).filter(|name| *name != "open/");
                let top = world.root.join("r");
                names.map(move |name| top.join(name)).chain([world.root.join("r")])
            })
            .collect();
        let identity = |place: &Path| -> Result<(u64, u64)> {
            let metadata = std::fs::symlink_metadata(place)?;
            Ok((metadata.dev(), metadata.ino()))
        };
        let places = secret.iter().map(PathBuf::as_path);
        let hidden_inodes = places.clone().map(|place| Ok(identity(place)?.1));
        let hidden_inodes = hidden_inodes.collect::<Result<HashSet<_>>>()?;
        let hidden = places.chain(folder.path().ancestors()).map(identity);
        let hidden = hidden.collect::<Result<HashSet<_>>>()?;
        // The times of a directory last, since what is made in it changes them.
        let mut places: Vec<_> = secret.into_iter().map(|place| (place, true)).collect();
        places.extend(kept.into_iter().map(|place| (place, false)));
        places.sort_by_key(|(place, _)| std::cmp::Reverse(place.components().count()));
        for (place, _) in &places {
            make_old(place)?;
        }
        let watch = |(place, secret): (PathBuf, bool)| -> Result<_> {
            let stamp = Stamp::new(&std::fs::symlink_metadata(&place)?, secret);
            Ok((place, secret, stamp))
        };
        let watched = places.into_iter().map(watch).collect::<Result<Vec<_>>>()?;

        let mut tree = Tree::default();
        let tops = [tree.top(), tree.top()];
        let absolute = absolute.as_os_str().as_bytes();
        model(&mut tree, tops[0], WRITABLE, absolute);
        model(&mut tree, tops[1], READ_ONLY, absolute);
        let open = tree.entries(tops[1]).expect("`r` is a directory")[&b"open"[..]];
        model(&mut tree, open, OPEN, absolute);
        let worlds = worlds.try_into().ok().context("there are two worlds")?;
        Ok(Self { worlds, watched, hidden, hidden_inodes, tree, tops, _folder: folder })
    }

    /// Says what was touched that nothing may touch.
    pub(super) fn touched(&self) -> Option<String> {
        self.watched.iter().find_map(|(place, secret, before)| {
            let now = match std::fs::symlink_metadata(place) {
                Ok(metadata) => Stamp::new(&metadata, *secret),
                Err(error) => return Some(format!("{}: {error}", place.display())),
            };
            (now != *before).then(|| format!("{}: {before:?}, now {now:?}", place.display()))
        })
    }

    /// Whether a file is one that nothing may see.
    pub(super) fn is_hidden(&self, device: u64, inode: u64) -> bool {
        self.hidden.contains(&(device, inode))
    }

    /// Whether an entry's inode, of which the device is not known, is one that nothing may see.
    pub(super) fn is_hidden_inode(&self, inode: u64) -> bool {
        self.hidden_inodes.contains(&inode)
    }

    /// The model of fresh trees.
    pub(super) fn tree(&self) -> Tree {
        self.tree.clone()
    }

    /// The grant of this name in the model.
    pub(super) fn grant(&self, name: &[u8]) -> Option<Grant> {
        let (_, place, read_only) = *GRANTS.iter().find(|(known, ..)| known.as_bytes() == name)?;
        let mut components = place.split('/');
        let mut node = self.tops[usize::from(components.next() == Some("r"))];
        for name in components {
            node = self.tree.entries(node)?[name.as_bytes()];
        }
        let kept = if read_only { !rights::CHANGING } else { !0 };
        Some(Grant {
            node,
            read_only,
            base: rights::DIRECTORY & kept,
            inheriting: rights::ALL & kept,
        })
    }

    /// Says in what the granted trees of a world differ from a model of them.
    pub(super) fn difference(&self, world: &World, tree: &Tree) -> Option<String> {
        let differs = |(name, top): (&str, NodeId)| differs(tree, top, &world.root.join(name));
        ["w", "r"].into_iter().zip(self.tops).find_map(differs)
    }
}

impl World {
    fn new(root: PathBuf, absolute: &Path) -> Result<Self> {
        for name in ["", "outside", "elsewhere", "named", "w", "r"] {
            std::fs::create_dir(root.join(name))?;
        }
        let mut policy = Vec::new();
        for (name, place, read_only) in GRANTS {
            let place = root.join(place);
            let bytes = [place.as_os_str().as_bytes(), b"\0", name.as_bytes()].concat();
            let flags = if read_only { DIRECTORY_READ_ONLY } else { 0 };
            let record = Record { kind: RecordKind::Directory, flags, bytes: &bytes };
            record.encode(|piece| policy.extend_from_slice(piece));
        }
        let arguments =
            Record { kind: RecordKind::Arguments, flags: ARGUMENTS_READ_WRITE, bytes: &[] };
        arguments.encode(|piece| policy.extend_from_slice(piece));
        let tree = embedded();
        let embedded = Record { kind: RecordKind::Embedded, flags: 0, bytes: &tree };
        embedded.encode(|piece| policy.extend_from_slice(piece));
        let directory = Record { kind: RecordKind::EmbeddedDirectory, flags: 0, bytes: b"/lib" };
        directory.encode(|piece| policy.extend_from_slice(piece));
        let policy = lasting(policy);
        let world = Self { root, policy, absolute: absolute.to_owned() };
        fill(&world.root.join("outside"), CANARIES, absolute, SECRET)?;
        fill(&world.root.join("elsewhere"), &[("secret", None)], absolute, SECRET)?;
        fill(&world.root.join("named"), NOT_NAMED, absolute, SECRET)?;
        fill(&world.root.join("r"), READ_ONLY, absolute, CONTENTS)?;
        world.fill_writable()?;
        Ok(world)
    }

    fn fill_writable(&self) -> Result<()> {
        fill(&self.root.join("named"), NAMED, &self.absolute, CONTENTS)?;
        fill(&self.root.join("w"), WRITABLE, &self.absolute, CONTENTS)?;
        fill(&self.root.join("r/open"), OPEN, &self.absolute, CONTENTS)
    }

    /// Makes what can be written as it was at first.
    pub(super) fn refresh(&self) -> Result<()> {
        for place in ["w", "r/open", "elsewhere", "named"] {
            for entry in std::fs::read_dir(self.root.join(place))? {
                let entry = entry?;
                let name = entry.file_name();
                if ["named", "elsewhere"].contains(&place) && name.as_bytes().starts_with(b"secret")
                {
                    continue;
                }
                if entry.file_type()?.is_dir() {
                    std::fs::remove_dir_all(entry.path())?;
                } else {
                    std::fs::remove_file(entry.path())?;
                }
            }
        }
        self.fill_writable()
    }

    /// The arguments of a program in this world.
    pub(super) fn arguments(&self) -> Vec<OsString> {
        let argument = |(before, behind): (&str, &str)| {
            let mut argument = OsString::from(before);
            argument.push(&self.root);
            argument.push(behind);
            argument
        };
        ARGUMENTS.into_iter().map(argument).collect()
    }

    /// The host's path of this world, without the first `/`.
    pub(super) fn root(&self) -> Vec<u8> {
        self.root.as_os_str().as_bytes()[1..].to_vec()
    }

    /// The host's path of something in this world.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

/// Makes items in a folder.
fn fill(folder: &Path, items: &[Item], absolute: &Path, contents: &[u8]) -> Result<()> {
    for (name, target) in items {
        let place = folder.join(name);
        match target {
            Some(target) => match target.strip_prefix(ABSOLUTE) {
                Some(rest) => {
                    let mut target = absolute.as_os_str().to_owned();
                    target.push(rest);
                    symlink(target, place)?;
                }
                None => symlink(target, place)?,
            },
            None if name.ends_with('/') => std::fs::create_dir(place)?,
            None => std::fs::write(place, contents)?,
        }
    }
    Ok(())
}

/// Makes items in a directory of the model.
fn model(tree: &mut Tree, top: NodeId, items: &[Item], absolute: &[u8]) {
    for (name, target) in items {
        let kind = match target {
            Some(target) => Kind::Link(match target.strip_prefix(ABSOLUTE) {
                Some(rest) => [absolute, rest.as_bytes()].concat(),
                None => target.as_bytes().to_vec(),
            }),
            None if name.ends_with('/') => Kind::Directory(BTreeMap::new()),
            None => Kind::File(CONTENTS.to_vec()),
        };
        let name = name.trim_end_matches('/');
        let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
        let step = |node, name: &str| tree.entries(node).expect("a directory")[name.as_bytes()];
        let folder = folder.split('/').filter(|name| !name.is_empty()).fold(top, step);
        tree.add(folder, name.as_bytes(), kind);
    }
}

/// Gives a file times and a mode that nothing else has. What is read later has another time of access.
fn make_old(place: &Path) -> Result<()> {
    if std::fs::symlink_metadata(place)?.is_symlink() {
        return Ok(());
    }
    let file = File::open(place)?;
    if file.metadata()?.is_file() {
        file.set_permissions(PermissionsExt::from_mode(0o640))?;
    }
    let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let times = FileTimes::new().set_accessed(time(900_000_000));
    Ok(file.set_times(times.set_modified(time(1_000_000_000)))?)
}

/// Says in what a file differs from a node.
fn differs(tree: &Tree, id: NodeId, place: &Path) -> Option<String> {
    let node = tree.node(id);
    let found = |what: &str| Some(format!("{}: {what}", place.display()));
    let Ok(metadata) = std::fs::symlink_metadata(place) else { return found("is not there") };
    if node.modified.is_some_and(|time| i128::from(time) != modified(&metadata)) {
        return found("has another time");
    }
    match &node.kind {
        Kind::Link(target) => {
            let same = std::fs::read_link(place)
                .is_ok_and(|found| found.as_os_str().as_bytes() == &target[..]);
            (!same || metadata.nlink() != node.links).then(|| found("is another link"))?
        }
        Kind::File(contents) => {
            let same = metadata.is_file() && std::fs::read(place).is_ok_and(|it| it == *contents);
            (!same || metadata.nlink() != node.links).then(|| found("is another file"))?
        }
        Kind::Directory(entries) => {
            let Ok(listing) = std::fs::read_dir(place) else { return found("is no directory") };
            let mut count = 0;
            for entry in listing.flatten() {
                count += 1;
                if !entries.contains_key(entry.file_name().as_bytes()) {
                    return Some(format!("{}: should not be there", entry.path().display()));
                }
            }
            if count != entries.len() {
                return found("lacks an entry");
            }
            let differs = |(name, &node): (&Vec<u8>, &NodeId)| {
                differs(tree, node, &place.join(OsStr::from_bytes(name)))
            };
            entries.iter().find_map(differs)
        }
    }
}

/// Nanoseconds since 1970.
fn modified(metadata: &Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}

/// Files that are part of the program: `/lib/file`.
fn embedded() -> Vec<u8> {
    let table_bytes = 3 * ENTRY_BYTES as u64;
    let names = b"libfile";
    let contents_offset = table_bytes + names.len() as u64;
    let entry = |kind, name: Range<u64>, first, size| {
        let name_bytes = (name.end - name.start) as u32;
        Entry { kind, name_bytes, name_offset: table_bytes + name.start, first, size }
    };
    let mut bytes = Vec::new();
    for line in [
        entry(Entry::DIRECTORY, 0..0, 1, 1),
        entry(Entry::DIRECTORY, 0..3, 2, 1),
        entry(Entry::FILE, 3..7, contents_offset, CONTENTS.len() as u64),
    ] {
        bytes.extend_from_slice(&line.encode());
    }
    bytes.extend_from_slice(names);
    bytes.extend_from_slice(CONTENTS);
    bytes
}

/// A policy that lasts, as in an executable; one that was met before is not kept again.
fn lasting(policy: Vec<u8>) -> &'static [u8] {
    static KEPT: Mutex<BTreeSet<&'static [u8]>> = Mutex::new(BTreeSet::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(policy) = kept.get(&policy[..]) {
        return policy;
    }
    let policy: &'static [u8] = Box::leak(policy.into_boxed_slice());
    kept.insert(policy);
    policy
}
