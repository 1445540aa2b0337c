//! Functions of libraries that few programs need, loaded when the first call comes: a program that
//! calls none starts without them.

use core::ffi::{CStr, c_void};
use core::ptr;
use windows_sys::Win32::System::LibraryLoader::{
    GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW,
};

/// The address of a function, or null when the system does not have it.
///
/// # Safety
/// - The library's name ends with a NUL.
pub(super) unsafe fn address(library: &[u16], name: &CStr) -> *mut c_void {
    // SAFETY: both names end with a NUL; the library comes from the system's own folder, and stays.
    unsafe {
        let library =
            LoadLibraryExW(library.as_ptr(), ptr::null_mut(), LOAD_LIBRARY_SEARCH_SYSTEM32);
        if library.is_null() {
            return ptr::null_mut();
        }
        GetProcAddress(library, name.as_ptr().cast())
            .map_or(ptr::null_mut(), |function| function as *mut c_void)
    }
}

/// ASCII as UTF-16 with a NUL.
pub(super) const fn wide<const N: usize>(text: &str) -> [u16; N] {
    let bytes = text.as_bytes();
    assert!(bytes.len() < N);
    let mut wide = [0; N];
    let mut index = 0;
    while index < bytes.len() {
        wide[index] = bytes[index] as u16;
        index += 1;
    }
    wide
}

/// Declares functions: each returns `None` where the system does not have it.
macro_rules! loaded {
    ($(
        $(#[$attribute:meta])*
        $library:literal fn $name:ident($($argument:ident: $kind:ty),*) -> $result:ty;
    )*) => {$(
        $(#[$attribute])*
        ///
        /// # Safety
        /// - As the system's function.
        #[allow(non_snake_case, reason = "the system's name")]
        unsafe fn $name($($argument: $kind),*) -> Option<$result> {
            use core::ffi::{CStr, c_void};
            use core::sync::atomic::{AtomicPtr, Ordering};
            const LIBRARY: [u16; 32] = $crate::host::windows::library::wide($library);
            const NAME: &CStr = match CStr::from_bytes_with_nul(
                concat!(stringify!($name), "\0").as_bytes(),
            ) {
                Ok(name) => name,
                Err(_) => panic!("a name without a NUL"),
            };
            static ADDRESS: AtomicPtr<c_void> = AtomicPtr::new(core::ptr::null_mut());
            let mut address = ADDRESS.load(Ordering::Relaxed);
            if address.is_null() {
                // SAFETY: the name ends with a NUL.
                address = unsafe { $crate::host::windows::library::address(&LIBRARY, NAME) };
                if address.is_null() {
                    return None;
                }
                ADDRESS.store(address, Ordering::Relaxed);
            }
            // SAFETY: the function of this name has this type; the rest is the caller's promise.
            unsafe {
                type Function = unsafe extern "system" fn($($kind),*) -> $result;
                Some(core::mem::transmute::<*mut c_void, Function>(address)($($argument),*))
            }
        }
    )*};
}
pub(super) use loaded;
