//! Removes the private temporary directory with all that is in it.
//!
//! Sandbox-critical: what is removed was named by the program. It stands alone because every family of systems
//! has the same way. Directories that are further down are moved up, so that each is read a few times at
//! most, however deep the program has nested them. Invariants: nothing is allocated, no link is followed, and
//! few files are open at a time. Each family provides the type of an entry's name and what is done with one.

use super::fresh_name::FreshNames;
use super::system_temporary::{self as system, EntryName};
use super::{Borrowed, Owned, borrow};
use core::ffi::CStr;
use core::ops::ControlFlow;

/// Removes the directory `name` in `parent`, which is open as `top`, with all that is in it. `fresh` are
/// names that nothing in it has.
pub(crate) fn remove_tree(
    parent: Borrowed<'_>,
    name: &CStr,
    top: Borrowed<'_>,
    mut fresh: FreshNames,
) {
    while remove_two_levels(top, &mut fresh) || remove_one_way_down(top) {}
    system::remove_itself(parent, name);
}

/// Removes all in `top`, once what is further down was moved up into it. Says whether anything was removed.
fn remove_two_levels(top: Borrowed<'_>, fresh: &mut FreshNames) -> bool {
    let mut changed = false;
    each_name(top, |name| {
        if remove(top, name) {
            changed = true;
        } else if let Some(directory) = open(top, name) {
            while empty(borrow(&directory), top, fresh) {
                changed = true;
                if remove(top, name) {
                    break;
                }
            }
        }
        ControlFlow::Continue(())
    });
    changed
}

/// Removes what is in a directory in `top`, and moves up what cannot be removed because something is in it.
/// Says whether there was any.
fn empty(directory: Borrowed<'_>, top: Borrowed<'_>, fresh: &mut FreshNames) -> bool {
    let mut changed = false;
    each_name(directory, |name| {
        changed |= remove(directory, name) || move_up(directory, name, top, fresh);
        ControlFlow::Continue(())
    });
    changed
}

/// Removes files and empty directories on one way down from `top`, to where no other directory is: for what
/// cannot be moved. Says whether there was any.
fn remove_one_way_down(top: Borrowed<'_>) -> bool {
    let mut removed = false;
    let mut below: Option<Owned> = None;
    loop {
        let here = below.as_ref().map_or(top, borrow);
        let mut next = None;
        each_name(here, |name| {
            if remove(here, name) {
                removed = true;
            } else if let Some(directory) = open(here, name) {
                next = Some(directory);
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        match next {
            Some(directory) => below = Some(directory),
            None => return removed,
        }
    }
}

fn each_name(directory: Borrowed<'_>, found: impl FnMut(&EntryName) -> ControlFlow<()>) {
    count();
    system::each_name(directory, found);
}

fn remove(directory: Borrowed<'_>, name: &EntryName) -> bool {
    count();
    system::remove(directory, name)
}

fn open(directory: Borrowed<'_>, name: &EntryName) -> Option<Owned> {
    count();
    system::open(directory, name)
}

fn move_up(
    directory: Borrowed<'_>,
    name: &EntryName,
    top: Borrowed<'_>,
    fresh: &mut FreshNames,
) -> bool {
    count();
    system::rename(directory, name, top, fresh.next())
}

#[cfg(not(test))]
fn count() {}

#[cfg(test)]
use tests::count;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{self, OpenOptions};
    use core::cell::Cell;
    use std::ffi::CString;
    use std::path::Path;

    std::thread_local! {
        static OPERATIONS: Cell<usize> = const { Cell::new(0) };
    }

    /// An operation of this thread's.
    pub(super) fn count() {
        OPERATIONS.set(OPERATIONS.get() + 1);
    }

    const NAME: &CStr = c"temporary";
    /// Wine takes a time by the square of it.
    const DEEP: usize = if cfg!(windows) { 200 } else { 3000 };
    const MANY: usize = if cfg!(windows) { 15 } else { 50 };

    /// Makes so many directories, each in the last, with a file in each, beneath a name in `top`.
    fn nest(top: Borrowed<'_>, first: &CStr, depth: usize) {
        let mut here: Option<Owned> = None;
        for index in 0..depth {
            let name = if index == 0 { first } else { c"d" };
            let parent = here.as_ref().map_or(top, borrow);
            let below = host::create_private_directory(parent, name).unwrap();
            let new = OpenOptions { write: true, create: true, ..OpenOptions::default() };
            host::open(borrow(&below), c"file", new).unwrap();
            here = Some(below);
        }
    }

    fn granted(path: &Path) -> Owned {
        let path = CString::new(path.to_str().unwrap()).unwrap();
        host::open_granted(&path).unwrap()
    }

    /// Makes a directory in `folder`, fills it, and says how many operations it takes to remove it.
    fn operations(folder: &Path, fill: impl FnOnce(Borrowed<'_>)) -> usize {
        let parent = granted(folder);
        let top = host::create_private_directory(borrow(&parent), NAME).unwrap();
        fill(borrow(&top));
        OPERATIONS.set(0);
        remove_tree(borrow(&parent), NAME, borrow(&top), FreshNames::new([7; 16]));
        drop(top);
        assert!(std::fs::read_dir(folder).unwrap().next().is_none());
        OPERATIONS.get()
    }

    #[test]
    fn what_is_nested_deep_takes_no_more_operations_than_there_are_entries() {
        let folder = tempfile::tempdir().unwrap();
        for depth in [1, 2, 3, 10, DEEP] {
            let taken = operations(folder.path(), |top| nest(top, c"d", depth));
            assert!(taken <= 8 * depth + 8, "{depth}: {taken}");
        }
    }

    #[test]
    fn many_directories_that_are_nested_are_removed_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let taken = operations(folder.path(), |top| {
            for index in 0..MANY {
                let first = CString::new(index.to_string()).unwrap();
                nest(top, &first, 1 + 2 * index);
            }
        });
        assert!(taken <= 8 * MANY * MANY + 8, "{taken}");
    }

    /// Names that something has already are no names to move to: what stays is removed where it is.
    #[test]
    fn a_name_that_is_taken_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        operations(folder.path(), |top| {
            let mut fresh = FreshNames::new([7; 16]);
            for _ in 0..5 {
                nest(top, fresh.next(), 4);
            }
        });
    }
}
