//! The standard streams: the process's own, or the null device.

use super::denial::Denied;
use crate::SetupError;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::file_type::FileType;
use crate::host::{self, Handle};
use crate::object::Object;
use crate::rights;

/// Gives the program its standard streams, of which those in `null` read as empty and keep nothing.
pub(super) fn grant(
    descriptors: &mut DescriptorTable,
    null: [bool; 3],
    denied: Denied,
) -> Result<(), SetupError> {
    for (number, (stream, null)) in (0..).zip(host::standard_streams().into_iter().zip(null)) {
        let stream = if null {
            let null = host::open_null();
            Some(null.map_err(|_| SetupError::constant("the null device cannot be opened"))?)
        } else {
            stream
        };
        let stream = stream.and_then(|handle| standard_stream(handle, number == 0, denied));
        descriptors.push_standard(stream);
    }
    Ok(())
}

/// The descriptor of a standard stream, with the rights that fit what it refers to. None for an input that cannot
/// be read or an output that cannot be written: it is as good as closed.
fn standard_stream(handle: Handle, is_input: bool, denied: Denied) -> Option<Descriptor> {
    let file = handle.borrow();
    let (read, write) = host::access(file).ok()?;
    if !(if is_input { read } else { write }) {
        return None;
    }
    // A stream may be there to be written only, and its host say nothing else of it.
    let file_type = host::file_status(file).map_or(FileType::Unknown, |status| status.file_type);
    let mut base = if host::is_terminal(file, file_type) {
        rights::TERMINAL
    } else if file_type.is_socket() {
        rights::SOCKET
    } else {
        rights::FILE
    };
    if denied.network() {
        base &= !rights::SOCK_ACCEPT;
    }
    if !read {
        base &= !rights::FD_READ;
    }
    if !write {
        base &= !rights::HOST_WRITE;
    }
    Some(Descriptor::new(Object::Host(handle), file_type, base, 0))
}
