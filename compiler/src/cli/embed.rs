//! Reading what `--embed` names: the part of embedding that touches files.
//!
//! Invariants: what becomes part of an executable lies in the tree that was named, also behind links;
//! nothing without end is read.

use super::Failure;
use std::path::{Path, PathBuf};
use wasm2native::{Code, Diagnostic, Embedding, MOST_EMBEDDED_BYTES, quoted};

/// The most files and directories of one `--embed`.
const MOST_ENTRIES: usize = 1 << 20;

/// Reads `HOST[::GUEST]`; a relative `HOST` is looked up in `base`.
pub(crate) fn read(text: &str, base: &Path) -> Result<Embedding, Failure> {
    let parts: Vec<&str> = text.split("::").collect();
    let (host, guest) = match parts[..] {
        [host] | [host, ""] => (host, host.replace(std::path::MAIN_SEPARATOR, "/")),
        [host, guest] => (host, guest.to_owned()),
        _ => {
            return Err(misspelt(text, "it has more than two parts")
                .hint("write HOST::GUEST; what is embedded is always read-only")
                .into());
        }
    };
    if host.is_empty() {
        return Err(misspelt(text, "the host path is empty").into());
    }
    let path = base.join(host);
    let io = |error: &std::io::Error| unreadable(&path, error);
    let root = path.canonicalize().map_err(|error| io(&error))?;
    let metadata = root.metadata().map_err(|error| io(&error))?;
    if metadata.is_file() {
        let mut reader = Reader::new(root.clone());
        return Ok(Embedding::file(guest, reader.contents(&path)?));
    }
    if !metadata.is_dir() {
        return Err(special(&path));
    }
    let mut embedding = Embedding::tree(guest);
    let mut reader = Reader::new(root.clone());
    reader.directory(&path, root, "", &mut embedding)?;
    Ok(embedding)
}

/// Reads one tree.
struct Reader {
    /// Where it is, without links.
    root: PathBuf,
    /// The directories that are being read, without links.
    open: Vec<PathBuf>,
    entries: usize,
    bytes: u64,
}

impl Reader {
    fn new(root: PathBuf) -> Self {
        Self { root, open: Vec::new(), entries: 0, bytes: 0 }
    }

    /// Adds what the directory at `path`, which is `real` without links, has; in the tree it is `name`.
    fn directory(
        &mut self,
        path: &Path,
        real: PathBuf,
        name: &str,
        embedding: &mut Embedding,
    ) -> Result<(), Failure> {
        if self.open.contains(&real) {
            return Err(refuse(
                &path.display().to_string(),
                "the link leads to a directory that it is in",
            )
            .into());
        }
        self.open.push(real);
        let io = |error: std::io::Error| unreadable(path, &error);
        let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
            .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
            .map_err(io)?;
        entries.sort();
        for path in entries {
            let Some(part) = path.file_name().and_then(|name| name.to_str()) else {
                return Err(refuse(&path.display().to_string(), "its name is not UTF-8").into());
            };
            let name = if name.is_empty() { part.to_owned() } else { format!("{name}/{part}") };
            self.entry(&path, &name, embedding)?;
        }
        self.open.pop();
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str, embedding: &mut Embedding) -> Result<(), Failure> {
        let io = |error: std::io::Error| unreadable(path, &error);
        let grant = |error: wasm2native::GrantError| {
            Failure::from(refuse(&path.display().to_string(), &error.message))
        };
        self.entries += 1;
        if self.entries > MOST_ENTRIES {
            return Err(
                refuse(&self.root.display().to_string(), "it has more than 1048576 files").into()
            );
        }
        // What a name in a directory says of the way there is nothing but the name, unless it is a link.
        let real = path.canonicalize().map_err(io)?;
        if !real.starts_with(&self.root) {
            let shown = quoted(&real.display().to_string());
            let cause = format!("the link leads out of the embedded directory, to `{shown}`");
            return Err(refuse(&path.display().to_string(), &cause)
                .hint(
                    "embed what it leads to under a name of its own, or replace the link by a copy",
                )
                .into());
        }
        let metadata = real.metadata().map_err(io)?;
        if metadata.is_dir() {
            embedding.add_directory(name).map_err(grant)?;
            self.directory(path, real, name, embedding)
        } else if metadata.is_file() {
            let contents = self.contents(path)?;
            embedding.add_file(name, contents).map_err(grant)
        } else {
            Err(special(path))
        }
    }

    fn contents(&mut self, path: &Path) -> Result<Vec<u8>, Failure> {
        use std::io::Read;
        let io = |error: std::io::Error| unreadable(path, &error);
        let file = std::fs::File::open(path).map_err(io)?;
        let mut contents = Vec::new();
        file.take(MOST_EMBEDDED_BYTES + 1 - self.bytes).read_to_end(&mut contents).map_err(io)?;
        self.bytes += contents.len() as u64;
        if self.bytes > MOST_EMBEDDED_BYTES {
            let root = self.root.display().to_string();
            return Err(
                refuse(&root, "it is larger than 1 GiB, more than an executable holds").into()
            );
        }
        Ok(contents)
    }
}

fn refuse(path: &str, cause: &str) -> Diagnostic {
    Diagnostic::error(Code::Embed, format!("cannot embed `{}`", quoted(path))).cause(cause)
}

/// As [`refuse`], for text that cannot be meant.
fn misspelt(text: &str, cause: &str) -> Diagnostic {
    Diagnostic { code: Code::Grant, ..refuse(text, cause) }
}

fn special(path: &Path) -> Failure {
    Box::new(refuse(&path.display().to_string(), "it is neither a file nor a directory"))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    use std::io::ErrorKind;
    let is_link = path.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
    let cause = match error.kind() {
        ErrorKind::NotFound if is_link => "the link leads nowhere".to_owned(),
        ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        _ if is_link && path.canonicalize().is_err() => "the link leads to itself".to_owned(),
        _ => error.to_string(),
    };
    Box::new(refuse(&path.display().to_string(), &cause))
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn files_and_trees_are_read_where_they_are() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str| std::fs::write(folder.path().join(name), name).expect("written");
        std::fs::create_dir_all(folder.path().join("lib/empty")).expect("made");
        write("lib/a");
        write("b");
        for text in ["lib", "lib::/usr/lib", "b", "b::/etc/b", "./lib::"] {
            assert!(read(text, folder.path()).is_ok(), "{text}");
        }
        for text in ["", "::/x", "a::b::ro", "missing"] {
            assert!(read(text, folder.path()).is_err(), "{text}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_inside_the_tree_only() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let tree = folder.path().join("tree");
        std::fs::create_dir_all(tree.join("inner")).expect("made");
        std::fs::write(tree.join("inner/file"), b"x").expect("written");
        std::fs::write(folder.path().join("outside"), b"x").expect("written");
        symlink("inner", tree.join("again")).expect("linked");
        symlink("inner/file", tree.join("file")).expect("linked");
        symlink("tree", folder.path().join("link")).expect("linked");
        for text in ["tree", "link::/lib"] {
            let embedding = format!("{:?}", read(text, folder.path()).expect("read"));
            assert_eq!(embedding.matches("\"file\"").count(), 3);
        }
        for (target, cause) in [
            ("../outside", "out of the embedded directory"),
            ("..", "out of the embedded directory"),
            (".", "a directory that it is in"),
            ("nowhere", "leads nowhere"),
            ("bad", "leads to itself"),
        ] {
            symlink(target, tree.join("bad")).expect("linked");
            let error = read("tree", folder.path()).expect_err("refused");
            assert!(error.to_string().contains(cause), "{error}");
            std::fs::remove_file(tree.join("bad")).expect("removed");
        }
    }
}
