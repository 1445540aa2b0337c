//! A program without code of its own: makes host calls as compiled code makes them, numbers in slots and
//! bytes in a memory, and reads what they answer. They are made here, or by an executable.

use super::model::{ELSEWHERE, NodeId};
use super::operation::{Operation, Times};
use super::text::Text;
use super::tree::World;
use crate::puppet::{MEMORY_END, MEMORY_START, Puppet, Stage};
use anyhow::Result;
use std::collections::HashMap;
use wasi_libc_shim::{GuestMemory, Outcome, Wasi};
use wasm2native_abi::instance::Slot;
use wasm2native_abi::policy::Records;
use wasm2native_abi::program::ValueType;
use wasm2native_abi::wasi::{PREVIEW1, preview1_index};

const RESULT: u32 = MEMORY_START + 0x40;
const VECTORS: u32 = MEMORY_START + 0x100;
const PATH: u32 = MEMORY_START + 0x1000;
const OTHER_PATH: u32 = MEMORY_START + 0x3000;
const DATA: u32 = MEMORY_START + 0x8000;

/// What lies before and behind the shim's memory, and stays as it is.
const GUARD: [u8; 64] = [0xa5; 64];

/// What makes the host calls.
enum Maker {
    /// The shim in this process; paths are walked by the kernel or by hand.
    Shim { wasi: Box<Wasi>, memory: Vec<u8>, by_hand: bool },
    /// An executable.
    Executable(Box<Puppet>),
}

/// What a call answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) errno: u32,
    pub(super) value: Value,
}

/// What a call that succeeded gave.
#[derive(Debug)]
pub(super) enum Value {
    Nothing,
    Number(u64),
    Bytes(Text),
    Status {
        device: u64,
        inode: u64,
        file_type: u8,
        links: u64,
        size: u64,
        modified: u64,
    },
    Descriptor {
        file_type: u8,
        flags: u16,
        base: u64,
        inheriting: u64,
    },
    /// Entries that are there as a whole, and how many bytes are used.
    Entries {
        entries: Vec<Entry>,
        used: u32,
    },
}

/// An entry of a directory.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) inode: u64,
    pub(super) file_type: u8,
    pub(super) name: Text,
}

/// A program in one of the worlds.
pub(super) struct Guest {
    maker: Maker,
    /// The host's path of its world, as libraries pass it: without the first `/`.
    root: Vec<u8>,
    /// The files behind the model's nodes, as far as they were seen.
    pub(super) files: HashMap<NodeId, (u64, u64)>,
}

impl Guest {
    /// A program that starts in `world`, whose paths are walked by the kernel or by hand.
    pub(super) fn start(world: &World, by_hand: bool) -> Result<Self> {
        let policy = Records::new(world.policy);
        let arguments = std::iter::once("guest".into()).chain(world.arguments()).collect();
        let wasi = Box::new(Wasi::new(policy, arguments, &[])?);
        let memory = [&GUARD[..], &vec![0; MEMORY_END as usize], &GUARD].concat();
        let maker = Maker::Shim { wasi, memory, by_hand };
        Ok(Self { maker, root: world.root(), files: HashMap::new() })
    }

    /// An executable that starts in `world`.
    pub(super) fn execute(world: &World, stage: &Stage) -> Result<Self> {
        let maker =
            Maker::Executable(Box::new(stage.start_with(&world.path(""), world.arguments())?));
        Ok(Self { maker, root: world.root(), files: HashMap::new() })
    }

    /// The granted directories: numbers and names.
    pub(super) fn granted(&mut self) -> Vec<(u32, Vec<u8>)> {
        let mut granted = Vec::new();
        for fd in 3.. {
            let number = u64::from(fd);
            if self.call("fd_prestat_get", &[number, RESULT.into()]) != 0 {
                break;
            }
            let length = self.word(RESULT + 4);
            let arguments = [number, PATH.into(), length.into()];
            let errno = self.call("fd_prestat_dir_name", &arguments);
            assert_eq!(errno, 0, "a granted directory has a name");
            granted.push((fd, self.bytes(PATH, length)));
        }
        granted
    }

    /// Makes the host call.
    pub(super) fn perform(&mut self, operation: &Operation) -> Answer {
        use Operation as Op;
        let result = u64::from(RESULT);
        match operation {
            Op::Open { fd, path, how } => {
                let before = [(*fd).into(), how.lookup.into()];
                let rights = [how.base, how.inheriting];
                let after = [how.open.into(), rights[0], rights[1], how.status.into(), result];
                let errno = self.path_call("path_open", &before, path, &after);
                self.answer(errno, |guest| Value::Number(guest.word(RESULT).into()))
            }
            Op::CreateDirectory { fd, path } => self.simple("path_create_directory", *fd, path),
            Op::RemoveDirectory { fd, path } => self.simple("path_remove_directory", *fd, path),
            Op::Unlink { fd, path } => self.simple("path_unlink_file", *fd, path),
            Op::Rename { old_fd, old, new_fd, new } => {
                let errno = self.two_paths("path_rename", &[(*old_fd).into()], old, *new_fd, new);
                self.nothing(errno)
            }
            Op::Link { old_fd, lookup, old, new_fd, new } => {
                let before = [(*old_fd).into(), (*lookup).into()];
                let errno = self.two_paths("path_link", &before, old, *new_fd, new);
                self.nothing(errno)
            }
            Op::SymbolicLink { target, fd, path } => {
                self.put(OTHER_PATH, target);
                let before = [OTHER_PATH.into(), target.len() as u64, (*fd).into()];
                let errno = self.path_call("path_symlink", &before, path, &[]);
                self.nothing(errno)
            }
            Op::ReadLink { fd, path, length } => {
                let after = [DATA.into(), (*length).into(), result];
                let errno = self.path_call("path_readlink", &[(*fd).into()], path, &after);
                self.answer(errno, Self::data)
            }
            Op::Status { fd, lookup, path } => {
                let before = [(*fd).into(), (*lookup).into()];
                let errno = self.path_call("path_filestat_get", &before, path, &[result]);
                self.answer(errno, Self::status)
            }
            Op::SetTimes { fd, lookup, path, times } => {
                let before = [(*fd).into(), (*lookup).into()];
                let Times { accessed, modified, flags } = *times;
                let after = [accessed, modified, flags.into()];
                let errno = self.path_call("path_filestat_set_times", &before, path, &after);
                self.nothing(errno)
            }
            Op::Close { fd } => self.numbers("fd_close", *fd, &[]),
            Op::Renumber { from, to } => self.numbers("fd_renumber", *from, &[(*to).into()]),
            Op::Descriptor { fd } => {
                let errno = self.call("fd_fdstat_get", &[(*fd).into(), result]);
                self.answer(errno, Self::descriptor)
            }
            Op::SetRights { fd, base, inheriting } => {
                self.numbers("fd_fdstat_set_rights", *fd, &[*base, *inheriting])
            }
            Op::SetFlags { fd, flags } => {
                self.numbers("fd_fdstat_set_flags", *fd, &[(*flags).into()])
            }
            Op::FileStatus { fd } => {
                let errno = self.call("fd_filestat_get", &[(*fd).into(), result]);
                self.answer(errno, Self::status)
            }
            Op::SetFileTimes { fd, times } => {
                let Times { accessed, modified, flags } = *times;
                self.numbers("fd_filestat_set_times", *fd, &[accessed, modified, flags.into()])
            }
            Op::SetSize { fd, size } => self.numbers("fd_filestat_set_size", *fd, &[*size]),
            Op::Allocate { fd, offset, length } => {
                self.numbers("fd_allocate", *fd, &[*offset, *length])
            }
            Op::Advise { fd, offset, length, advice } => {
                self.numbers("fd_advise", *fd, &[*offset, *length, (*advice).into()])
            }
            Op::Synchronize { fd, only_data } => {
                let name = if *only_data { "fd_datasync" } else { "fd_sync" };
                self.numbers(name, *fd, &[])
            }
            Op::Read { fd, length, at } => {
                let errno = self.transfer(["fd_read", "fd_pread"], *fd, *length, *at);
                self.answer(errno, Self::data)
            }
            Op::Write { fd, bytes, at } => {
                self.put(DATA, bytes);
                let length = bytes.len() as u32;
                let errno = self.transfer(["fd_write", "fd_pwrite"], *fd, length, *at);
                self.answer(errno, |guest| Value::Number(guest.word(RESULT).into()))
            }
            Op::Seek { fd, offset, whence } => {
                let offset = offset.cast_unsigned();
                let arguments = [(*fd).into(), offset, (*whence).into(), result];
                let errno = self.call("fd_seek", &arguments);
                self.answer(errno, |guest| Value::Number(guest.long(RESULT)))
            }
            Op::Tell { fd } => {
                let errno = self.call("fd_tell", &[(*fd).into(), result]);
                self.answer(errno, |guest| Value::Number(guest.long(RESULT)))
            }
            Op::List { fd, cookie, length } => {
                let arguments = [(*fd).into(), DATA.into(), (*length).into(), *cookie, result];
                let errno = self.call("fd_readdir", &arguments);
                self.answer(errno, Self::entries)
            }
        }
    }

    fn nothing(&mut self, errno: u32) -> Answer {
        self.answer(errno, |_| Value::Nothing)
    }

    fn answer(&mut self, errno: u32, value: impl Fn(&mut Self) -> Value) -> Answer {
        let value = if errno == 0 { value(self) } else { Value::Nothing };
        Answer { errno, value }
    }

    fn simple(&mut self, name: &str, fd: u32, path: &[u8]) -> Answer {
        let errno = self.path_call(name, &[fd.into()], path, &[]);
        self.nothing(errno)
    }

    fn numbers(&mut self, name: &str, fd: u32, others: &[u64]) -> Answer {
        let errno = self.call(name, &[&[fd.into()], others].concat());
        self.nothing(errno)
    }

    fn path_call(&mut self, name: &str, before: &[u64], path: &[u8], after: &[u64]) -> u32 {
        let path = self.real(path);
        self.put(PATH, &path);
        let path = [u64::from(PATH), path.len() as u64];
        self.call(name, &[before, &path, after].concat())
    }

    fn two_paths(
        &mut self,
        name: &str,
        before: &[u64],
        old: &[u8],
        new_fd: u32,
        new: &[u8],
    ) -> u32 {
        let new = self.real(new);
        self.put(OTHER_PATH, &new);
        let after = [new_fd.into(), OTHER_PATH.into(), new.len() as u64];
        self.path_call(name, before, old, &after)
    }

    /// A path that begins with [`ELSEWHERE`] is one in the guest's own world.
    fn real(&self, path: &[u8]) -> Vec<u8> {
        match path.strip_prefix(ELSEWHERE) {
            Some(rest) => [&self.root[..], rest].concat(),
            None => path.to_vec(),
        }
    }

    /// Reads or writes by two vectors, here or at a place.
    fn transfer(&mut self, names: [&str; 2], fd: u32, length: u32, at: Option<u64>) -> u32 {
        let first = length / 3;
        let vectors = [DATA, first, DATA + first, length - first];
        self.put(VECTORS, vectors.map(u32::to_le_bytes).as_flattened());
        let mut arguments = vec![fd.into(), VECTORS.into(), 2];
        arguments.extend(at);
        arguments.push(RESULT.into());
        self.call(names[usize::from(at.is_some())], &arguments)
    }

    /// Makes a host call, and returns its `errno`.
    fn call(&mut self, name: &str, arguments: &[u64]) -> u32 {
        let index = preview1_index(name).expect("a function of WASI preview 1");
        let parameters = PREVIEW1[index].parameters;
        assert_eq!(parameters.len(), arguments.len(), "{name}");
        let (wasi, memory, by_hand) = match &mut self.maker {
            Maker::Shim { wasi, memory, by_hand } => (wasi, memory, *by_hand),
            Maker::Executable(puppet) => {
                let answer = puppet.call(name, arguments);
                return answer.unwrap_or_else(|error| panic!("{name}: {error:#}"));
            }
        };
        let mut slots = [Slot::ZERO; 9];
        for ((slot, parameter), &argument) in slots.iter_mut().zip(parameters).zip(arguments) {
            *slot = match parameter {
                ValueType::I32 => Slot::from_u32(argument as u32),
                _ => Slot::from_u64(argument),
            };
        }
        wasi_libc_shim::set_walk_by_hand(by_hand);
        let end = GUARD.len() + MEMORY_END as usize;
        let mut guest_memory = GuestMemory::from(&mut memory[GUARD.len()..end]);
        let slots = &slots[..arguments.len()];
        let outcome = wasi_libc_shim::call(wasi, index, &mut guest_memory, slots);
        let intact = memory.starts_with(&GUARD) && memory.ends_with(&GUARD);
        assert!(intact, "{name} wrote outside of the memory");
        match outcome {
            Outcome::Return(errno) => errno,
            Outcome::Exit(code) => panic!("{name} ended the program with {code}"),
        }
    }

    fn data(&mut self) -> Value {
        let length = self.word(RESULT);
        Value::Bytes(Text(self.bytes(DATA, length)))
    }

    /// A `filestat`.
    fn status(&mut self) -> Value {
        let status = self.bytes(RESULT, 64);
        Value::Status {
            device: long(&status, 0),
            inode: long(&status, 8),
            file_type: status[16],
            links: long(&status, 24),
            size: long(&status, 32),
            modified: long(&status, 48),
        }
    }

    /// An `fdstat`.
    fn descriptor(&mut self) -> Value {
        let status = self.bytes(RESULT, 24);
        Value::Descriptor {
            file_type: status[0],
            flags: u16::from_le_bytes([status[2], status[3]]),
            base: long(&status, 8),
            inheriting: long(&status, 16),
        }
    }

    /// A list of `dirent` with names.
    fn entries(&mut self) -> Value {
        let used = self.word(RESULT);
        let bytes = self.bytes(DATA, used);
        let mut entries = Vec::new();
        let mut rest = &bytes[..];
        while rest.len() >= 24 {
            let end = 24 + word(rest, 16) as usize;
            if end > rest.len() {
                break;
            }
            entries.push(Entry {
                inode: long(rest, 8),
                file_type: rest[20],
                name: Text(rest[24..end].to_vec()),
            });
            rest = &rest[end..];
        }
        Value::Entries { entries, used }
    }

    fn put(&mut self, at: u32, bytes: &[u8]) {
        match &mut self.maker {
            Maker::Shim { memory, .. } => {
                memory[GUARD.len() + at as usize..][..bytes.len()].copy_from_slice(bytes);
            }
            Maker::Executable(puppet) => puppet.put(at, bytes),
        }
    }

    fn bytes(&mut self, at: u32, length: u32) -> Vec<u8> {
        match &mut self.maker {
            Maker::Shim { memory, .. } => {
                memory[GUARD.len() + at as usize..][..length as usize].to_vec()
            }
            Maker::Executable(puppet) => {
                puppet.bytes(at, length).unwrap_or_else(|error| panic!("{error:#}"))
            }
        }
    }

    fn word(&mut self, at: u32) -> u32 {
        word(&self.bytes(at, 4), 0)
    }

    fn long(&mut self, at: u32) -> u64 {
        long(&self.bytes(at, 8), 0)
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
