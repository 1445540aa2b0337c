//! Listings in `tests/filetests`: a module, and what `--emit clif` shows for it behind `;;;`.

use anyhow::Result;
use std::path::Path;
use std::process::ExitCode;
use wasm2native_tests::case::{self, Case};
use wasm2native_tests::directive::{self, words};
use wasm2native_tests::scratch::Scratch;
use wasm2native_tests::{golden, tool};

/// How lines of the expected listing begin.
const EXPECTED: &str = ";;;";

fn main() -> ExitCode {
    let folder = tool::tests().join("filetests");
    let files = golden::files(&folder, "wat").expect("tests/filetests is readable");
    let cases = files.into_iter().map(|(name, path)| Case::check(name, move || check(&path)));
    case::main("filetests", cases.collect())
}

fn check(path: &Path) -> Result<()> {
    let text = std::fs::read_to_string(path)?;
    let (expected, source): (Vec<_>, Vec<_>) =
        text.lines().partition(|line| line.starts_with(EXPECTED));
    let source = source.join("\n").trim_end().to_owned();
    let scratch = Scratch::new()?;
    scratch.write("case.wat", &source)?;
    let mut arguments: Vec<String> =
        ["build", "-q", "case.wat", "-o", "case.txt", "-t", "x86_64-linux"]
            .map(str::to_owned)
            .into();
    let directives = directive::read(&source, &["build"])?;
    arguments.extend(directives.iter().flat_map(|directive| words(&directive.value)));
    tool::succeed(&arguments, scratch.path())?;
    let listing = String::from_utf8(scratch.read("case.txt")?)?;
    let actual: Vec<_> =
        listing.lines().map(|line| format!("{EXPECTED} {line}").trim_end().to_owned()).collect();
    let actual = actual.join("\n");
    if golden::blessing() {
        return golden::accept(path, &format!("{source}\n\n{actual}\n"));
    }
    golden::compare("the listing", &expected.join("\n"), &actual)
}
