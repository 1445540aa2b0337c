//! The private temporary directory: made when a grant asks for one, removed with all that is in it when the
//! program ends, however that ends.
//!
//! Sandbox-critical: what the program left in it is hostile. Invariants: nobody else can enter it or guess
//! its name; removing follows no link and leaves it in no direction; removing allocates nothing, so that
//! handlers of signals and exceptions can do it.

use crate::errno::{Errno, Result};
use crate::host;
use core::ffi::CStr;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A directory that is gone when the program has ended.
pub(crate) struct Temporary {
    /// The one that it is in.
    pub(crate) parent: host::Owned,
    pub(crate) directory: host::Owned,
    name: Name,
}

/// The one of this process, if there is one that was not removed yet.
static CURRENT: AtomicPtr<Temporary> = AtomicPtr::new(ptr::null_mut());

const PREFIX: &[u8] = b"wasm2native-";
const RANDOM_BYTES: usize = 16;
/// The prefix, two digits for each random byte, and a NUL.
type Name = [u8; PREFIX.len() + 2 * RANDOM_BYTES + 1];
/// Nobody guesses a name; so many coincidences mean that random numbers are none.
const ATTEMPTS: u32 = 4;

/// Makes the directory in `parent`: its path, and itself.
pub(crate) fn make(parent: &[u8]) -> Result<(Vec<u8>, &'static Temporary)> {
    let mut path = parent.to_vec();
    path.push(0);
    let parent_file =
        host::open_granted(CStr::from_bytes_with_nul(&path).map_err(|_| Errno::Invalid)?)?;
    let (name, directory) = make_entry(host::borrow(&parent_file))?;
    path.pop();
    if path.last().is_some_and(|&byte| !host::is_separator(byte)) {
        path.push(host::SEPARATOR);
    }
    path.extend_from_slice(name.get(..name.len() - 1).unwrap_or_default());
    // It is needed until the process ends.
    let made: &Temporary = Box::leak(Box::new(Temporary { parent: parent_file, directory, name }));
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

fn random_name() -> Result<Name> {
    let mut random = [0; RANDOM_BYTES];
    host::random(random.as_mut_ptr(), RANDOM_BYTES)?;
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' + half - 10 };
    let digits = random.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut name = [0; _];
    for (place, byte) in name.iter_mut().zip(PREFIX.iter().copied().chain(digits)) {
        *place = byte;
    }
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
        host::remove_tree(parent, name, directory);
    }
}
