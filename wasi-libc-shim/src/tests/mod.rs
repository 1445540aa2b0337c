//! What WASI says, asked of [`crate::call`] as compiled code asks it: numbers in slots, bytes in a memory.
//!
//! [`Program`] stands in for a compiled program; each file beside this one is about one area.

mod abuse;
mod arguments;
#[cfg(unix)]
mod arguments_apart;
mod audit;
mod denied;
mod directories;
mod embedded;
mod escape;
mod files;
mod granted;
mod letter;
#[cfg_attr(unix, path = "machine/unix.rs")]
#[cfg_attr(windows, path = "machine/windows.rs")]
mod machine;
mod paths;
#[cfg(target_os = "linux")]
mod procfs;
mod read_only;
#[cfg(unix)]
mod recent;
mod sockets;
mod start;
mod virtual_root;
mod waiting;
#[cfg(target_os = "linux")]
mod wall;
#[cfg(windows)]
mod windows;

use crate::{Errno, GuestMemory, Outcome, Wasi};
use std::ffi::OsString;
use std::path::PathBuf;
use tempfile::TempDir;
use wasm2native_abi::instance::Slot;
use wasm2native_abi::policy::{DIRECTORY_READ_ONLY, Record, RecordKind, Records};
use wasm2native_abi::program::ValueType;
use wasm2native_abi::wasi::{PREVIEW1, preview1_index};

/// The first granted directory.
const ROOT: u32 = 3;
/// The second one.
const SECOND: u32 = 4;

const CREATE: u32 = 1;
const DIRECTORY: u32 = 2;
const EXCLUSIVE: u32 = 4;
const TRUNCATE: u32 = 8;
const APPEND: u32 = 1;
const FOLLOW: u32 = 1;

/// All rights of files and directories that make sense without writing.
const READING: u64 = crate::rights::ALL & !crate::rights::INTENT_TO_WRITE;
const EVERYTHING: u64 = crate::rights::ALL;

/// Where calls find their paths, data and results in the memory.
const PATH: u32 = 0x100;
const OTHER_PATH: u32 = 0x1800;
const VECTORS: u32 = 0x3000;
const DATA: u32 = 0x4000;
const RESULT: u32 = 0x80;

type Answer<T> = Result<T, Errno>;

/// A policy as the compiler encodes it.
#[derive(Default)]
struct Policy(Vec<u8>);

impl Policy {
    fn record(mut self, kind: RecordKind, flags: u16, bytes: &[u8]) -> Self {
        Record { kind, flags, bytes }.encode(|piece| self.0.extend_from_slice(piece));
        self
    }

    fn directory(self, host: &std::path::Path, guest: &str, flags: u16) -> Self {
        let bytes = [host.as_os_str().as_encoded_bytes(), b"\0", guest.as_bytes()].concat();
        self.record(RecordKind::Directory, flags, &bytes)
    }

    fn start(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Wasi, String> {
        let arguments = arguments.iter().map(OsString::from).collect();
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        // As in an executable, where it lies as long as the program runs.
        let encoded = Box::leak(self.0.clone().into_boxed_slice());
        Wasi::new(Records::new(encoded), arguments, &environment)
            .map_err(|error| error.sentence().to_owned())
    }
}

/// A program with a folder of its own, granted as `.`.
struct Program {
    wasi: Wasi,
    memory: Vec<u8>,
    folder: TempDir,
}

impl Program {
    /// With `granted/` granted for reading and writing, beside which `outside/` and a canary lie.
    fn new() -> Self {
        Self::with_flags(&[0])
    }

    /// With `granted/` granted once for each of `flags`.
    fn with_flags(flags: &[u16]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("granted")).unwrap();
        std::fs::create_dir(folder.path().join("outside")).unwrap();
        std::fs::write(folder.path().join("outside/canary"), "canary").unwrap();
        let mut policy = Policy::default();
        for &flags in flags {
            policy = policy.directory(&folder.path().join("granted"), ".", flags);
        }
        let wasi = policy.start(&["program"], &[]).unwrap();
        Self { wasi, memory: vec![0; 0x20000], folder }
    }

    /// The host's path of something in the granted folder.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("granted").join(name)
    }

    fn outside(&self, name: &str) -> PathBuf {
        self.folder.path().join("outside").join(name)
    }

    /// Makes a host call.
    fn call(&mut self, name: &str, arguments: &[u64]) -> Answer<()> {
        match self.outcome(name, arguments) {
            Outcome::Return(0) => Ok(()),
            Outcome::Return(number) => Err(errno(number)),
            Outcome::Exit(code) => panic!("{name} ended the program with {code}"),
        }
    }

    fn outcome(&mut self, name: &str, arguments: &[u64]) -> Outcome {
        let index = preview1_index(name).unwrap();
        let parameters = PREVIEW1[index].parameters;
        assert_eq!(parameters.len(), arguments.len(), "{name}");
        let slots: Vec<Slot> = parameters
            .iter()
            .zip(arguments)
            .map(|(parameter, &value)| match parameter {
                ValueType::I32 => Slot::from_u32(value as u32),
                _ => Slot::from_u64(value),
            })
            .collect();
        #[cfg(target_os = "linux")]
        if wall::is_up() {
            return wall::call(&mut self.wasi, index, &mut self.memory, &slots);
        }
        // SAFETY: the vector is not touched while the value lives.
        #[allow(unsafe_code)]
        let mut memory = unsafe {
            GuestMemory::from_raw_parts(self.memory.as_mut_ptr(), self.memory.len() as u64)
        };
        crate::call(&mut self.wasi, index, &mut memory, &slots)
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        self.memory[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn bytes(&self, at: u32, length: u32) -> &[u8] {
        &self.memory[at as usize..][..length as usize]
    }

    fn u16(&self, at: u32) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Makes a call whose arguments have a path after the first `before` ones.
    fn path_call(&mut self, name: &str, path: &[u8], before: &[u64], after: &[u64]) -> Answer<()> {
        self.put(PATH, path);
        let path = [u64::from(PATH), path.len() as u64];
        self.call(name, &[before, &path, after].concat())
    }

    fn open_with(
        &mut self,
        directory: u32,
        path: &[u8],
        lookup: u32,
        how: u32,
        rights: u64,
        flags: u32,
    ) -> Answer<u32> {
        let before = [u64::from(directory), u64::from(lookup)];
        let after = [u64::from(how), rights, rights, u64::from(flags), u64::from(RESULT)];
        self.path_call("path_open", path, &before, &after)?;
        Ok(self.u32(RESULT))
    }

    /// Opens for reading and writing.
    fn open(&mut self, path: &str, how: u32) -> Answer<u32> {
        self.open_with(ROOT, path.as_bytes(), FOLLOW, how, EVERYTHING, 0)
    }

    /// Opens for reading.
    fn open_to_read(&mut self, path: &str) -> Answer<u32> {
        self.open_with(ROOT, path.as_bytes(), FOLLOW, 0, READING, 0)
    }

    /// Opens a directory with all rights that it can have.
    fn open_directory(&mut self, path: &str) -> Answer<u32> {
        self.open_with(ROOT, path.as_bytes(), FOLLOW, DIRECTORY, READING, 0)
    }

    fn write(&mut self, fd: u32, bytes: &[u8]) -> Answer<u32> {
        self.put(DATA, bytes);
        self.put_vectors(&[(DATA, bytes.len() as u32)]);
        self.call("fd_write", &[fd.into(), VECTORS.into(), 1, RESULT.into()])?;
        Ok(self.u32(RESULT))
    }

    fn read(&mut self, fd: u32, length: u32) -> Answer<Vec<u8>> {
        self.put_vectors(&[(DATA, length)]);
        self.call("fd_read", &[fd.into(), VECTORS.into(), 1, RESULT.into()])?;
        Ok(self.bytes(DATA, self.u32(RESULT)).to_vec())
    }

    fn put_vectors(&mut self, vectors: &[(u32, u32)]) {
        for (index, (pointer, length)) in vectors.iter().enumerate() {
            let at = VECTORS + index as u32 * 8;
            self.put(at, &pointer.to_le_bytes());
            self.put(at + 4, &length.to_le_bytes());
        }
    }

    fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Answer<u64> {
        let offset = offset.cast_unsigned();
        self.call("fd_seek", &[fd.into(), offset, whence.into(), RESULT.into()])?;
        Ok(self.u64(RESULT))
    }

    fn close(&mut self, fd: u32) -> Answer<()> {
        self.call("fd_close", &[fd.into()])
    }

    /// (type, flags, base rights, inheriting rights)
    fn descriptor_status(&mut self, fd: u32) -> Answer<(u8, u16, u64, u64)> {
        self.call("fd_fdstat_get", &[fd.into(), RESULT.into()])?;
        let file_type = self.memory[RESULT as usize];
        Ok((file_type, self.u16(RESULT + 2), self.u64(RESULT + 8), self.u64(RESULT + 16)))
    }

    /// Makes a call with two paths.
    fn two_paths(
        &mut self,
        name: &str,
        (old_directory, lookup, old): (u32, Option<u32>, &[u8]),
        (new_directory, new): (u32, &[u8]),
    ) -> Answer<()> {
        self.put(PATH, old);
        self.put(OTHER_PATH, new);
        let mut arguments = vec![u64::from(old_directory)];
        arguments.extend(lookup.map(u64::from));
        arguments.extend([u64::from(PATH), old.len() as u64, u64::from(new_directory)]);
        arguments.extend([u64::from(OTHER_PATH), new.len() as u64]);
        self.call(name, &arguments)
    }

    fn rename(&mut self, old: &str, new: &str) -> Answer<()> {
        self.two_paths("path_rename", (ROOT, None, old.as_bytes()), (ROOT, new.as_bytes()))
    }

    fn link(&mut self, old: &str, new: &str) -> Answer<()> {
        self.two_paths("path_link", (ROOT, Some(0), old.as_bytes()), (ROOT, new.as_bytes()))
    }

    fn symlink(&mut self, target: &str, path: &str) -> Answer<()> {
        self.put(OTHER_PATH, target.as_bytes());
        let before = [u64::from(OTHER_PATH), target.len() as u64, u64::from(ROOT)];
        self.path_call("path_symlink", path.as_bytes(), &before, &[])
    }

    fn named(&mut self, name: &str, path: &str) -> Answer<()> {
        self.path_call(name, path.as_bytes(), &[ROOT.into()], &[])
    }

    fn read_link(&mut self, path: &str, length: u32) -> Answer<Vec<u8>> {
        let after = [u64::from(DATA), u64::from(length), u64::from(RESULT)];
        self.path_call("path_readlink", path.as_bytes(), &[ROOT.into()], &after)?;
        Ok(self.bytes(DATA, self.u32(RESULT)).to_vec())
    }

    /// The type of what is at a path.
    fn file_type(&mut self, path: &str, lookup: u32) -> Answer<u8> {
        let before = [u64::from(ROOT), u64::from(lookup)];
        self.path_call("path_filestat_get", path.as_bytes(), &before, &[RESULT.into()])?;
        Ok(self.memory[RESULT as usize + 16])
    }
}

/// The error with this number.
fn errno(number: u32) -> Errno {
    assert!(number <= Errno::NotCapable as u32);
    // SAFETY: the enumeration has every number up to its last.
    #[allow(unsafe_code)]
    unsafe {
        core::mem::transmute::<u16, Errno>(number as u16)
    }
}

/// The names of the directory at a host path, sorted.
fn names(path: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Whether host calls are made behind a wall, see [`wall`].
fn is_walled() -> bool {
    #[cfg(target_os = "linux")]
    return wall::is_up();
    #[cfg(not(target_os = "linux"))]
    false
}

/// A read-only grant.
const READ_ONLY: u16 = DIRECTORY_READ_ONLY;
