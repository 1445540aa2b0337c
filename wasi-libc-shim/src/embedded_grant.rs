//! Opens what is granted of the files that are part of the executable.
//!
//! It stands alone as one kind of grant. Invariant: directories of the host's come before these, so that
//! the first of them stays the program's first.

use crate::SetupError;
use crate::audit::Source;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::embedded::Embedded;
use crate::errno::Errno;
use crate::setup::MALFORMED;
use wasm2native_abi::embed::Tree;
use wasm2native_abi::policy::{RecordKind, Records};

/// Adds the directories that the policy names, and says what they are of.
pub(crate) fn grant(
    descriptors: &mut DescriptorTable,
    policy: &Records<'static>,
) -> Result<Tree<'static>, SetupError> {
    let mut embedded = policy.of(RecordKind::Embedded);
    let tree = embedded.next().map_or(Tree::new(&[]), |record| Tree::new(record.bytes));
    for (index, record) in (0..).zip(policy.of(RecordKind::EmbeddedDirectory)) {
        // To the tree all its paths begin at its root, as to the program.
        let path = record.bytes.strip_prefix(b"/").unwrap_or(record.bytes);
        let directory = Embedded::root(tree).find(path).map_err(|_| MALFORMED)?;
        if !directory.is_directory() {
            return Err(MALFORMED);
        }
        let mut directory = Descriptor::embedded(directory, record.bytes);
        directory.source = Source::Embedded(index);
        descriptors.insert(directory).map_err(too_many)?;
    }
    Ok(tree)
}

fn too_many(_: Errno) -> SetupError {
    SetupError::constant("more directories are granted than a program may have open")
}
