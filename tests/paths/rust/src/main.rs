//! What a tool does with paths, in Rust: see `tests/paths.rs`.

use std::fmt::Display;
use std::{env, fs};

fn say<T, E>(what: &str, path: &str, result: Result<T, E>) {
    println!("{what} {path}: {}", if result.is_ok() { "done" } else { "failed" });
}

fn read(shown: impl Display, path: &str) {
    let text = fs::read_to_string(path).unwrap_or_else(|_| "failed".to_owned());
    println!("read {shown}: {}", text.trim_end());
}

fn write(shown: &str, path: &str) {
    say("write", shown, fs::write(path, "written\n"));
    read(shown, path);
}

fn list(path: &str) {
    let names = fs::read_dir(path).and_then(|entries| {
        let mut names = Vec::new();
        for entry in entries {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    });
    let names = names.unwrap_or_else(|_| vec!["failed".to_owned()]);
    println!("list {path}: {}", names.join(" "));
}

fn size(path: &str) {
    match fs::metadata(path) {
        Ok(status) if status.is_dir() => println!("size {path}: folder 0"),
        Ok(status) => println!("size {path}: file {}", status.len()),
        Err(_) => println!("size {path}: failed"),
    }
}

fn main() {
    let (Ok(here), Ok(temporary)) = (env::var("PWD"), env::var("TMPDIR")) else {
        println!("PWD or TMPDIR is not set");
        std::process::exit(1);
    };
    let absolute = |path: &str| format!("{here}/{path}");
    for path in ["x", "./x", "sub/x", "sub/../x", "./sub/./x", "link", "linked/x", "missing", "sub/missing"] {
        read(path, path);
    }
    for path in ["x", "sub/x", "sub/../x", "./x", "link", "linked/x", "missing"] {
        read(absolute(path), &absolute(path));
    }
    for path in [".", "sub", "./sub/", &here, &absolute("sub")] {
        list(path);
    }
    for path in ["x", "sub", &here, &absolute("sub/x")] {
        size(path);
    }
    for path in ["new1", "./new2", "sub/new3", &absolute("new4")] {
        write(path, path);
    }
    say("folder", "made", fs::create_dir("made"));
    write("made/inside", "made/inside");
    say("rename", "new1", fs::rename("new1", "made/moved"));
    say("rename", "new4", fs::rename(absolute("new4"), "sub/moved"));
    say("remove", "new2", fs::remove_file("./new2"));
    say("remove", "made/inside", fs::remove_file(absolute("made/inside")));
    list(&here);
    list("made");
    write("temporary", &format!("{temporary}/temporary"));
    let mut folders = false;
    for argument in env::args().skip(1) {
        folders |= argument == "-d";
        let argument = argument.strip_prefix("--out=").unwrap_or(&argument);
        if argument.starts_with('-') {
            continue;
        }
        if folders {
            list(argument);
            read(format!("{argument}/inside"), &format!("{argument}/inside"));
            write(&format!("{argument}/made"), &format!("{argument}/made"));
        } else {
            read(argument, argument);
            write(argument, argument);
            size(argument);
        }
    }
}
