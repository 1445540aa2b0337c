//! Paths that a program may pass, honest and hostile.

use super::input::Input;
use super::model::{ELSEWHERE, Model};
use super::text::Text;

/// Components: names of [`super::tree`], names that are new, and those with a meaning of their own.
const COMPONENTS: [&[u8]; 40] = [
    b"file",
    b"dir",
    b"deep",
    b"..",
    b"new",
    b"kept",
    b"open",
    b"other",
    b".",
    b"",
    b"up",
    b"up-file",
    b"root",
    b"absolute",
    b"absolute-file",
    b"loop",
    b"here",
    b"parent",
    b"chain",
    b"good",
    b"good-slash",
    b"back",
    b"down",
    b"dangling",
    b"magic",
    b"outside",
    b"link",
    b"to-kept",
    b"to-open",
    b"..",
    b"w",
    b"r",
    b"nothing",
    b"new2",
    b"canary",
    b"...",
    b" ",
    b"..",
    b"up-new",
    "gr\u{fc}n".as_bytes(),
];

/// Behind the path of a world: what an argument names there (see [`super::tree::ARGUMENTS`]), and what not.
const DESIGNATED: [&[u8]; 20] = [
    b"/named/given",
    b"/named/folder",
    b"/named/folder/file",
    b"/named/folder/new",
    b"/named/fresh",
    b"/named/secret",
    b"/named/secret-folder",
    b"/named/secret-folder/file",
    b"/named/folder/../secret",
    b"/named/given/../secret",
    b"/named/../outside/file",
    b"/named/folder/..",
    b"/named",
    b"/named/",
    b"/named/given/",
    b"/named/folder/.",
    b"/outside/file",
    b"",
    b"/",
    b"/../outside/file",
];

/// The same from the folder that the names are in, or from the one that is named.
const BESIDE: [&[u8]; 20] = [
    b"given",
    b"given",
    b"given/",
    b"fresh",
    b"fresh",
    b"fresh/",
    b"file",
    b"file",
    b"new",
    b"new",
    b".",
    b"secret",
    b"secret-link",
    b"secret-folder/file",
    b"given/../secret",
    b"../secret",
    b"../named/secret",
    b"../outside/file",
    b"new/../../secret",
    b"folder/file",
];

/// What may stand behind a path.
const ENDINGS: [&[u8]; 16] =
    [b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"/", b"//", b"/.", b"/.."];

/// A path for a call that starts from `fd`: mostly along what is there, to something or to nothing yet.
pub(super) fn path(input: &mut Input<'_>, model: &Model, fd: u32, new: bool) -> Text {
    let form = input.byte();
    let count = usize::from(form & 7);
    if count == 7 {
        return Text(hostile(input));
    }
    // What the command line names and what lies beside it, by its path on the host or from its folder.
    if model.elsewhere().contains(&fd) && form >> 3 < 24 {
        return Text(BESIDE[input.below(BESIDE.len())].to_vec());
    }
    if form >> 3 == 30 {
        return Text([ELSEWHERE, DESIGNATED[input.below(DESIGNATED.len())]].concat());
    }
    let mut path = Vec::new();
    if form >> 3 == 31 {
        path.push(b'/');
    }
    let mut here = model.node(fd);
    // Short paths more often than long ones.
    let components = [1, 1, 2, 1, 3, 2, 5][count];
    for index in 0..components {
        if index > 0 {
            path.push(b'/');
        }
        let choice = usize::from(input.byte());
        let entries = here.and_then(|here| model.tree.entries(here));
        let entry = entries.and_then(|entries| entries.iter().nth(choice % (entries.len() + 1)));
        let along = if new && index + 1 == components { 64 } else { 192 };
        match entry {
            Some((name, &node)) if choice < along => {
                path.extend_from_slice(name);
                here = Some(node);
            }
            _ => path.extend_from_slice(COMPONENTS[choice % COMPONENTS.len()]),
        }
    }
    path.extend_from_slice(ENDINGS[usize::from(form >> 3) % ENDINGS.len()]);
    Text(path)
}

/// What a symbolic link leads to: anything, from anywhere.
pub(super) fn target(input: &mut Input<'_>, model: &Model) -> Text {
    let fd = 3 + input.below(8) as u32;
    path(input, model, fd, false)
}

/// A path that no honest program passes, with an honest beginning now and then.
fn hostile(input: &mut Input<'_>) -> Vec<u8> {
    let kind = input.byte();
    let beginning: &[u8] = if kind & 0x80 == 0 { b"" } else { b"dir/" };
    let rest = match kind % 18 {
        0 => Vec::new(),
        1 => b"\0".to_vec(),
        2 => b"file\0".to_vec(),
        3 => b"new\0/../../outside/file".to_vec(),
        4 => vec![b'x'; 5000],
        5 => b"x/".repeat(2040),
        6 => vec![b'n'; 255],
        7 => vec![b'n'; 256],
        8 => b"./".repeat(2045),
        9 => b"\xff\xfe".to_vec(),
        10 => b"caf\xe9".to_vec(),
        11 => b"\xed\xa0\x80".to_vec(),
        12 => b"/etc/passwd".to_vec(),
        13 => b"//".to_vec(),
        14 => [&b"deep/../".repeat(usize::from(input.byte())), &b"../../outside/file"[..]].concat(),
        15 => [&b"here/".repeat(usize::from(input.byte() % 64)), &b"file"[..]].concat(),
        16 => [&b"./".repeat(2000 + usize::from(input.byte() % 48)), &b"good"[..]].concat(),
        _ => {
            let mut path = Vec::new();
            for _ in 0..input.below(12) {
                path.push(input.byte());
            }
            path
        }
    };
    [beginning, &rest].concat()
}
