//! The private temporary directory: made when a grant asks for one, removed with all that is in it when the
//! program ends, whether it returns, exits or traps, runs out of time or is asked to end by a signal. What ends
//! the process without asking it (`SIGKILL`, other signals, a power cut) leaves it behind.
//!
//! Sandbox-critical: what the program left in it is hostile. Invariants: nobody guesses its name, and on Unix
//! nobody but its user (and the system's administrator) can enter it; removing follows no link, leaves it in
//! no direction, takes no more calls than a few for each entry, and allocates nothing, so that handlers of
//! signals and exceptions can do it. (macOS reads directories by its C library, which allocates: the runtime
//! itself does not use that allocator.)

use crate::errno::{Errno, Result};
use crate::host;
use crate::host::fresh_name::{FreshNames, RANDOM_BYTES, write_digits};
use core::ffi::CStr;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A directory that is gone when the program has ended.
pub(crate) struct Temporary {
    /// The one that it is in.
    pub(crate) parent: host::Owned,
    pub(crate) directory: host::Owned,
    name: Name,
    /// What names begin with that nothing in it has.
    fresh: [u8; RANDOM_BYTES],
}

/// The one of this process, if there is one that was not removed yet.
static CURRENT: AtomicPtr<Temporary> = AtomicPtr::new(ptr::null_mut());

const PREFIX: &[u8] = b"wasm2native-";
/// The prefix, two digits for each random byte, and a NUL.
type Name = [u8; PREFIX.len() + 2 * RANDOM_BYTES + 1];
/// Nobody guesses a name; so many coincidences mean that random numbers are none.
const ATTEMPTS: u32 = 4;

/// Makes the directory in `parent`: its path, and itself.
pub(crate) fn make(parent: &[u8]) -> Result<(Vec<u8>, &'static Temporary)> {
    let mut path = parent.to_vec();
    path.push(0);
    let parent_file =
        host::open_to_search(CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid)?)?;
    let fresh = random()?;
    let (name, directory) = make_entry(host::borrow(&parent_file))?;
    path.pop();
    if path.last().is_some_and(|&byte| !host::is_separator(byte)) {
        path.push(host::SEPARATOR);
    }
    path.extend_from_slice(name.get(..name.len() - 1).unwrap_or_default());
    // It is needed until the process ends.
    let made: &Temporary =
        Box::leak(Box::new(Temporary { parent: parent_file, directory, name, fresh }));
    CURRENT.store(ptr::from_ref(made).cast_mut(), Ordering::Relaxed);
    Ok((path, made))
}

fn make_entry(parent: host::Borrowed<'_>) -> Result<(Name, host::Owned)> {
    for _ in 0..ATTEMPTS {
        let name = random_name()?;
        let text = CStr::from_bytes_with_nul(&name).map_err(|_| Errno::Invalid)?;
        match host::create_private_directory(parent, text) {
            Err(Errno::Exists) => {}
            result => return Ok((name, result?)),
        }
    }
    Err(Errno::Exists)
}

fn random() -> Result<[u8; RANDOM_BYTES]> {
    let mut random = [0; RANDOM_BYTES];
    host::random(random.as_mut_ptr(), RANDOM_BYTES)?;
    Ok(random)
}

fn random_name() -> Result<Name> {
    let mut name = [0; _];
    let (prefix, digits) = name.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX);
    write_digits(digits, &random()?);
    Ok(name)
}

/// Whether [`remove`] has something to do.
pub(crate) fn exists() -> bool {
    !CURRENT.load(Ordering::Relaxed).is_null()
}

/// Removes the directory, if there is one, with all that is in it that can be removed. It may be called in
/// a handler of a signal.
pub(crate) fn remove() {
    let current = CURRENT.swap(ptr::null_mut(), Ordering::Relaxed);
    // SAFETY: `make` stored a reference to what lives as long as the process.
    #[allow(unsafe_code)]
    let Some(temporary) = (unsafe { current.as_ref() }) else { return };
    if let Ok(name) = CStr::from_bytes_with_nul(&temporary.name) {
        let (parent, directory) =
            (host::borrow(&temporary.parent), host::borrow(&temporary.directory));
        host::remove_tree(parent, name, directory, FreshNames::new(temporary.fresh));
    }
}
