//! Counts words of files, named or standard input: Rust's library on WASI, from maps to directories.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut text = String::new();
    let mut missing = 0;
    let names: Vec<String> = std::env::args().skip(1).collect();
    for name in &names {
        match std::fs::read_to_string(name) {
            Ok(contents) => text.push_str(&contents),
            Err(error) => {
                println!("{name}: {:?}", error.kind());
                missing += 1;
            }
        }
    }
    if names.is_empty() {
        std::io::stdin().read_to_string(&mut text).expect("standard input is text");
    }
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.iter().collect();
    sorted.sort_by_key(|(word, count)| (std::cmp::Reverse(**count), **word));
    for (word, count) in sorted.iter().take(5) {
        println!("{count:5} {word}");
    }
    let total: u32 = counts.values().sum();
    let mean = f64::from(total) / counts.len().max(1) as f64;
    println!("{total} words, {} different, {mean:.3} each", counts.len());
    let files = std::fs::read_dir(".").map_or(0, |entries| entries.count());
    println!("{} files here", if files > 0 { "some" } else { "no" });
    ExitCode::from(missing)
}
