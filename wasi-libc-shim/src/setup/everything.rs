//! Everything that the user can reach, granted by name: each directory in the host's root.
//!
//! C's and Rust's library cannot tell `/` from `.`, nor `/tmp/x` from `tmp/x` (they begin relative paths at
//! `/`). So a name that the current directory has itself is left to it, since command-line tools mostly get
//! relative names; and the current directory is granted once more behind `/`, since of names that these
//! libraries take for the same the last counts. Go's library goes by the shorter prefix `/` and finds all.
//! Zig's takes no two directories of one name, so that the second is spelled with a `/` behind.

use super::directory::{Terms, insert, open};
use crate::descriptor_table::DescriptorTable;
use crate::designated::bare;
use crate::errno::Result;
use crate::host;
use core::ops::ControlFlow;
use std::ffi::CString;

/// Grants `root` and what is in it, but for what the policy calls something else (`names`). Says which
/// names were left to the current directory.
pub(super) fn grant(
    descriptors: &mut DescriptorTable,
    names: &[Vec<u8>],
    root: host::Owned,
    terms: Terms,
) -> Result<Vec<Vec<u8>>> {
    let current = descriptors.granted().find_map(|(_, directory)| {
        let name = directory.preopened.as_deref()?;
        bare(name).is_empty().then_some((name, directory))
    });
    let again = match current {
        Some((name, directory)) => {
            let file = host::duplicate(directory.object.host()?)?;
            let terms = Terms {
                read_only: directory.read_only,
                host_root: directory.host_root,
                unconfined: directory.unconfined,
                source: directory.source,
            };
            Some((file, [name, b"/"].concat(), terms))
        }
        None => None,
    };
    let mut found = Vec::new();
    host::Listing::default().read(host::borrow(&root), 0, |_, kind, name, _| {
        if kind.may_lead_to_directory() && !matches!(name, b"." | b"..") {
            found.push(name.to_vec());
        }
        ControlFlow::Continue(())
    })?;
    let is_root =
        again.as_ref().is_some_and(|(file, ..)| is_same(host::borrow(file), host::borrow(&root)));
    insert(descriptors, root, b"/".to_vec(), terms)?;
    let mut shadowed = Vec::new();
    // Where the current directory is the root, its names are the root's.
    for name in found.into_iter().filter(|_| !is_root) {
        if names.contains(&name) || core::str::from_utf8(&name).is_err() {
            continue;
        }
        if let Some((current, ..)) = &again
            && let Ok(entry) = CString::new(name.as_slice())
            && host::entry_status(host::borrow(current), &entry).is_ok()
        {
            shadowed.push(name);
            continue;
        }
        // What the user cannot enter, the program cannot either.
        if let Ok(directory) = open(&host::in_root(&name)) {
            insert(descriptors, directory, [b"/", &name[..]].concat(), terms)?;
        }
    }
    if let Some((file, name, terms)) = again {
        insert(descriptors, file, name, terms)?;
    }
    Ok(shadowed)
}

fn is_same(one: host::Borrowed<'_>, other: host::Borrowed<'_>) -> bool {
    let statuses = (host::file_status(one), host::file_status(other));
    matches!(statuses, (Ok(one), Ok(other)) if one.is_same(&other))
}
