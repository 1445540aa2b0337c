//! Sockets that the program starts with: bound and listening before its first instruction, since it has no
//! way to make one itself.

use super::MALFORMED;
use super::denial::Denied;
use crate::SetupError;
use crate::descriptor_table::{Descriptor, DescriptorTable};
use crate::file_type::FileType;
use crate::host::{self, Handle};
use crate::object::Object;
use crate::rights;
use core::net::SocketAddr;
use wasm2native_abi::policy::{RecordKind, Records};

/// Grants the policy's sockets, in its order. They do not wait in `sock_accept`, as in `wasmtime`, until the
/// program says otherwise.
pub(super) fn grant_all(
    policy: &Records<'_>,
    descriptors: &mut DescriptorTable,
    denied: Denied,
) -> Result<(), SetupError> {
    if denied.network() {
        return Ok(());
    }
    for record in policy.of(RecordKind::Listen) {
        let text = core::str::from_utf8(record.bytes).map_err(|_| MALFORMED)?;
        let address: SocketAddr = text.parse().map_err(|_| MALFORMED)?;
        host::listen(&address)
            .and_then(|socket| {
                let handle = Handle::Owned(socket);
                let kind = FileType::SocketStream;
                descriptors.insert(Descriptor::new(Object::Host(handle), kind, rights::SOCKET, 0))
            })
            .map_err(|error| super::sentence("cannot listen on", record.bytes, error))?;
    }
    Ok(())
}
