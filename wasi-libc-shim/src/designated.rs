//! Names that the command line designates: each is granted by itself, and nothing beside it.
//!
//! Sandbox-critical. It stands alone because here a path that a program gives is compared with what the user
//! typed, before it means anything to the host. A directory has a list of such names when some are found
//! from there. Invariants: a path is found only where it begins with a whole name of the list, component by
//! component; the host's directory and name behind it were fixed when the program started, and a link
//! that somebody puts there later is not followed.

use crate::audit::Source;
use crate::descriptor_table::Descriptor;
use crate::file_type::FileType;
use crate::host;
use core::ops::ControlFlow;
use std::ffi::CString;
use std::sync::Arc;

/// The place on the host that a name stands for.
pub(crate) struct Target {
    /// The directory where it really is.
    pub(crate) parent: Arc<host::Owned>,
    /// Its name there; `.` for the directory itself.
    pub(crate) name: CString,
    /// Nothing at or beneath it may be changed.
    pub(crate) read_only: bool,
    /// What the user named was a link to it: the name is not the program's to change.
    pub(crate) through_link: bool,
    pub(crate) kind: TargetKind,
    /// What of the policy grants it.
    pub(crate) source: Source,
}

/// Whether there is a place at all.
pub(crate) enum TargetKind {
    Named,
    /// What is there has no path of its own: opening it gives the same file once more.
    Inherited(host::Owned),
    /// Nothing is there, nor may it be made.
    Missing,
}

/// The designated names in a directory.
#[derive(Clone)]
pub(crate) struct Designated {
    /// In order.
    list: Arc<[Designation]>,
    /// All begin with `/`, which paths seldom do: most need not be compared.
    all_absolute: bool,
}

/// A name and what it stands for.
pub(crate) type Designation = (Box<[u8]>, Arc<Target>);

/// What a path begins with.
pub(crate) struct Found<'a> {
    pub(crate) target: &'a Target,
    /// What of the path follows; may be empty.
    pub(crate) rest: Vec<u8>,
    /// The path ended in `/` or `/.`, so that only a directory is meant.
    pub(crate) only_directory: bool,
}

impl Designated {
    /// A list of names that were added by [`add_in_order`].
    pub(crate) fn new(names: Vec<Designation>) -> Self {
        let all_absolute = names.iter().all(|(name, _)| name.first() == Some(&b'/'));
        Self { list: names.into(), all_absolute }
    }

    /// Finds the name that a path begins with; the longest counts.
    pub(crate) fn find(&self, path: &[u8]) -> Option<Found<'_>> {
        if self.all_absolute && path.first() != Some(&b'/') {
            return None;
        }
        let whole = spelled(path);
        let mut end = whole.len();
        loop {
            let name = whole.get(..end)?;
            if let Ok(index) = self.list.binary_search_by(|(other, _)| (**other).cmp(name)) {
                let (_, target) = self.list.get(index)?;
                let rest = whole.get(end + 1..).unwrap_or_default().to_vec();
                let only_directory = path.ends_with(b"/") || path.ends_with(b"/.");
                return Some(Found { target, rest, only_directory });
            }
            end = name.iter().rposition(|&byte| byte == b'/')?;
        }
    }

    /// Calls `entry` with what is there by names of one component, as [`host::Listing::read`] does; cookies
    /// begin behind `first`.
    pub(crate) fn list(
        &self,
        first: u64,
        cookie: u64,
        mut entry: impl FnMut(u64, FileType, &[u8], u64) -> ControlFlow<()>,
    ) {
        for (behind, (name, target)) in (first + 1..).zip(self.names()) {
            if behind <= cookie || name.contains(&b'/') || name == b".." {
                continue;
            }
            let parent = host::borrow(&target.parent);
            let Ok(status) = host::entry_status(parent, &target.name) else { continue };
            if entry(status.inode, status.file_type, name, behind).is_break() {
                break;
            }
        }
    }

    /// All names, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&[u8], &Target)> + Clone {
        self.list.iter().map(|(name, target)| (&**name, &**target))
    }
}

impl Descriptor {
    /// Whether `path` from here begins with a designated name.
    pub(crate) fn designates(&self, path: &[u8]) -> bool {
        self.designated.as_ref().is_some_and(|names| names.find(path).is_some())
    }

    /// What was granted at `path` from here.
    pub(crate) fn granted_at(&self, path: &[u8]) -> Granted {
        match self.designated.as_ref().and_then(|names| names.find(path)) {
            Some(found) => Granted::new(found.target.read_only),
            None if self.grants_nothing_at(path) => Granted::Nothing,
            None => self.granted(),
        }
    }

    /// What was granted beneath it, but for designated names.
    pub(crate) fn granted(&self) -> Granted {
        Granted::new(self.read_only)
    }
}

/// What may be done at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Granted {
    Change,
    Read,
    Nothing,
}

impl Granted {
    fn new(read_only: bool) -> Self {
        if read_only { Self::Read } else { Self::Change }
    }
}

/// Adds a name, as [`spelled`], to a list. Of two that are alike the first counts. (Sorting in the end would
/// cost kilobytes; shells pass the names that they find in order.)
pub(crate) fn add_in_order(list: &mut Vec<Designation>, name: &[u8], target: &Arc<Target>) {
    if let Err(index) = list.binary_search_by(|(other, _)| (**other).cmp(name)) {
        list.insert(index, (name.into(), target.clone()));
    }
}

/// A name as C's library compares it: without what stands for the root, which is its current directory too, so
/// that `/a`, `./a` and `a` are one, and so are `/` and `.`.
pub(crate) fn bare(name: &[u8]) -> Vec<u8> {
    let mut bare = spelled(name);
    if bare.first() == Some(&b'/') {
        bare.remove(0);
    }
    bare
}

/// A path without what makes no difference: `.` and additional `/`. What it starts from and each `..` stay.
pub(crate) fn spelled(path: &[u8]) -> Vec<u8> {
    let mut spelled = Vec::with_capacity(path.len());
    if path.first() == Some(&b'/') {
        spelled.push(b'/');
    }
    for component in path.split(|&byte| byte == b'/') {
        if !matches!(component, b"" | b".") {
            if !matches!(spelled[..], [] | [b'/']) {
                spelled.push(b'/');
            }
            spelled.extend_from_slice(component);
        }
    }
    spelled
}
