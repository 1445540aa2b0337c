//! The planted hole: an executable whose program makes any system calls that it is told to, with the stub's
//! variant that lets it, and a policy of the test's own.

use crate::run::{Finished, Run, write_executable};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use wasm2native_abi::instance::MemoryStrategy;
use wasm2native_abi::policy::{
    ARGUMENTS_READ_WRITE, DIRECTORY_READ_ONLY, Record, RecordKind, Sandbox,
};
use wasm2native_abi::program::EntryKind;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_abi::wasi::{PREVIEW1, preview1_index};
use wasm2native_codegen::{Entry, ImportTarget, Instance, OptLevel, Options, Program};
use wasm2native_link::Input;
use wasm2native_targets::{CpuLevel, Target};
use wasm2native_wasm::{Entity, Module};

const PROGRAM: &str = include_str!("program.wat");

/// Where the input lies in the program's memory.
const INPUT_ADDRESS: usize = 0x10000;
/// Bytes of a call in the input.
const STEP_BYTES: usize = 72;

/// An argument of a system call.
#[derive(Clone, Debug)]
pub enum Argument {
    /// A number.
    Value(i64),
    /// The address of these bytes.
    Bytes(Vec<u8>),
    /// What an earlier call answered, by its position.
    Answer(i64),
}

impl From<i64> for Argument {
    fn from(value: i64) -> Self {
        Self::Value(value)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Bytes([text.as_bytes(), b"\0"].concat())
    }
}

impl From<&Path> for Argument {
    fn from(path: &Path) -> Self {
        Self::Bytes([path.as_os_str().as_encoded_bytes(), b"\0"].concat())
    }
}

/// A system call: its number and its arguments, of which missing ones are 0.
pub type Step = (i64, Vec<Argument>);

/// What the program reads.
fn input(steps: &[Step]) -> Vec<u8> {
    let mut words = vec![steps.len() as u64];
    let mut data = Vec::new();
    let data_start = INPUT_ADDRESS + 8 + STEP_BYTES * steps.len();
    for (number, arguments) in steps {
        words.push(number.cast_unsigned());
        let (mut pointers, mut answers) = (0, 0);
        for index in 0..6 {
            words.push(match arguments.get(index) {
                None => 0,
                Some(Argument::Value(value)) => value.cast_unsigned(),
                Some(Argument::Answer(position)) => {
                    answers |= 1 << index;
                    position.cast_unsigned()
                }
                Some(Argument::Bytes(bytes)) => {
                    pointers |= 1 << index;
                    let address = data_start + data.len();
                    data.extend_from_slice(bytes);
                    data.resize(data.len().next_multiple_of(8), 0);
                    address as u64
                }
            });
        }
        words.extend([pointers, answers]);
    }
    let mut input: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    input.extend(data);
    input
}

/// What the executable is granted besides what its arguments name.
pub struct Grants<'a> {
    /// How the wall is raised.
    pub sandbox: Sandbox,
    /// A directory granted for everything.
    pub writable: &'a Path,
    /// A directory granted to be read.
    pub readable: &'a Path,
    /// Whether the policy names a function of WASI as an import besides those that the program has.
    pub imports: fn(&str) -> bool,
}

impl Grants<'_> {
    fn policy(&self) -> Vec<u8> {
        let directory =
            |path: &Path, name: &[u8]| [path.as_os_str().as_encoded_bytes(), b"\0", name].concat();
        let mut imports = vec![0_u8; PREVIEW1.len().div_ceil(8)];
        for (index, function) in PREVIEW1.iter().enumerate() {
            if ["fd_read", "fd_write"].contains(&function.name) || (self.imports)(function.name) {
                imports[index / 8] |= 1 << (index % 8);
            }
        }
        let mut policy = Vec::new();
        for (kind, flags, bytes) in [
            (RecordKind::Directory, 0, directory(self.writable, b"writable")),
            (RecordKind::Directory, DIRECTORY_READ_ONLY, directory(self.readable, b"readable")),
            (RecordKind::Arguments, ARGUMENTS_READ_WRITE, Vec::new()),
            (RecordKind::Sandbox, self.sandbox as u16, Vec::new()),
            (RecordKind::HostCalls, 0, imports),
        ] {
            Record { kind, flags, bytes: &bytes }.encode(|part| policy.extend_from_slice(part));
        }
        policy
    }
}

/// Writes the executable.
///
/// # Errors
/// When the target has no such stub, or something refuses the program.
pub fn build(target: &Target, grants: &Grants<'_>, executable: &Path) -> Result<()> {
    let bytes = wat::parse_str(PROGRAM)?;
    let module = Module::parse(&bytes)?;
    let imports = module.imports.iter().map(|import| match import.module {
        "hole" => Ok(ImportTarget::Host(RuntimeFunction::hole_syscall())),
        _ => {
            let index = preview1_index(import.name).context("a function of WASI")?;
            Ok(ImportTarget::Host(RuntimeFunction::wasi(index)))
        }
    });
    let imports = imports.collect::<Result<Vec<_>>>()?;
    let start = module.exported_function("_start").context("a start")?;
    let Some(Entity::Memory(memory)) = module.export("memory").map(|export| export.entity) else {
        anyhow::bail!("the program has no memory");
    };
    let host_memory = Some((0, memory));
    let program = Program {
        instances: vec![Instance { module: &module, imports, host_memory }],
        entries: vec![Entry {
            instance: 0,
            export_name: "_start".to_owned(),
            function: start,
            kind: EntryKind::Start,
        }],
    };
    let options = Options {
        architecture: target.architecture,
        cpu: CpuLevel::parse(target.architecture, "baseline")?,
        opt_level: OptLevel::Speed,
        jobs: None,
        memory_strategy: MemoryStrategy::Guard,
        names: true,
    };
    let object = wasm2native_codegen::compile(&program, &options, &())?;
    let input = Input {
        target,
        stub: &target.hole_stub()?,
        object: &object.bytes,
        policy: &grants.policy(),
        manifest: b"test=hole\n",
        script: None,
    };
    write_executable(executable, &wasm2native_link::link(&input)?.bytes)
}

/// Runs the executable with an argument, and reads the answers as far as it gave any.
///
/// # Errors
/// When it cannot be started.
pub fn run(executable: &Path, argument: &Path, steps: &[Step]) -> Result<(Vec<i64>, Finished)> {
    ensure!(!steps.is_empty(), "there is nothing to do");
    let run = Run::program(executable).arguments([argument]).clear_environment();
    let finished = run.stdin(input(steps)).run()?;
    let (words, _) = finished.stdout.as_chunks::<8>();
    Ok((words.iter().map(|word| i64::from_le_bytes(*word)).collect(), finished))
}
