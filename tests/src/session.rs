//! Sessions: command lines with what they print and how they end, `tests/cli/**.cli`.
//!
//! | line | says |
//! |---|---|
//! | `# …` | a comment |
//! | `@file NAME`, lines, `@end` | a file in the session's folder |
//! | `@hex NAME BYTES` | a file of these bytes, in hexadecimal |
//! | `@absent NAME` | no such file exists now |
//! | `$ PROGRAM ARGUMENTS [< FILE]` | runs `wasm2native`, or `./PROGRAM` that it wrote |
//! | `? N` | its exit status, 0 without it |
//! | `> TEXT`, `! TEXT` | a line of standard output, of standard error, see [`crate::golden::compare`] |
//!
//! A session runs in a folder of its own, with an environment that holds nothing of the machine's.

use crate::directive::words;
use crate::golden;
use crate::run::{Ending, Finished, Run};
use crate::scratch::Scratch;
use crate::tool;
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// A piece of a session, with the lines that it was read from.
enum Step {
    /// Lines that stay as they are: comments, blank lines, files already written.
    Text(Vec<String>),
    /// A file to write.
    File { name: String, bytes: Vec<u8>, lines: Vec<String> },
    /// A file that must not exist.
    Absent { name: String, line: String },
    /// A command with what is expected of it.
    Command { line: String, expected: Expected },
}

/// What is expected of a command.
#[derive(Default)]
struct Expected {
    status: i32,
    stdout: Vec<String>,
    stderr: Vec<String>,
}

/// Runs a session; when blessing, writes down what came out instead of comparing.
///
/// # Errors
/// When something differs from what is expected.
pub fn check(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    let mut steps = read(&text)?;
    let scratch = Scratch::new()?;
    let mut failures = Vec::new();
    for step in &mut steps {
        match step {
            Step::Text(_) => {}
            Step::File { name, bytes, .. } => scratch.write(name, bytes)?,
            Step::Absent { name, .. } => {
                let exists = scratch.path().join(&*name).exists();
                ensure!(!exists, "`{name}` exists");
            }
            Step::Command { line, expected } => {
                let finished = execute(line, &scratch)?;
                let Err(error) = compare(expected, &finished) else { continue };
                if golden::blessing() {
                    accept(expected, &finished)?;
                } else {
                    failures.push(format!("{line}: {error:#}"));
                }
            }
        }
    }
    if golden::blessing() {
        golden::accept(path, &write(&steps))?;
    }
    ensure!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

fn read(text: &str) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(name) = line.strip_prefix("@file ") {
            let contents: Vec<&str> = lines.by_ref().take_while(|line| *line != "@end").collect();
            let bytes = contents.iter().flat_map(|line| [line, "\n"]).collect::<String>();
            let mut kept = vec![line.to_owned()];
            kept.extend(contents.iter().map(|&line| line.to_owned()));
            kept.push("@end".to_owned());
            steps.push(Step::File { name: name.to_owned(), bytes: bytes.into(), lines: kept });
        } else if let Some(rest) = line.strip_prefix("@hex ") {
            let (name, digits) = rest.split_once(' ').unwrap_or((rest, ""));
            let lines = vec![line.to_owned()];
            steps.push(Step::File { name: name.to_owned(), bytes: hex(digits)?, lines });
        } else if let Some(name) = line.strip_prefix("@absent ") {
            steps.push(Step::Absent { name: name.to_owned(), line: line.to_owned() });
        } else if line.starts_with("$ ") {
            let expected = Expected::default();
            steps.push(Step::Command { line: line.to_owned(), expected });
        } else if let Some(kind @ ('?' | '>' | '!')) = line.chars().next() {
            let Some(Step::Command { expected, .. }) = steps.last_mut() else {
                bail!("`{line}` follows no command");
            };
            let text = line[1..].strip_prefix(' ').unwrap_or(&line[1..]).to_owned();
            match kind {
                '?' => expected.status = text.parse().context("an exit status")?,
                '>' => expected.stdout.push(text),
                _ => expected.stderr.push(text),
            }
        } else if line.starts_with('#') || line.is_empty() {
            match steps.last_mut() {
                Some(Step::Text(lines)) => lines.push(line.to_owned()),
                _ => steps.push(Step::Text(vec![line.to_owned()])),
            }
        } else {
            bail!("`{line}` is no line of a session");
        }
    }
    Ok(steps)
}

fn hex(digits: &str) -> Result<Vec<u8>> {
    let digits: String = digits.split_whitespace().collect();
    ensure!(digits.len().is_multiple_of(2) && digits.is_ascii(), "`{digits}` are no bytes");
    let byte = |start| u8::from_str_radix(&digits[start..start + 2], 16).context("a byte");
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// The text that [`read`] reads back.
fn write(steps: &[Step]) -> String {
    let mut lines = Vec::new();
    for step in steps {
        match step {
            Step::Text(text) | Step::File { lines: text, .. } => lines.extend(text.iter().cloned()),
            Step::Absent { line, .. } => lines.push(line.clone()),
            Step::Command { line, expected } => {
                lines.push(line.clone());
                if expected.status != 0 {
                    lines.push(format!("? {}", expected.status));
                }
                let marked =
                    |mark: char, line: &String| format!("{mark} {line}").trim_end().to_owned();
                lines.extend(expected.stdout.iter().map(|line| marked('>', line)));
                lines.extend(expected.stderr.iter().map(|line| marked('!', line)));
            }
        }
    }
    lines.join("\n") + "\n"
}

fn execute(line: &str, scratch: &Scratch) -> Result<Finished> {
    let (line, stdin) = match line.split_once(" < ") {
        Some((line, file)) => (line, scratch.read(file)?),
        None => (line, Vec::new()),
    };
    let words = words(&line[2..]);
    let (program, arguments) = words.split_first().context("an empty command")?;
    let run = match program.as_str() {
        "wasm2native" => tool::command(arguments, scratch.path())?,
        name if name.starts_with("./") => Run::program(scratch.path().join(&name[2..]))
            .clear_environment()
            .arguments(arguments)
            .folder(scratch.path()),
        other => bail!("a session runs `wasm2native` or `./PROGRAM`, not `{other}`"),
    };
    run.stdin(stdin).run()
}

fn compare(expected: &Expected, finished: &Finished) -> Result<()> {
    let status = Ending::Status(expected.status);
    ensure!(
        finished.ending == status,
        "{} instead of {status}; stderr:\n{}",
        finished.ending,
        finished.stderr_text()
    );
    golden::compare("stdout", &expected.stdout.join("\n"), &trimmed(&finished.stdout))?;
    golden::compare("stderr", &expected.stderr.join("\n"), &trimmed(&finished.stderr))
}

/// Output without spaces at the ends of lines, which sessions do not keep.
fn trimmed(output: &[u8]) -> String {
    let text = String::from_utf8_lossy(output);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

fn accept(expected: &mut Expected, finished: &Finished) -> Result<()> {
    let Ending::Status(status) = finished.ending else {
        bail!("{} cannot be an expectation", finished.ending);
    };
    expected.status = status;
    let (stdout, stderr) = (trimmed(&finished.stdout), trimmed(&finished.stderr));
    if !golden::matches(&expected.stdout.join("\n"), &stdout) {
        expected.stdout = stdout.lines().map(str::to_owned).collect();
    }
    if !golden::matches(&expected.stderr.join("\n"), &stderr) {
        expected.stderr = stderr.lines().map(str::to_owned).collect();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn what_is_read_is_written_back() {
        let text = "# About.\n@file a.wat\n(module)\n@end\n@hex b 00 61\n\n$ wasm2native x\n? 2\n> out\n! err\n@absent c\n";
        assert_eq!(write(&read(text).unwrap()), text);
    }

    #[test]
    fn expectations_need_a_command() {
        assert!(read("> out\n").is_err());
    }
}
