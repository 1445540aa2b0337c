//! The directory `/` of a program that was granted none by that name.
//!
//! It stands alone because it grants nothing. C libraries look for the granted directory that a path
//! begins with; where there is none they answer by themselves and the host is never asked, so that it
//! could not say what was missing. With a `/` every attempt arrives. Invariants: it holds the embedded
//! files, which are granted anyway; everything else is `noent`, whatever a program wants to do with it, as
//! the library would have answered; it is the last of the granted directories, so that it takes no
//! other's place, neither as the first nor by its name. Source: wasi-libc, `preopens.c`.

use crate::descriptor_table::Descriptor;
use crate::embedded::Embedded;
use crate::object::Object;
use wasm2native_abi::embed::Tree;

/// The descriptor of `/`.
pub(crate) fn descriptor(tree: Tree<'static>) -> Descriptor {
    Descriptor::embedded(Embedded::root(tree), b"/")
}

impl Descriptor {
    /// Whether it is a directory that is not on the host and of which nothing was granted but names in it.
    pub(crate) fn is_virtual(&self) -> bool {
        matches!(&self.object, Object::Embedded(directory) if directory.is_root())
    }

    /// Whether it is such a directory and `path` begins with no name that was granted.
    pub(crate) fn grants_nothing_at(&self, path: &[u8]) -> bool {
        let Object::Embedded(directory) = &self.object else { return false };
        directory.is_root() && !directory.has_beginning(path) && !self.designates(path)
    }
}
