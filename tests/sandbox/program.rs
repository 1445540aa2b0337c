//! A puppet in a folder of its own, where granted directories and canaries lie.
//!
//! | where | number | what |
//! |---|---|---|
//! | `granted` | 3, 4 | granted for reading and writing, and for reading only |
//! | `kept` | 5 | granted for reading only |
//! | `outside` | | canaries |

use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use wasm2native_targets::{System, Target};
use wasm2native_tests::puppet::{MEMORY_START, Puppet, Stage};
use wasm2native_tests::run::Runner;
use wasm2native_tests::scratch::Scratch;

/// How executables are built for these cases.
pub(crate) const GRANTS: [&str; 6] =
    ["--dir", "granted::w", "--dir", "granted::look::ro", "--dir", "kept::kept::ro"];

/// `granted`, for reading and writing.
pub(crate) const WRITABLE: u32 = 3;
/// `granted`, for reading only.
pub(crate) const READABLE: u32 = 4;
/// `kept`.
pub(crate) const KEPT: u32 = 5;

pub(crate) const CREATE: u32 = 1;
pub(crate) const DIRECTORY: u32 = 2;
pub(crate) const EXCLUSIVE: u32 = 4;
pub(crate) const TRUNCATE: u32 = 8;
pub(crate) const FOLLOW: u32 = 1;

pub(crate) const FD_READ: u64 = 1 << 1;
pub(crate) const FD_WRITE: u64 = 1 << 6;
pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
/// All rights that exist.
pub(crate) const EVERYTHING: u64 = (1 << 30) - 1;
/// Without those that say that a file is opened to be written.
pub(crate) const READING: u64 = EVERYTHING & !(FD_WRITE | FD_ALLOCATE | FD_FILESTAT_SET_SIZE | 1);

/// Errors, by their numbers in the witx text.
pub(crate) const BADF: u32 = 8;
pub(crate) const FAULT: u32 = 21;
pub(crate) const ILSEQ: u32 = 25;
pub(crate) const INVAL: u32 = 28;
pub(crate) const MFILE: u32 = 33;
pub(crate) const NAMETOOLONG: u32 = 37;
pub(crate) const NFILE: u32 = 41;
pub(crate) const NOENT: u32 = 44;
pub(crate) const PERM: u32 = 63;
pub(crate) const ROFS: u32 = 69;
pub(crate) const NOTCAPABLE: u32 = 76;

pub(crate) const RESULT: u32 = MEMORY_START + 0x80;
pub(crate) const VECTORS: u32 = MEMORY_START + 0x200;
pub(crate) const PATH: u32 = MEMORY_START + 0x1000;
pub(crate) const OTHER_PATH: u32 = MEMORY_START + 0x3000;
pub(crate) const DATA: u32 = MEMORY_START + 0x8000;

/// What canaries contain, and a part of the names of all of them.
pub(crate) const CANARY: &str = "canary";

/// The answer of a call: nothing, or its errno.
pub(crate) type Answer<T> = Result<T, u32>;

/// A program and its folder.
pub(crate) struct Program {
    pub(crate) puppet: Puppet,
    pub(crate) folder: Scratch,
    pub(crate) system: System,
}

impl Program {
    /// Starts the program of `stage`, after `fill` has made what the granted directories hold.
    pub(crate) fn new(
        stage: &Stage,
        target: &Target,
        fill: impl Fn(&Path) -> Result<()>,
    ) -> Result<Self> {
        let folder = Scratch::new()?;
        for name in ["granted", "kept", "outside"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        folder.write("outside/canary", CANARY)?;
        folder.write("outside/canary-dir/canary", CANARY)?;
        fill(folder.path())?;
        let puppet = stage.start(folder.path())?;
        Ok(Self { puppet, folder, system: target.system })
    }

    /// The host's path of something in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a call.
    pub(crate) fn call(&mut self, name: &str, arguments: &[u64]) -> Result<Answer<()>> {
        Ok(answer(self.puppet.call(name, arguments)?))
    }

    /// Makes a call whose arguments have a path after the first `before` ones.
    pub(crate) fn path_call(
        &mut self,
        name: &str,
        path: &[u8],
        before: &[u64],
        after: &[u64],
    ) -> Result<Answer<()>> {
        self.puppet.put(PATH, path);
        let path = [u64::from(PATH), path.len() as u64];
        self.call(name, &[before, &path, after].concat())
    }

    /// Makes a call with two paths.
    pub(crate) fn two_paths(
        &mut self,
        name: &str,
        before: &[u64],
        old: &[u8],
        (new_fd, new): (u32, &[u8]),
    ) -> Result<Answer<()>> {
        self.puppet.put(OTHER_PATH, new);
        let after = [new_fd.into(), OTHER_PATH.into(), new.len() as u64];
        self.path_call(name, old, before, &after)
    }

    /// Opens something.
    pub(crate) fn open_with(
        &mut self,
        directory: u32,
        path: &[u8],
        lookup: u32,
        how: u32,
        rights: u64,
        flags: u32,
    ) -> Result<Answer<u32>> {
        let before = [u64::from(directory), u64::from(lookup)];
        let after = [u64::from(how), rights, rights, u64::from(flags), u64::from(RESULT)];
        match self.path_call("path_open", path, &before, &after)? {
            Ok(()) => Ok(Ok(self.word(RESULT)?)),
            Err(errno) => Ok(Err(errno)),
        }
    }

    /// Opens for reading, following links.
    pub(crate) fn open_to_read(&mut self, directory: u32, path: &[u8]) -> Result<Answer<u32>> {
        self.open_with(directory, path, FOLLOW, 0, READING, 0)
    }

    pub(crate) fn close(&mut self, fd: u32) -> Result<Answer<()>> {
        self.call("fd_close", &[fd.into()])
    }

    pub(crate) fn symlink(&mut self, target: &[u8], fd: u32, path: &[u8]) -> Result<Answer<()>> {
        self.puppet.put(OTHER_PATH, target);
        let before = [OTHER_PATH.into(), target.len() as u64, fd.into()];
        self.path_call("path_symlink", path, &before, &[])
    }

    pub(crate) fn put_vectors(&mut self, vectors: &[(u32, u32)]) {
        let words = vectors.iter().flat_map(|&(pointer, length)| [pointer, length]);
        let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
        self.puppet.put(VECTORS, &bytes);
    }

    pub(crate) fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<Answer<()>> {
        self.puppet.put(DATA, bytes);
        self.put_vectors(&[(DATA, bytes.len() as u32)]);
        self.call("fd_write", &[fd.into(), VECTORS.into(), 1, RESULT.into()])
    }

    pub(crate) fn read(&mut self, fd: u32, length: u32) -> Result<Answer<Vec<u8>>> {
        self.put_vectors(&[(DATA, length)]);
        match self.call("fd_read", &[fd.into(), VECTORS.into(), 1, RESULT.into()])? {
            Ok(()) => {
                let count = self.word(RESULT)?;
                Ok(Ok(self.puppet.bytes(DATA, count)?))
            }
            Err(errno) => Ok(Err(errno)),
        }
    }

    /// The names in an open directory, one behind the other.
    pub(crate) fn list(&mut self, fd: u32) -> Result<Answer<Vec<u8>>> {
        let arguments = [fd.into(), DATA.into(), 0x4000, 0, RESULT.into()];
        match self.call("fd_readdir", &arguments)? {
            Ok(()) => {
                let count = self.word(RESULT)?;
                Ok(Ok(self.puppet.bytes(DATA, count)?))
            }
            Err(errno) => Ok(Err(errno)),
        }
    }

    pub(crate) fn word(&mut self, at: u32) -> Result<u32> {
        Ok(u32::from_le_bytes(self.puppet.bytes(at, 4)?.try_into().expect("four bytes")))
    }

    /// Fails when what is open shows a canary: in what it contains, or among its names.
    pub(crate) fn check_open(&mut self, fd: u32, what: &str) -> Result<()> {
        let shown = match self.read(fd, 100)? {
            Ok(bytes) => bytes,
            Err(_) => self.list(fd)?.unwrap_or_default(),
        };
        let seen = shown.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
        ensure!(!seen, "{what} shows a canary");
        Ok(())
    }

    /// Fails when anything outside has changed.
    pub(crate) fn check_outside(&self, what: &str) -> Result<()> {
        self.check_outside_only(what).map_err(|error| error.context(what.to_owned()))
    }

    fn check_outside_only(&self, what: &str) -> Result<()> {
        for (folder, expected) in [
            ("", &["granted", "kept", "outside"][..]),
            ("outside", &["canary", "canary-dir"]),
            ("outside/canary-dir", &["canary"]),
        ] {
            let names = names(&self.path(folder))?;
            ensure!(names == expected, "{what}: `{folder}` has {names:?}");
        }
        for name in ["outside/canary", "outside/canary-dir/canary"] {
            let place = self.path(name);
            let metadata = std::fs::symlink_metadata(&place)?;
            ensure!(metadata.is_file(), "{what}: `{name}` is no file");
            ensure!(std::fs::read(&place)? == CANARY.as_bytes(), "{what}: `{name}` has changed");
            let age = metadata.modified()?.duration_since(std::time::SystemTime::UNIX_EPOCH)?;
            ensure!(age.as_secs() != OTHER_TIME / 1_000_000_000, "{what}: `{name}` has its time");
            #[cfg(unix)]
            {
                use std::os::unix::fs::MetadataExt;
                ensure!(metadata.nlink() == 1, "{what}: `{name}` has another name");
            }
        }
        Ok(())
    }
}

/// The time that files are given, in nanoseconds.
pub(crate) const OTHER_TIME: u64 = 12_000_000_000;

fn answer(errno: u32) -> Answer<()> {
    if errno == 0 { Ok(()) } else { Err(errno) }
}

/// The names in a folder of the host, sorted.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether the system behind the target has links that a program sees as links: Wine 8 follows those of the
/// host by itself.
pub(crate) fn has_links(target: &Target) -> bool {
    target.system != System::Windows
}

/// Makes symbolic links: targets and places in `folder`.
#[cfg(unix)]
pub(crate) fn make_links(folder: &Path, links: &[(&str, &str)]) -> Result<()> {
    for (target, place) in links {
        std::os::unix::fs::symlink(target, folder.join(place))?;
    }
    Ok(())
}

/// Makes symbolic links: targets and places in `folder`.
#[cfg(not(unix))]
pub(crate) fn make_links(_: &Path, links: &[(&str, &str)]) -> Result<()> {
    if links.is_empty() { Ok(()) } else { anyhow::bail!("links need rights here") }
}

/// So many of the cases of a matrix are tried: all where executables run directly, else one of `share`.
pub(crate) fn stride(runner: &Runner, share: usize) -> usize {
    if runner.is_direct() { 1 } else { share }
}
