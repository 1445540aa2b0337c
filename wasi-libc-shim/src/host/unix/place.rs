//! Where things are on this machine: the executable, the user's home and folders, and the way there.

use super::system;
use crate::errno::Result;
#[cfg(not(target_vendor = "apple"))]
use crate::host::{Folder, PATH_BYTES};
use core::ffi::CStr;
use rustix::fs::{AtFlags, CWD, Mode};
use std::os::fd::{BorrowedFd, OwnedFd};

/// The variable that says where the user's home is.
pub(crate) const HOME: &str = "HOME";
/// Why it is not known.
pub(crate) const NO_HOME: &str = "the user's home directory is not known: `HOME` is not an absolute \
    path, and the password database does not name one";

/// The variables by which programs find a directory for temporary files.
pub(crate) const TEMPORARY_VARIABLES: &[&str] = &["TMPDIR"];

/// Where temporary files go on this machine.
pub(crate) fn temporary_folder<'a>(variable: impl Fn(&str) -> Option<&'a [u8]>) -> Vec<u8> {
    variable("TMPDIR").unwrap_or(b"/tmp").to_vec()
}

/// The folder by XDG's variables, and below the user's home.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn xdg_folder(folder: Folder) -> (&'static str, &'static str) {
    match folder {
        Folder::Config => ("XDG_CONFIG_HOME", ".config"),
        Folder::Data => ("XDG_DATA_HOME", ".local/share"),
        Folder::Cache => ("XDG_CACHE_HOME", ".cache"),
    }
}

/// The home of the user in `/etc/passwd`: without the C library's way, which may ask other processes.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn home_in_password_file() -> Option<Vec<u8>> {
    use rustix::fs::OFlags;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::open(c"/etc/passwd", flags, Mode::empty()).ok()?;
    let (mut content, mut buffer) = (Vec::new(), [0; PATH_BYTES]);
    loop {
        match rustix::io::read(&file, &mut buffer) {
            Ok(0) => break,
            Ok(count) => content.extend_from_slice(buffer.get(..count)?),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    // SAFETY: the call has no preconditions.
    home_of(&content, unsafe { libc::getuid() })
}

/// Name, password, user, group, description, home, shell: the home of `user`.
#[cfg(any(test, not(target_vendor = "apple")))]
fn home_of(password_file: &[u8], user: u32) -> Option<Vec<u8>> {
    password_file.split(|&byte| byte == b'\n').find_map(|line| {
        let mut fields = line.split(|&byte| byte == b':').skip(2);
        let number: u32 = core::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        (number == user).then(|| fields.nth(2)).flatten().map(<[u8]>::to_vec)
    })
}

/// The current directory, if it has a path: by the kernel's word, since the C library would bring its
/// allocator along.
#[cfg(target_os = "linux")]
pub(crate) fn current_directory() -> Option<Vec<u8>> {
    // The kernel knows none that is longer.
    let mut path = vec![0; PATH_BYTES];
    // SAFETY: no more is written than the buffer has room for.
    let bytes = unsafe { libc::syscall(libc::SYS_getcwd, path.as_mut_ptr(), path.len()) };
    path.truncate(usize::try_from(bytes).ok()?);
    // What is counted has a NUL at its end; one outside of the process's root is spelled otherwise.
    path.pop();
    path.starts_with(b"/").then_some(path)
}

/// The current directory, if it has a path.
#[cfg(not(target_os = "linux"))]
pub(crate) fn current_directory() -> Option<Vec<u8>> {
    std::env::current_dir().ok().map(|path| path.into_os_string().into_encoded_bytes())
}

/// A name in the host's root as a path.
pub(crate) fn in_root(name: &[u8]) -> Vec<u8> {
    [b"/", name].concat()
}

/// Makes a directory by the host's own path, for its user alone when `private`.
pub(crate) fn make_directory(path: &CStr, private: bool) -> Result<()> {
    let mode = if private { 0o700 } else { 0o777 };
    Ok(rustix::fs::mkdirat(CWD, path, Mode::from_raw_mode(mode))?)
}

/// Removes a directory that was made, unless something is in it by now.
pub(crate) fn remove_made_directory(path: &CStr) {
    let _ = system::unlinkat(CWD, path, AtFlags::REMOVEDIR);
}

/// Opens the directory at `path` from `start`, wherever that leads.
pub(crate) fn open_anywhere(start: BorrowedFd<'_>, path: &CStr) -> Result<OwnedFd> {
    Ok(rustix::fs::openat(start, path, super::path::STEP, Mode::empty())?)
}

/// Opens a directory by the host's own path, to reach what is in it but not to list it.
pub(crate) fn open_to_search(path: &CStr) -> Result<OwnedFd> {
    open_anywhere(CWD, path)
}

/// The same file once more.
pub(crate) fn duplicate(file: BorrowedFd<'_>) -> Result<OwnedFd> {
    Ok(system::duplicate(file)?)
}

#[cfg(test)]
mod tests {
    use super::home_of;

    #[test]
    fn homes_are_found_by_the_users_number() {
        let file =
            b"root:x:0:0:root:/root:/bin/sh\n#:x:1\nbad\nme:*:1000:100:a, b:/home/me:/bin/zsh";
        assert_eq!(home_of(file, 0).as_deref(), Some(&b"/root"[..]));
        assert_eq!(home_of(file, 1000).as_deref(), Some(&b"/home/me"[..]));
        assert_eq!(home_of(file, 1), None);
        assert_eq!(home_of(file, 2), None);
    }
}
