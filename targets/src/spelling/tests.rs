//! Spellings that people use, each with the target that it names.

use super::{parse, parse_spelled};
use crate::{Architecture, System, all, host};

/// Every usual spelling of every target: its own name, the triple of its stub, and what Rust, clang,
/// GCC, Debian, Zig, Go, Docker, Node, .NET, Nix and the systems themselves call it.
const SPELLINGS: [(&str, &[&str]); 10] = [
    (
        "x86_64-linux",
        &[
            "x86_64-linux",
            "amd64-linux",
            "x64-linux",
            "X86-64-Linux",
            "linux-x86_64",
            "x86_64-unknown-linux-gnu",
            "x86_64-unknown-linux-musl",
            "x86_64-pc-linux-gnu",
            "x86_64-redhat-linux",
            "x86_64-suse-linux",
            "x86_64-alpine-linux-musl",
            "x86_64-linux-gnu",
            "x86_64-linux-musl",
            "x86_64-linux-gnu.2.17",
            "x86_64-linux.4.19-gnu",
            "linux/amd64",
            "linux_amd64",
            "linux-x64",
            "linux-musl-x64",
        ],
    ),
    (
        "aarch64-linux",
        &[
            "aarch64-linux",
            "arm64-linux",
            "aarch64-unknown-linux-gnu",
            "aarch64-unknown-linux-musl",
            "aarch64-linux-gnu",
            "aarch64-linux-musl",
            "aarch64-linux-gnu.2.31",
            "aarch64-none-linux-gnu",
            "aarch64-pc-linux-gnu",
            "linux/arm64",
            "linux/arm64/v8",
            "linux_arm64",
            "linux-arm64",
            "linux-musl-arm64",
            "Linux-aarch64",
        ],
    ),
    (
        "riscv64-linux",
        &[
            "riscv64-linux",
            "riscv64",
            "riscv64gc-unknown-linux-gnu",
            "riscv64gc-unknown-linux-musl",
            "riscv64-unknown-linux-gnu",
            "riscv64-linux-gnu",
            "riscv64-linux-musl",
            "rv64gc-linux",
            "linux/riscv64",
            "linux-riscv64",
        ],
    ),
    (
        "s390x-linux",
        &[
            "s390x-linux",
            "s390x",
            "s390x-unknown-linux-gnu",
            "s390x-unknown-linux-musl",
            "s390x-ibm-linux-gnu",
            "s390x-linux-gnu",
            "s390x-linux-musl",
            "linux/s390x",
            "linux-s390x",
        ],
    ),
    (
        "x86_64-windows",
        &[
            "x86_64-windows",
            "amd64-windows",
            "windows-x64",
            "win32-x64",
            "win-x64",
            "win10-x64",
            "win_amd64",
            "x86_64-pc-windows-msvc",
            "x86_64-pc-windows-gnu",
            "x86_64-pc-windows-gnullvm",
            "x86_64-windows-gnu",
            "x86_64-windows-msvc",
            "x86_64-w64-mingw32",
            "x86_64-w64-windows-gnu",
            "windows/amd64",
            "windows_amd64",
        ],
    ),
    (
        "aarch64-windows",
        &[
            "aarch64-windows",
            "arm64-windows",
            "windows-arm64",
            "win32-arm64",
            "win-arm64",
            "aarch64-pc-windows-msvc",
            "aarch64-pc-windows-gnullvm",
            "aarch64-windows-gnu",
            "aarch64-w64-mingw32",
            "windows/arm64",
        ],
    ),
    (
        "x86_64-macos",
        &[
            "x86_64-macos",
            "x86_64-darwin",
            "amd64-darwin",
            "macos-x64",
            "x86_64-apple-darwin",
            "x86_64-apple-darwin20.6.0",
            "x86_64-apple-macosx11.0.0",
            "x86_64-apple-macos11",
            "x86_64-macos-none",
            "x86_64-macos.11.0",
            "darwin/amd64",
            "darwin-x64",
            "osx-x64",
            "osx.11.0-x64",
        ],
    ),
    (
        "aarch64-macos",
        &[
            "aarch64-macos",
            "arm64-macos",
            "aarch64-darwin",
            "macos-arm64",
            "aarch64-apple-darwin",
            "arm64-apple-darwin",
            "arm64-apple-darwin23.1.0",
            "arm64-apple-macosx11.0.0",
            "arm64-apple-macos11",
            "aarch64-macos-none",
            "aarch64-macos.11.0...15.0-none",
            "darwin/arm64",
            "darwin-arm64",
            "osx-arm64",
            "macOS/arm64",
        ],
    ),
    (
        "x86_64-freebsd",
        &[
            "x86_64-freebsd",
            "amd64-freebsd",
            "x86_64-unknown-freebsd",
            "x86_64-unknown-freebsd14.1",
            "amd64-portbld-freebsd14",
            "x86_64-freebsd-none",
            "freebsd/amd64",
            "freebsd-x64",
        ],
    ),
    (
        "aarch64-freebsd",
        &[
            "aarch64-freebsd",
            "arm64-freebsd",
            "aarch64-unknown-freebsd",
            "aarch64-unknown-freebsd14.0",
            "aarch64-portbld-freebsd14",
            "freebsd/arm64",
        ],
    ),
];

#[test]
fn every_usual_spelling_names_its_target() {
    for (name, spellings) in SPELLINGS {
        for spelling in spellings {
            let found = parse(spelling).map(|target| target.name.as_str());
            assert_eq!(found, Ok(name), "{spelling}");
        }
    }
}

#[test]
fn the_table_has_every_target_and_the_triple_of_its_stub() {
    for target in all() {
        let spellings = SPELLINGS.iter().find(|(name, _)| *name == target.name);
        let (_, spellings) = spellings.unwrap_or_else(|| panic!("{} is not tested", target.name));
        assert!(spellings.contains(&target.triple.as_str()), "{}", target.triple);
    }
}

#[test]
fn the_environment_is_ignored_and_reported() {
    for (spelling, ignored) in [
        ("x86_64-unknown-linux-gnu", Some("gnu")),
        ("x86_64-linux-musl", Some("musl")),
        ("x86_64-linux-gnu.2.17", Some("gnu.2.17")),
        ("aarch64-pc-windows-msvc", Some("msvc")),
        ("x86_64-w64-mingw32", None),
        ("linux/arm64", None),
    ] {
        let spelled = parse_spelled(spelling).unwrap();
        assert_eq!(spelled.ignored.as_deref(), ignored, "{spelling}");
        assert!(!spelled.completed);
    }
}

#[test]
fn what_is_not_named_is_as_on_this_machine() {
    let Some(here) = host() else { return };
    for spelling in ["host", "native", "Native"] {
        assert_eq!(parse(spelling).unwrap().name, here.name);
    }
    for (spelling, system) in [("linux", System::Linux), ("darwin", System::Macos)] {
        match parse_spelled(spelling) {
            Ok(spelled) => {
                assert_eq!(spelled.target.system, system);
                assert_eq!(spelled.target.architecture, here.architecture);
                assert!(spelled.completed);
            }
            Err(error) => {
                assert!(system == System::Macos, "{error}");
                assert_eq!(error.suggestions, ["aarch64-macos", "x86_64-macos"]);
            }
        }
    }
    let spelled = parse_spelled("amd64").unwrap();
    assert_eq!(spelled.target.architecture, Architecture::X86_64);
    assert_eq!(spelled.target.system, here.system);
}

#[test]
fn unknown_ones_get_suggestions() {
    let suggestions: [(&str, &[&str]); 14] = [
        ("x86_64-linus", &["x86_64-linux"]),
        ("x86_65-linux", &["x86_64-linux"]),
        ("aarch64-linux-banana", &["aarch64-linux"]),
        ("linux/arm63", &["aarch64-linux"]),
        ("riscv64-windows", &["riscv64-linux"]),
        ("s390x-macos", &["s390x-linux"]),
        ("s390-linux", &["s390x-linux"]),
        ("riscv32-linux", &["riscv64-linux"]),
        ("i686-pc-windows-msvc", &["aarch64-windows", "x86_64-windows"]),
        ("armv7-unknown-freebsd", &["aarch64-freebsd", "x86_64-freebsd"]),
        ("aarch64-linux-android", &["aarch64-linux"]),
        (
            "arm64-apple-ios",
            &["aarch64-freebsd", "aarch64-linux", "aarch64-macos", "aarch64-windows"],
        ),
        ("macos-universal", &["aarch64-macos", "x86_64-macos"]),
        ("linus", &["aarch64-linux", "riscv64-linux", "s390x-linux", "x86_64-linux"]),
    ];
    for (spelling, expected) in suggestions {
        assert_eq!(parse(spelling).unwrap_err().suggestions, expected, "{spelling}");
    }
    for spelling in ["", "-", "pdp11", "wasm32-wasip1", "unknown", "gnu"] {
        assert!(parse(spelling).unwrap_err().suggestions.is_empty(), "{spelling}");
    }
}

#[test]
fn what_is_nearly_another_machine_is_refused() {
    for spelling in [
        "arm64e-apple-darwin",
        "aarch64_be-unknown-linux-gnu",
        "x86_64-unknown-linux-gnux32",
        "linux/amd64/v3",
        "linux/386",
        "x86_64h-apple-darwin",
        "aarch64-apple-ios-sim",
        "x86_64-linux-android",
        "s390-linux",
        "x86_64-linux-linux",
        "all",
    ] {
        assert!(parse(spelling).is_err(), "{spelling}");
    }
}
