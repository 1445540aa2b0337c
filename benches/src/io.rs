//! Input and output: the programs of `benches/io`, in a folder that each contender grants them.
//!
//! All of it happens in the page cache, so that it is the way to the kernel that is measured and no
//! disk. Invariant: every run begins with the same files, and what it made is checked and removed.
//! Who takes too long is stopped, and what it used until then is its figure.

use crate::arguments::Arguments;
use crate::contender::{Contender, Program};
use crate::kernel::Kernel;
use crate::measure;
use crate::table::Table;
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// So many small writes, by [`WRITE_BYTES`].
const WRITES: u64 = 1_000_000;
const WRITE_BYTES: u64 = 16;
/// So many files are in the folder that is listed and asked about.
const ENTRIES: u64 = 100_000;

/// Nobody is waited for longer.
const LIMIT: Duration = Duration::from_secs(120);

const SOURCE: &str = "source";
const TARGET: &str = "target";
const FOLDER: &str = "folder";

/// What a program's standard output is.
#[derive(Clone, Copy)]
enum Output {
    /// A pipe on which it says `ok`.
    Answer,
    /// A pipe on which it writes so many bytes.
    Pipe(u64),
    /// The null device.
    Null,
}

/// One row of the table.
struct Task {
    name: String,
    program: &'static str,
    arguments: Vec<String>,
    output: Output,
    /// How long the file is that it makes.
    makes_bytes: Option<u64>,
}

impl Task {
    fn copy(mebibytes: u64, call_bytes: u64) -> Self {
        let bytes = mebibytes << 20;
        Self {
            name: format!("copy of {mebibytes} MiB, {} KiB a call", call_bytes >> 10),
            program: "copy",
            arguments: words(&[SOURCE, TARGET, &call_bytes.to_string(), &bytes.to_string()]),
            output: Output::Answer,
            makes_bytes: Some(bytes),
        }
    }

    fn small_writes(to: &str, output: Output) -> Self {
        let mut arguments = words(&[&WRITES.to_string()]);
        let file = matches!(output, Output::Answer);
        arguments.extend(file.then(|| TARGET.to_owned()));
        Self {
            name: format!("{WRITES} writes to {to}"),
            program: "small_writes",
            arguments,
            output,
            makes_bytes: file.then_some(WRITES * WRITE_BYTES),
        }
    }

    fn all(arguments: &Arguments) -> [Self; 7] {
        let entries = ENTRIES.to_string();
        [
            Self::copy(arguments.copy_mebibytes, 64 << 10),
            Self::copy(arguments.copy_mebibytes, 4 << 10),
            Self::small_writes("a file", Output::Answer),
            Self::small_writes("a pipe", Output::Pipe(WRITES * WRITE_BYTES)),
            Self::small_writes("the null device", Output::Null),
            Self {
                name: format!("{ENTRIES} entries listed"),
                program: "list",
                arguments: words(&[FOLDER, &entries]),
                output: Output::Answer,
                makes_bytes: None,
            },
            Self {
                name: format!("{ENTRIES} files' status"),
                program: "stat",
                arguments: words(&[FOLDER, &entries]),
                output: Output::Answer,
                makes_bytes: None,
            },
        ]
    }

    /// Runs a program in `folder`, and gives the processor time that it took, or that it used until it was
    /// stopped.
    fn measure(&self, program: &Program, folder: &Path) -> Result<f64> {
        let mut command = Command::new(&program.command[0]);
        command.args(&program.command[1..]).args(&self.arguments).current_dir(folder);
        command.stdin(Stdio::null());
        command.stdout(match self.output {
            Output::Answer | Output::Pipe(_) => Stdio::piped(),
            Output::Null => Stdio::null(),
        });
        let mut stopped = false;
        let seconds = measure::processor_seconds_of(|| {
            stopped = !self.run(&mut command)?;
            Ok(())
        })
        .with_context(|| format!("{command:?}"))?;
        if stopped {
            let limit = LIMIT.as_secs();
            println!("Stopped after {limit} s, and counted as if done: {command:?}\n");
        } else if let Some(bytes) = self.makes_bytes {
            self.check(folder, bytes).with_context(|| format!("{command:?}"))?;
        }
        if self.makes_bytes.is_some() {
            fs::remove_file(folder.join(TARGET))?;
        }
        Ok(seconds)
    }

    /// Whether the program ended in time.
    fn run(&self, command: &mut Command) -> Result<bool> {
        let mut child = command.spawn()?;
        let output = child.stdout.take();
        let expected = self.output;
        let reader = thread::spawn(move || match (output, expected) {
            (Some(mut output), Output::Pipe(expected)) => {
                Ok(std::io::copy(&mut output, &mut std::io::sink())? == expected)
            }
            (Some(mut output), _) => {
                let mut text = String::new();
                output.read_to_string(&mut text)?;
                Ok(text.trim_ascii() == "ok")
            }
            (None, _) => Ok::<bool, std::io::Error>(true),
        });
        let status = wait(&mut child)?;
        let right = reader.join().is_ok_and(|right| right.is_ok_and(|right| right));
        let Some(status) = status else { return Ok(false) };
        ensure!(right && status.success(), "{status}: wrong result, or it did not run");
        Ok(true)
    }

    fn check(&self, folder: &Path, bytes: u64) -> Result<()> {
        let target = folder.join(TARGET);
        ensure!(target.metadata()?.len() == bytes, "it made a file of another length");
        if self.program == "copy" {
            ensure!(end(&target)? == end(&folder.join(SOURCE))?, "it made a different file");
        }
        Ok(())
    }
}

/// Waits for a program, and ends it when it is late.
fn wait(child: &mut Child) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Prints the table.
pub(crate) fn measure(
    arguments: &Arguments,
    contenders: &[Contender],
    programs_folder: &Path,
) -> Result<()> {
    let scratch = scratch(arguments)?;
    fill(scratch.path(), arguments.copy_mebibytes)?;
    let mut times = Table::new("input and output", contenders);
    for task in Task::all(arguments) {
        eprintln!("{}", task.name);
        let programs = Kernel::io(task.program).prepare(contenders, programs_folder)?;
        // Memory that the machine gives out for the first time is dearer: that counts for nobody.
        if let Some(first) = programs.first() {
            task.measure(first, scratch.path())?;
        }
        let seconds = measure::interleaved(&programs, arguments.runs, |program| {
            task.measure(program, scratch.path())
        })?;
        times.row(&task.name, seconds);
    }
    println!("{}", times.ratios());
    println!("{}", times.summary());
    Ok(())
}

/// A new folder, which is removed in the end: where it was asked for, or in memory where that is known.
fn scratch(arguments: &Arguments) -> Result<TempDir> {
    let memory = Path::new("/dev/shm");
    let place = match &arguments.scratch {
        Some(folder) => folder.clone(),
        None if memory.is_dir() => memory.to_owned(),
        None => std::env::temp_dir(),
    };
    TempDir::new_in(&place).with_context(|| format!("no folder can be made in {}", place.display()))
}

/// Makes what is copied, listed and asked about.
fn fill(folder: &Path, mebibytes: u64) -> Result<()> {
    let piece: Vec<u8> = (0..1_u32 << 20).map(|at| (at ^ at >> 8 ^ at >> 16) as u8).collect();
    let mut source = File::create(folder.join(SOURCE))?;
    for number in 0..mebibytes {
        source.write_all(&piece)?;
        source.seek(SeekFrom::Current(-8))?;
        source.write_all(&number.to_le_bytes())?;
    }
    let entries = folder.join(FOLDER);
    fs::create_dir(&entries)?;
    for number in 0..ENTRIES {
        fs::write(entries.join(format!("file-{number:06}")), "1")?;
    }
    Ok(())
}

/// The last bytes of a file.
fn end(path: &PathBuf) -> Result<[u8; 4096]> {
    let mut bytes = [0; 4096];
    let mut file = File::open(path)?;
    file.seek(SeekFrom::End(-4096))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}
