//! Where things are on this machine: the executable, the user's home and folders, and the way there.

use super::disk::{self, drives};
use super::error::last_error;
use super::object::{Borrowed, Kind, Owned};
use super::spelling::guest_path;
use crate::errno::{Errno, Result};
use crate::host::Folder;
use crate::host::walk::walk_by_hand;
use core::ffi::CStr;
use core::ptr;
use windows_sys::Win32::Foundation::{DUPLICATE_SAME_ACCESS, DuplicateHandle};
use windows_sys::Win32::Storage::FileSystem::{
    CreateDirectoryW, GetFinalPathNameByHandleW, GetTempPathW, RemoveDirectoryW,
};
use windows_sys::Win32::System::LibraryLoader::GetModuleFileNameW;
use windows_sys::Win32::System::Threading::GetCurrentProcess;

/// The variable that says where the user's home is.
pub(crate) const HOME: &str = "USERPROFILE";
/// Why it is not known.
pub(crate) const NO_HOME: &str =
    "the user's home directory is not known: `USERPROFILE` is not an absolute path";

/// The variables by which programs find a directory for temporary files.
pub(crate) const TEMPORARY_VARIABLES: &[&str] = &["TMPDIR", "TMP", "TEMP"];

/// No path is longer, in units.
const PATH_UNITS: usize = 1 << 15;

/// What a call writes as text, that is given room and says how much it took.
fn text(call: impl FnOnce(*mut u16, u32) -> u32) -> Option<Vec<u8>> {
    let mut units = vec![0; PATH_UNITS];
    let length = call(units.as_mut_ptr(), PATH_UNITS as u32) as usize;
    let text = units.get(..length).filter(|text| !text.is_empty() && length < PATH_UNITS)?;
    Some(String::from_utf16_lossy(text).into_bytes())
}

/// A path as the system's calls take it, with a NUL.
pub(super) fn wide(path: &CStr) -> Result<Vec<u16>> {
    let text = path.to_str().map_err(|_| Errno::IllegalSequence)?;
    Ok(text.encode_utf16().chain([0]).collect())
}

/// Where temporary files go on this machine: the system has its own order of variables.
pub(crate) fn temporary_folder<'a>(_: impl Fn(&str) -> Option<&'a [u8]>) -> Vec<u8> {
    // SAFETY: the buffer has the size that is passed.
    text(|buffer, units| unsafe { GetTempPathW(units, buffer) })
        .unwrap_or_else(|| br"C:\Windows\Temp".to_vec())
}

/// The variable that says where the folder is, and its place below the user's home.
pub(crate) fn folder(folder: Folder) -> (&'static str, &'static str) {
    match folder {
        Folder::Config | Folder::Data => ("APPDATA", r"AppData\Roaming"),
        Folder::Cache => ("LOCALAPPDATA", r"AppData\Local"),
    }
}

/// Nothing but the variable says where the home is.
pub(crate) fn home_of_user() -> Option<Vec<u8>> {
    None
}

/// Whether the process has more rights than the user that started it: the system has no such files.
pub(crate) fn is_privileged() -> bool {
    false
}

/// The executable's path.
pub(crate) fn executable() -> Option<Vec<u8>> {
    // SAFETY: the buffer has the size that is passed.
    text(|buffer, units| unsafe { GetModuleFileNameW(ptr::null_mut(), buffer, units) })
}

/// A drive as a path.
pub(crate) fn in_root(name: &[u8]) -> Vec<u8> {
    [name, br":\"].concat()
}

/// Makes a directory by the host's own path. Whom else it is open to is as for its parent.
pub(crate) fn make_directory(path: &CStr, _private: bool) -> Result<()> {
    let wide = wide(path)?;
    // SAFETY: the path ends with a NUL.
    if unsafe { CreateDirectoryW(wide.as_ptr(), ptr::null()) } == 0 {
        return Err(last_error());
    }
    Ok(())
}

/// Removes a directory that was made, unless something is in it by now.
pub(crate) fn remove_made_directory(path: &CStr) {
    if let Ok(wide) = wide(path) {
        // SAFETY: the path ends with a NUL.
        unsafe { RemoveDirectoryW(wide.as_ptr()) };
    }
}

/// Opens the directory at `path` from `start`, wherever that leads: what leads out of `start` is walked
/// from the directory of all drives.
pub(crate) fn open_anywhere(start: Borrowed<'_>, path: &CStr) -> Result<Owned> {
    if start.kind == Kind::Drives || path.to_bytes().first() == Some(&b'/') {
        return walk_by_hand(&drives(), path, true);
    }
    match walk_by_hand(start, path, false) {
        Err(Errno::NotPermitted) => {}
        result => return result,
    }
    // SAFETY: the handle is open, and the buffer has the size that is passed.
    let place = text(|buffer, units| unsafe {
        GetFinalPathNameByHandleW(start.handle(), buffer, units, 0)
    });
    let place = guest_path(&place.ok_or(Errno::NotPermitted)?);
    let whole = [&place, &b"/"[..], path.to_bytes_with_nul()].concat();
    let whole = CStr::from_bytes_with_nul(&whole).map_err(|_| Errno::Invalid)?;
    walk_by_hand(&drives(), whole, true)
}

/// The current directory, if it has a path.
pub(crate) fn current_directory() -> Option<Vec<u8>> {
    std::env::current_dir().ok().map(|path| path.into_os_string().into_encoded_bytes())
}

/// The same file once more.
pub(crate) fn duplicate(file: Borrowed<'_>) -> Result<Owned> {
    if file.kind == Kind::Drives {
        return Ok(disk::drives());
    }
    let mut handle = ptr::null_mut();
    // SAFETY: the handle is open, and the other two stand for this process.
    unsafe {
        let this = GetCurrentProcess();
        let how = DUPLICATE_SAME_ACCESS;
        if DuplicateHandle(this, file.handle(), this, &raw mut handle, 0, 0, how) == 0 {
            return Err(last_error());
        }
        Ok(Owned::new(handle, file.kind))
    }
}
