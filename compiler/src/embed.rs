//! Files and directories that become part of an executable: collected from what the builder embeds, merged
//! to one tree and laid out as `abi::embed` says.
//!
//! It stands alone because it sees names and contents only; where they were read from is the command's
//! part. Invariants: the same files give the same bytes, in whatever order they came; a name that stands for
//! two things is an error.

use crate::diagnostic::{quoted, size};
use crate::grant::GrantError;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;
use std::sync::Arc;
use wasm2native_abi::embed::{ENTRY_BYTES, Entry, Node, Tree};

/// The largest size of all embedded files: what every executable format holds beside a program.
pub const MOST_EMBEDDED_BYTES: u64 = 1 << 30;

/// A file, or a tree of files, that becomes part of an executable, under one name.
///
/// ```
/// use wasm2native::{Builder, Embedding};
///
/// # fn main() -> Result<(), wasm2native::Error> {
/// # if wasm2native::Target::host().is_err() { return Ok(()); }
/// let mut library = Embedding::tree("/lib");
/// library.add_file("site/main.py", &b"print(1)"[..])?;
/// library.add_directory("empty")?;
/// let wat = br#"(module (memory (export "memory") 1) (func (export "_start")))"#;
/// let artifact = Builder::new(wat).embed(library).build()?;
/// assert_eq!(artifact.report.policy.embedded, ["/lib"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Embedding {
    guest: String,
    node: Inner,
}

#[derive(Clone, Debug)]
enum Inner {
    File(Arc<[u8]>),
    Directory(BTreeMap<String, Inner>),
}

impl Embedding {
    /// A file that the program knows as `guest`.
    pub fn file(guest: impl Into<String>, contents: impl Into<Arc<[u8]>>) -> Self {
        Self { guest: guest.into(), node: Inner::File(contents.into()) }
    }

    /// A directory, empty so far, that the program knows as `guest`.
    pub fn tree(guest: impl Into<String>) -> Self {
        Self { guest: guest.into(), node: Inner::Directory(BTreeMap::new()) }
    }

    /// Adds a file to a tree, and the directories above it that are not there.
    ///
    /// # Errors
    /// When there is something at `path`, or it is not the path of a file in the tree.
    pub fn add_file(
        &mut self,
        path: &str,
        contents: impl Into<Arc<[u8]>>,
    ) -> Result<(), GrantError> {
        place(&mut self.node, &self.guest, &parts(path)?, Inner::File(contents.into()))
    }

    /// Adds a directory to a tree, and those above it that are not there.
    ///
    /// # Errors
    /// When there is a file at `path`, or it is not the path of a directory in the tree.
    pub fn add_directory(&mut self, path: &str) -> Result<(), GrantError> {
        let directory = Inner::Directory(BTreeMap::new());
        place(&mut self.node, &self.guest, &parts(path)?, directory)
    }

    /// The directory that it grants, as the program knows it: a tree itself, the one that a file is in.
    fn granted(&self) -> Result<String, GrantError> {
        let mut parts = parts(&self.guest)?;
        if matches!(self.node, Inner::File(_)) && parts.pop().is_none() {
            return Err(GrantError::new(format!(
                "`{}` is not the path of a file",
                quoted(&self.guest)
            )));
        }
        let path = parts.join("/");
        Ok(match (self.guest.starts_with('/'), path.is_empty()) {
            (true, _) => format!("/{path}"),
            (false, true) => ".".to_owned(),
            (false, false) => path,
        })
    }
}

/// The names of a path, without those that say nothing.
fn parts(path: &str) -> Result<Vec<&str>, GrantError> {
    let refuse = |why: &str| {
        let error =
            GrantError::new(format!("`{}` cannot name what is embedded: {why}", quoted(path)));
        error.hint("give it a name with HOST::GUEST, such as `../data::/data`")
    };
    if path.contains('\0') {
        return Err(refuse("it contains a NUL character"));
    }
    let parts: Vec<_> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    if parts.contains(&"..") {
        return Err(refuse("it contains `..`"));
    }
    Ok(parts)
}

/// Puts `node` at `path` below `tree`, which the program knows as `name`.
fn place(tree: &mut Inner, name: &str, path: &[&str], node: Inner) -> Result<(), GrantError> {
    let Some((first, rest)) = path.split_first() else { return merge(tree, name, node) };
    let Inner::Directory(entries) = tree else { return Err(twice(name)) };
    match entries.get_mut(*first) {
        Some(entry) => place(entry, &below(name, first), rest, node),
        None => {
            let above =
                |node, part: &&str| Inner::Directory(BTreeMap::from([((*part).to_owned(), node)]));
            entries.insert((*first).to_owned(), rest.iter().rev().fold(node, above));
            Ok(())
        }
    }
}

fn below(name: &str, part: &str) -> String {
    match name {
        "" | "." => part.to_owned(),
        name => format!("{}/{part}", name.trim_end_matches('/')),
    }
}

/// Adds what `node` has to `tree`. Directories become one; a file may stand at one place only once.
fn merge(tree: &mut Inner, name: &str, node: Inner) -> Result<(), GrantError> {
    match (tree, node) {
        (Inner::Directory(entries), Inner::Directory(added)) => {
            for (part, node) in added {
                let below = below(name, &part);
                match entries.entry(part) {
                    Place::Vacant(vacant) => {
                        vacant.insert(node);
                    }
                    Place::Occupied(mut entry) => {
                        merge(entry.get_mut(), &below, node)?;
                    }
                }
            }
            Ok(())
        }
        _ => Err(twice(name)),
    }
}

fn twice(name: &str) -> GrantError {
    GrantError::new(format!("two things are embedded as `{}`", quoted(name)))
        .hint("give one of them another name with HOST::GUEST")
}

/// All that is embedded, as one tree, and the directories that are granted with it.
#[derive(Clone, Debug)]
pub(crate) struct Merged {
    root: Inner,
    /// As the program knows them, each once.
    pub(crate) directories: Vec<String>,
    contents_bytes: u64,
    /// What was wrong first.
    refused: Option<GrantError>,
}

impl Default for Merged {
    fn default() -> Self {
        Self {
            root: Inner::Directory(BTreeMap::new()),
            directories: Vec::new(),
            contents_bytes: 0,
            refused: None,
        }
    }
}

impl Merged {
    /// Adds what is embedded under one name; [`Self::check`] says whether it could be.
    pub(crate) fn add(&mut self, embedding: Embedding) {
        let added = self.try_add(embedding);
        self.refused = self.refused.take().or(added.err());
    }

    fn try_add(&mut self, embedding: Embedding) -> Result<(), GrantError> {
        let granted = embedding.granted()?;
        if !self.directories.contains(&granted) {
            self.directories.push(granted);
        }
        let Embedding { guest, node } = embedding;
        // No file takes the place of another, so that sizes add up.
        self.contents_bytes += contents_bytes(&node);
        let top = if guest.starts_with('/') { "/" } else { "" };
        place(&mut self.root, top, &parts(&guest)?, node)
    }

    /// Whether all that was added stands together.
    ///
    /// # Errors
    /// When two things are embedded under one name, or all is too large.
    pub(crate) fn check(&self) -> Result<(), GrantError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        if self.contents_bytes > MOST_EMBEDDED_BYTES {
            let (total, most) = (size(self.contents_bytes), size(MOST_EMBEDDED_BYTES));
            return Err(GrantError::new(format!(
                "what is embedded has {total}, more than the {most} that an executable holds"
            )));
        }
        Ok(())
    }

    /// The tree's bytes.
    pub(crate) fn encode(&self) -> Vec<u8> {
        // Level by level, so that the entries of one directory stand side by side, behind it.
        let mut nodes = vec![("", &self.root)];
        let mut firsts = Vec::new();
        while let Some((_, node)) = nodes.get(firsts.len()).copied() {
            firsts.push(nodes.len() as u64);
            if let Inner::Directory(entries) = node {
                nodes.extend(entries.iter().map(|(name, node)| (name.as_str(), node)));
            }
        }
        let names_bytes: usize = nodes.iter().map(|(name, _)| name.len()).sum();
        let mut name_offset = (nodes.len() * ENTRY_BYTES) as u64;
        let mut contents_offset = name_offset + names_bytes as u64;
        let mut encoded = Vec::new();
        for ((name, node), first) in nodes.iter().zip(firsts) {
            let (kind, first, size) = match node {
                Inner::Directory(entries) => (Entry::DIRECTORY, first, entries.len() as u64),
                Inner::File(contents) => (Entry::FILE, contents_offset, contents.len() as u64),
            };
            let entry = Entry { kind, name_bytes: name.len() as u32, name_offset, first, size };
            encoded.extend_from_slice(&entry.encode());
            name_offset += name.len() as u64;
            if kind == Entry::FILE {
                contents_offset += size;
            }
        }
        nodes.iter().for_each(|(name, _)| encoded.extend_from_slice(name.as_bytes()));
        for (_, node) in &nodes {
            if let Inner::File(contents) = node {
                encoded.extend_from_slice(contents);
            }
        }
        encoded
    }
}

fn contents_bytes(node: &Inner) -> u64 {
    match node {
        Inner::File(contents) => contents.len() as u64,
        Inner::Directory(entries) => entries.values().map(contents_bytes).sum(),
    }
}

/// How many files a tree has, and their size together. The bytes may be anybody's.
pub(crate) fn count(encoded: &[u8]) -> (u64, u64) {
    let tree = Tree::new(encoded);
    let (mut files, mut bytes) = (0, 0_u64);
    // Entries stand behind their directory: each is looked at once, whatever the table says.
    let (mut index, mut end) = (0, 1);
    while index < end {
        match tree.node(index) {
            Some(Node::Directory { first, count }) => end = end.max(first.saturating_add(count)),
            Some(Node::File(contents)) => {
                files += 1;
                bytes = bytes.saturating_add(contents.len() as u64);
            }
            None => break,
        }
        index += 1;
    }
    (files, bytes)
}

#[cfg(test)]
mod tests {
    use super::{Embedding, Merged, count};
    use crate::GrantError;
    use wasm2native_abi::embed::{Node, Tree};

    /// Every path of the tree, directories with a slash, files with their contents.
    fn listed(tree: Tree<'_>, index: u64, path: &str, lines: &mut Vec<String>) {
        match tree.node(index).expect("an entry") {
            Node::File(contents) => {
                lines.push(format!("{path}={}", String::from_utf8_lossy(contents)));
            }
            Node::Directory { first, count } => {
                lines.push(format!("{path}/"));
                for entry in first..first + count {
                    let name = String::from_utf8_lossy(tree.name(entry));
                    assert_eq!(tree.find(index, name.as_bytes()), Some(entry));
                    listed(tree, entry, &format!("{path}/{name}"), lines);
                }
            }
        }
    }

    fn merged(embeddings: impl IntoIterator<Item = Embedding>) -> Result<Merged, GrantError> {
        let mut merged = Merged::default();
        embeddings.into_iter().for_each(|embedding| merged.add(embedding));
        merged.check().map(|()| merged)
    }

    fn library() -> Embedding {
        let mut library = Embedding::tree("/usr/lib");
        library.add_file("a/two", &b"2"[..]).expect("added");
        library.add_file("a/one", &b"1"[..]).expect("added");
        library.add_directory("z/empty").expect("added");
        library
    }

    #[test]
    fn the_stubs_reader_finds_what_was_embedded() {
        let file = Embedding::file("./etc/app.conf", &b"x=1"[..]);
        let merged = merged([library(), file]).expect("merged");
        assert_eq!(merged.directories, ["/usr/lib", "etc"]);
        let encoded = merged.encode();
        let mut lines = Vec::new();
        listed(Tree::new(&encoded), 0, "", &mut lines);
        let expected = "/ /etc/ /etc/app.conf=x=1 /usr/ /usr/lib/ /usr/lib/a/ /usr/lib/a/one=1 \
            /usr/lib/a/two=2 /usr/lib/z/ /usr/lib/z/empty/";
        assert_eq!(lines.join(" "), expected);
        assert_eq!(count(&encoded), (3, 5));
    }

    #[test]
    fn the_order_makes_no_difference_to_the_tree() {
        let file = || Embedding::file("/usr/lib/b", &b"b"[..]);
        let encoded = |embeddings: [Embedding; 2]| merged(embeddings).expect("merged").encode();
        assert_eq!(encoded([library(), file()]), encoded([file(), library()]));
    }

    #[test]
    fn trees_merge_and_names_stand_once() {
        let tree = |guest: &str, path: &str| {
            let mut tree = Embedding::tree(guest);
            tree.add_file(path, &b""[..]).expect("added");
            tree
        };
        let merge = |one: Embedding, other: Embedding| merged([one, other]).is_ok();
        assert!(merge(tree("/a", "b/c"), tree("/a/b", "d")));
        assert!(merge(tree("/", "x"), Embedding::file("y", &b""[..])));
        assert!(!merge(tree("/a", "b"), tree("/a", "b")));
        assert!(!merge(tree("/a", "b"), tree("/a/b", "c")));
        assert!(!merge(Embedding::tree("/a"), Embedding::file("/a", &b""[..])));
        assert!(!merge(Embedding::file("/a", &b""[..]), Embedding::tree("a")));
        let mut two = tree("/a", "b");
        assert!(two.add_file("b", &b""[..]).is_err() && two.add_file("b/c", &b""[..]).is_err());
    }

    #[test]
    fn names_stay_inside() {
        for guest in ["..", "a/../b", "a\0", "/", "."] {
            assert!(merged([Embedding::file(guest, &b""[..])]).is_err(), "{guest}");
        }
        assert_eq!(merged([Embedding::tree("./")]).expect("merged").directories, ["."]);
        assert_eq!(merged([Embedding::tree("//")]).expect("merged").directories, ["/"]);
    }

    #[test]
    fn anybodys_bytes_are_counted_without_end() {
        assert_eq!(count(b""), (0, 0));
        let mut bytes = vec![0; 64];
        bytes[16] = 1;
        bytes[24..32].fill(0xff);
        assert_eq!(count(&bytes), (0, 0));
    }
}
