//! Reparse points: what the system stores with a file that it does not read in the usual way, symbolic
//! links among them. Source: Microsoft, «Reparse Point Tags», `REPARSE_DATA_BUFFER`.

#[cfg_attr(test, path = "reparse/emulated.rs")]
#[cfg_attr(not(test), path = "reparse/system.rs")]
mod store;

pub(super) use store::{attributes, links_directories};
#[cfg(test)]
pub(crate) use store::{is_wine, listed_link_type, write_link};

use super::disk::{self, Found};
use super::error::Status;
use super::file::identity;
use super::library::loaded;
use super::object::{Borrowed, Owned};
use crate::errno::{Errno, Result};
use core::mem::offset_of;
use windows_sys::Wdk::Storage::FileSystem as nt;
use windows_sys::Win32::Foundation::{
    NTSTATUS, STATUS_NOT_A_REPARSE_POINT, STATUS_PRIVILEGE_NOT_HELD,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ACCESS_RIGHTS, MAXIMUM_REPARSE_DATA_BUFFER_SIZE,
};
use windows_sys::Win32::System::SystemServices::{
    IO_REPARSE_TAG_MOUNT_POINT, IO_REPARSE_TAG_SYMLINK,
};

/// What native paths begin with that lead to a drive or device.
const NATIVE_PREFIX: &[u8] = br"\??\";
/// What the paths of links begin with that lead to no drive: no name is like that.
const ELSEWHERE: &[u8] = b"/?/";
/// A link's target is relative to where the link is.
const RELATIVE: u32 = 1;

/// What precedes the names of a symbolic link; those of a mounted place lack the last field.
#[repr(C)]
struct Head {
    tag: u32,
    /// Bytes behind the third field.
    data_bytes: u16,
    unused: u16,
    /// In bytes, from the end of the head.
    substitute_offset: u16,
    substitute_bytes: u16,
    print_offset: u16,
    print_bytes: u16,
    flags: u32,
}

const HEAD_BYTES: usize = size_of::<Head>();
const FLAGS_OFFSET: usize = offset_of!(Head, flags);
/// What the field for the size does not count.
const UNCOUNTED_BYTES: usize = offset_of!(Head, substitute_offset);

/// Where a link leads, as the program spells paths: with `/`, and beginning with `/` when it leads to a
/// drive or anywhere else that does not depend on where the link is.
///
/// # Errors
/// [`Errno::Invalid`] when it is no link.
pub(super) fn target(link: Borrowed<'_>) -> Result<Vec<u8>> {
    match store::read(link) {
        Ok(data) => spelled(&data).ok_or(Errno::Invalid),
        // Of a file system that has none, too.
        Err(Status(STATUS_NOT_A_REPARSE_POINT)) => Err(Errno::Invalid),
        Err(status) if disk::is_unknown(status) => Err(Errno::Invalid),
        Err(status) => Err(status.into()),
    }
}

/// The target in a reparse point's data.
fn spelled(data: &[u8]) -> Option<Vec<u8>> {
    let u16_at = |offset: usize| {
        data.get(offset..offset + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_le_bytes)
    };
    let u32_at = |offset: usize| {
        data.get(offset..offset + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes)
    };
    let (names, relative) = match u32_at(0)? {
        IO_REPARSE_TAG_SYMLINK => (HEAD_BYTES, u32_at(FLAGS_OFFSET)? & RELATIVE != 0),
        IO_REPARSE_TAG_MOUNT_POINT => (FLAGS_OFFSET, false),
        _ => return None,
    };
    let start = names + usize::from(u16_at(offset_of!(Head, substitute_offset))?);
    let bytes = usize::from(u16_at(offset_of!(Head, substitute_bytes))?);
    let units = data.get(start..start + bytes)?.as_chunks::<2>().0;
    let units: Vec<u16> = units.iter().map(|unit| u16::from_le_bytes(*unit)).collect();
    let target = String::from_utf16_lossy(&units).into_bytes();
    let mut target = if relative && target.first() == Some(&b'\\') {
        // From the root of the drive where the link is.
        [ELSEWHERE, target.get(1..)?].concat()
    } else if relative {
        target
    } else {
        let path = target.strip_prefix(NATIVE_PREFIX).unwrap_or(&target);
        match path {
            [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => {
                [b"/", &[letter.to_ascii_lowercase()][..], rest].concat()
            }
            path => [ELSEWHERE, path].concat(),
        }
    };
    for byte in &mut target {
        if *byte == b'\\' {
            *byte = b'/';
        }
    }
    Some(target)
}

/// The data of a symbolic link that leads to `target`, spelled as the program does.
///
/// # Errors
/// [`Errno::NotPermitted`] when the target would mean something to others that it does not mean to the
/// program.
fn data(target: &str) -> Result<Vec<u8>> {
    if target.contains(['\\', ':']) {
        return Err(Errno::NotPermitted);
    }
    let spelled = |text: &str| text.replace('/', "\\");
    let (substitute, print, flags) = match target.strip_prefix('/') {
        None => (spelled(target), spelled(target), RELATIVE),
        Some(path) => {
            let (drive, rest) = path.split_once('/').unwrap_or((path, ""));
            if drive.len() != 1 || !drive.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                return Err(Errno::NotPermitted);
            }
            let print = [drive, ":\\", &spelled(rest)].concat();
            (["\\??\\", &print].concat(), print, 0)
        }
    };
    encode(&substitute, &print, flags)
}

/// The data of a link that leads to no drive, for tests.
#[cfg(test)]
fn data_elsewhere(target: &str) -> Vec<u8> {
    encode(&target.replace('/', "\\"), "", 0).unwrap()
}

/// The data of a symbolic link with these names.
fn encode(substitute: &str, print: &str, flags: u32) -> Result<Vec<u8>> {
    let mut names = Vec::new();
    let mut put = |text: &str| {
        let start = names.len();
        names.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        (start as u16, (names.len() - start) as u16)
    };
    let (substitute_offset, substitute_bytes) = put(substitute);
    let (print_offset, print_bytes) = put(print);
    let counted = HEAD_BYTES - UNCOUNTED_BYTES + names.len();
    if counted + UNCOUNTED_BYTES > MAXIMUM_REPARSE_DATA_BUFFER_SIZE as usize {
        return Err(Errno::NameTooLong);
    }
    let mut data = Vec::with_capacity(HEAD_BYTES + names.len());
    data.extend(IO_REPARSE_TAG_SYMLINK.to_le_bytes());
    for field in [counted as u16, 0, substitute_offset, substitute_bytes, print_offset, print_bytes]
    {
        data.extend(field.to_le_bytes());
    }
    data.extend(flags.to_le_bytes());
    data.extend(names);
    Ok(data)
}

loaded! {
    "ntdll.dll" fn RtlAdjustPrivilege(
        privilege: u32,
        enable: u8,
        of_thread: u8,
        former: *mut u8
    ) -> NTSTATUS;
}

/// Makes an empty file or directory, open for that, a symbolic link.
///
/// # Errors
/// [`Errno::NotPermitted`] where the user may not make links: neither the developer mode is on nor has
/// the user the privilege.
pub(super) fn make_link(file: Borrowed<'_>, target: &str) -> Result<()> {
    /// `SE_CREATE_SYMBOLIC_LINK_PRIVILEGE`.
    const PRIVILEGE: u32 = 35;
    let data = data(target)?;
    let mut made = store::write(file, &data);
    if made == Err(Status(STATUS_PRIVILEGE_NOT_HELD)) {
        // Administrators have the privilege, but it has to be switched on.
        let mut former = 0;
        // SAFETY: the address is valid for writes.
        unsafe { RtlAdjustPrivilege(PRIVILEGE, 1, 0, &raw mut former) };
        made = store::write(file, &data);
    }
    made.map_err(Errno::from)
}

/// Opens a file whose contents the system keeps in a special way, such as compressed or elsewhere, for
/// them to be read as usual. The system might follow what another process has made a link meanwhile:
/// what was opened must still be the same file.
pub(super) fn open_contents(
    file: Borrowed<'_>,
    access: FILE_ACCESS_RIGHTS,
    options: nt::NTCREATEFILE_CREATE_OPTIONS,
) -> Result<Owned> {
    let opened = disk::reopen(file, access, options)?;
    if identity(file)? != identity(&opened)? || disk::look(&opened)?.found == Found::Link {
        return Err(Errno::Access);
    }
    Ok(opened)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_read_back_as_they_were_written() {
        for target in ["a", "a/b/../c", "anything at all/", "..", "ü😀", "/c/a/b", "/d/"] {
            let data = data(target).unwrap();
            assert_eq!(spelled(&data).unwrap(), target.as_bytes(), "{target}");
        }
        for target in ["a\\b", "C:", "a:b", "/", "/usr/lib", "//server/share", "/é/a"] {
            assert_eq!(data(target), Err(Errno::NotPermitted), "{target}");
        }
    }

    #[test]
    fn targets_that_others_wrote_are_understood() {
        let link = |tag: u32, flags: Option<u32>, target: &str| {
            let names: Vec<u8> = target.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let mut data = tag.to_le_bytes().to_vec();
            for field in [0, 0, 0, names.len() as u16, names.len() as u16, 0] {
                data.extend(field.to_le_bytes());
            }
            data.extend(flags.map(u32::to_le_bytes).into_iter().flatten());
            data.extend(names);
            spelled(&data).map(|target| String::from_utf8(target).unwrap())
        };
        let (symlink, mounted) = (IO_REPARSE_TAG_SYMLINK, IO_REPARSE_TAG_MOUNT_POINT);
        let absolute = Some(0);
        assert_eq!(link(symlink, Some(RELATIVE), r"..\a").as_deref(), Some("../a"));
        assert_eq!(link(symlink, Some(RELATIVE), r"\a").as_deref(), Some("/?/a"));
        assert_eq!(link(symlink, absolute, r"\??\C:\a").as_deref(), Some("/c/a"));
        assert_eq!(link(symlink, absolute, r"\??\UNC\s\a").as_deref(), Some("/?/UNC/s/a"));
        assert_eq!(link(symlink, absolute, r"a").as_deref(), Some("/?/a"));
        assert_eq!(link(mounted, None, r"\??\C:\a\").as_deref(), Some("/c/a/"));
        assert_eq!(link(mounted, None, r"\??\Volume{1}\").as_deref(), Some("/?/Volume{1}/"));
        assert_eq!(link(0x8000_0017, None, "x"), None);
        assert_eq!(spelled(&[]), None);
        assert_eq!(spelled(&IO_REPARSE_TAG_SYMLINK.to_le_bytes()), None);
    }
}
