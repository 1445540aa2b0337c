//! An executable as a puppet: a program that makes the host calls it is told to, through its standard
//! streams, so that what a test asks is asked of what users get.
//!
//! The program is made from the table of WASI's functions. A request is 16 bytes, in 32-bit words: what to
//! do, an address, a length. A call is followed by its arguments, 8 bytes each, and answered by its `errno`;
//! bytes to put into the memory follow, bytes to get from it are the answer. The first page of the memory is
//! the program's own. At the end of its input it ends with status 0.

use crate::run::{Ending, Run, Runner, wait};
use crate::scratch::Scratch;
use crate::tool;
use anyhow::{Context, Result, bail, ensure};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use wasm2native_abi::program::ValueType;
use wasm2native_abi::wasi::{PREVIEW1, PREVIEW1_MODULE, preview1_index};
use wasm2native_targets::Target;

/// Arguments of the function with the most.
const MAXIMUM_ARGUMENTS: usize = 9;
const PUT: u32 = 0x100;
const GET: u32 = 0x101;
const REQUEST_BYTES: u32 = 16;
/// Where the program keeps a call's arguments, a vector and a count.
const ARGUMENTS: u32 = 16;
const VECTOR: u32 = 96;
const COUNT: u32 = 104;
/// Pages of the program's memory, the first of which is its own.
const PAGES: u32 = 4;

/// The first byte of the memory that a test may use.
pub const MEMORY_START: u32 = 0x1_0000;
/// The first address behind the memory.
pub const MEMORY_END: u32 = PAGES * 0x1_0000;

/// Nothing that is asked takes as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// The program as text.
fn text() -> String {
    let mut text = "(module\n".to_owned();
    let mut calls = String::new();
    for (index, function) in PREVIEW1.iter().enumerate() {
        let kinds = function.parameters.iter().map(|parameter| match parameter {
            ValueType::I32 => "i32",
            _ => "i64",
        });
        let parameters: Vec<&str> = kinds.collect();
        let result = if function.returns_errno { "(result i32)" } else { "" };
        let name = function.name;
        let list = parameters.join(" ");
        let import = format!("(import \"{PREVIEW1_MODULE}\" \"{name}\"");
        let _ = writeln!(text, "{import} (func ${name} (param {list}) {result}))");
        let mut call = format!("(call ${name}");
        for (position, kind) in parameters.iter().enumerate() {
            let address = ARGUMENTS + 8 * position as u32;
            let _ = write!(call, " ({kind}.load (i32.const {address}))");
        }
        let end = if function.returns_errno { ")" } else { ") (unreachable)" };
        let _ = writeln!(
            calls,
            "(if (i32.eq (local.get 0) (i32.const {index})) (then {call}{end} return))"
        );
    }
    let transfer = |name: &str, function: &str, fd: u32| {
        format!(
            "(func ${name} (param $at i32) (param $length i32)
               (loop $again
                 (if (i32.eqz (local.get $length)) (then return))
                 (i32.store (i32.const {VECTOR}) (local.get $at))
                 (i32.store offset=4 (i32.const {VECTOR}) (local.get $length))
                 (if (call ${function} (i32.const {fd}) (i32.const {VECTOR}) (i32.const 1)
                                       (i32.const {COUNT}))
                   (then (call $proc_exit (i32.const 101))))
                 (if (i32.eqz (i32.load (i32.const {COUNT})))
                   (then (call $proc_exit (i32.const 0))))
                 (local.set $at (i32.add (local.get $at) (i32.load (i32.const {COUNT}))))
                 (local.set $length
                   (i32.sub (local.get $length) (i32.load (i32.const {COUNT}))))
                 (br $again)))\n"
        )
    };
    let _ = write!(
        text,
        "(memory (export \"memory\") {PAGES} {PAGES})
         {}{}
         (func $call (param i32) (result i32)
           {calls}
           (i32.const -1))
         (func (export \"_start\")
           (loop $next
             (call $read (i32.const 0) (i32.const {REQUEST_BYTES}))
             (if (i32.eq (i32.load (i32.const 0)) (i32.const {PUT}))
               (then (call $read (i32.load (i32.const 4)) (i32.load (i32.const 8))) (br $next)))
             (if (i32.eq (i32.load (i32.const 0)) (i32.const {GET}))
               (then (call $write (i32.load (i32.const 4)) (i32.load (i32.const 8))) (br $next)))
             (call $read (i32.const {ARGUMENTS}) (i32.const {}))
             (i32.store (i32.const 4) (call $call (i32.load (i32.const 0))))
             (call $write (i32.const 4) (i32.const 4))
             (br $next))))",
        transfer("read", "fd_read", 0),
        transfer("write", "fd_write", 1),
        8 * MAXIMUM_ARGUMENTS
    );
    text
}

/// A folder with the executable in it.
pub struct Stage {
    folder: Scratch,
    runner: Runner,
}

impl Stage {
    /// Builds the program with `flags` for a target whose executables run here.
    ///
    /// # Errors
    /// When it does not build.
    pub fn new<T: AsRef<str>>(target: &Target, runner: &Runner, flags: &[T]) -> Result<Self> {
        let folder = Scratch::new()?;
        folder.write("puppet.wat", text())?;
        let mut arguments = vec!["build", "-q", "puppet.wat", "-o", "puppet", "-t", &target.name];
        arguments.extend(flags.iter().map(AsRef::as_ref));
        tool::succeed(arguments, folder.path())?;
        Ok(Self { folder, runner: runner.clone() })
    }

    /// The executable.
    pub fn executable(&self) -> PathBuf {
        self.folder.path().join("puppet")
    }

    /// Starts it in `folder`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(&self, folder: &Path) -> Result<Puppet> {
        self.start_with(folder, std::iter::empty::<&str>())
    }

    /// Starts it in `folder` with arguments, which may designate files.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_with<T: AsRef<OsStr>>(
        &self,
        folder: &Path,
        arguments: impl IntoIterator<Item = T>,
    ) -> Result<Puppet> {
        let run = self.runner.command(&self.executable());
        Puppet::start(run.arguments(arguments).folder(folder))
    }
}

/// A running puppet. What it does not answer in time, or not as the program does, is an error.
pub struct Puppet {
    child: Child,
    /// Requests that were not sent yet.
    requests: Vec<u8>,
    answers: Receiver<Vec<u8>>,
    received: Vec<u8>,
}

impl Puppet {
    /// Starts a run of the executable of a [`Stage`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(run: Run) -> Result<Self> {
        let mut child = run.start()?;
        let mut stdout = child.stdout.take().context("its output is a pipe")?;
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 0x1_0000];
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, requests: Vec::new(), answers, received: Vec::new() })
    }

    fn request(&mut self, words: [u32; 3]) {
        self.requests.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        self.requests.extend([0; 4]);
    }

    /// Puts bytes into the memory.
    pub fn put(&mut self, at: u32, bytes: &[u8]) {
        debug_assert!(at >= MEMORY_START, "the first page is the program's own");
        self.request([PUT, at, bytes.len() as u32]);
        self.requests.extend_from_slice(bytes);
    }

    /// Asks for a call, whose `errno` is the next that [`Self::errno`] gives.
    pub fn ask(&mut self, index: usize, arguments: &[u64]) {
        self.request([index as u32, 0, 0]);
        let mut all = [0; MAXIMUM_ARGUMENTS];
        all[..arguments.len()].copy_from_slice(arguments);
        self.requests.extend(all.iter().flat_map(|argument| argument.to_le_bytes()));
    }

    /// Asks for bytes of the memory, the next that [`Self::receive`] gives.
    pub fn ask_bytes(&mut self, at: u32, length: u32) {
        self.request([GET, at, length]);
    }

    /// The answer to [`Self::ask`].
    ///
    /// # Errors
    /// When it ended instead.
    pub fn errno(&mut self) -> Result<u32> {
        let bytes = self.receive(4)?;
        Ok(u32::from_le_bytes(bytes.try_into().expect("four bytes")))
    }

    /// The answer to [`Self::ask_bytes`].
    ///
    /// # Errors
    /// When it ended instead.
    pub fn receive(&mut self, length: u32) -> Result<Vec<u8>> {
        self.send()?;
        let length = length as usize;
        while self.received.len() < length {
            match self.answers.recv_timeout(PATIENCE) {
                Ok(bytes) => self.received.extend(bytes),
                Err(error) => bail!("the program gave no answer ({error}): {}", self.end_words()),
            }
        }
        Ok(self.received.drain(..length).collect())
    }

    /// Sends what is asked for.
    ///
    /// # Errors
    /// When nobody is there to take it.
    fn send(&mut self) -> Result<()> {
        if self.requests.is_empty() {
            return Ok(());
        }
        let input = self.child.stdin.as_mut().context("its input is closed")?;
        let sent = input.write_all(&self.requests).and_then(|()| input.flush());
        self.requests.clear();
        match sent {
            Ok(()) => Ok(()),
            Err(error) => bail!("the program takes no requests ({error}): {}", self.end_words()),
        }
    }

    /// Makes a call.
    ///
    /// # Errors
    /// When the program ended by it.
    pub fn call(&mut self, name: &str, arguments: &[u64]) -> Result<u32> {
        let index = preview1_index(name).context("a function of WASI")?;
        ensure!(PREVIEW1[index].parameters.len() == arguments.len(), "{name}: other parameters");
        self.ask(index, arguments);
        self.errno()
    }

    /// Bytes of the memory.
    ///
    /// # Errors
    /// When the program has ended.
    pub fn bytes(&mut self, at: u32, length: u32) -> Result<Vec<u8>> {
        self.ask_bytes(at, length);
        self.receive(length)
    }

    /// Ends the program by closing its input, and says how that was and what it complained of.
    ///
    /// # Errors
    /// When it cannot be waited for.
    pub fn finish(mut self) -> Result<(Ending, String)> {
        self.send()?;
        drop(self.child.stdin.take());
        let ending = wait(&mut self.child, Instant::now(), PATIENCE)?;
        Ok((ending, self.errors()))
    }

    fn errors(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut text);
        }
        text
    }

    fn end_words(&mut self) -> String {
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => format!("{status}; stderr: {}", self.errors()),
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Puppet {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
