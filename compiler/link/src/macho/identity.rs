//! Whether a finished file's UUID and signature are those of its contents.
//!
//! Source: Apple's `loader.h`, `uuid_command` and `linkedit_data_command`.

use super::{signature, verify_signature};
use crate::error::Error;
use object::LittleEndian;
use object::macho::{self, MachHeader64};
use object::read::macho::{MachHeader, Segment};

/// Checks the UUID, then every hash of the signature.
pub(crate) fn has_own_identity(file: &[u8]) -> Result<bool, Error> {
    let header = MachHeader64::<LittleEndian>::parse(file, 0).map_err(Error::unreadable)?;
    let endian = header.endian().map_err(Error::unreadable)?;
    let (mut uuid, mut place, mut text_bytes) = (None, None, None);
    let mut commands = header.load_commands(endian, file, 0).map_err(Error::unreadable)?;
    while let Some(command) = commands.next().map_err(Error::unreadable)? {
        if let Ok(Some(found)) = command.uuid() {
            uuid = Some(&found.uuid);
        } else if command.cmd() == macho::LC_CODE_SIGNATURE {
            let found: &macho::LinkeditDataCommand<_> =
                command.data().map_err(Error::unreadable)?;
            place = Some((found.dataoff.get(endian), found.datasize.get(endian)));
        } else if let Ok(Some((segment, _))) = command.segment_64()
            && segment.name() == b"__TEXT"
        {
            text_bytes = Some(segment.filesize(endian));
        }
    }
    let (Some(uuid), Some((offset, size)), Some(text_bytes)) = (uuid, place, text_bytes) else {
        return Err(Error::unreadable("it has no UUID or no signature"));
    };
    let Some(signed) = file.get(..offset as usize) else {
        return Err(Error::unreadable("its signature is not there"));
    };
    let start = uuid.as_ptr().addr() - file.as_ptr().addr();
    let Some(end) = start.checked_add(uuid.len()).filter(|&end| end <= signed.len()) else {
        return Err(Error::unreadable("its UUID is not there"));
    };
    let mut without = signed.to_vec();
    without[start..end].fill(0);
    Ok(signature::uuid(&without) == *uuid
        && verify_signature::verify(file, offset.into(), size.into(), text_bytes).is_ok())
}
