//! The native calls on files, with their arguments in one form.

use super::error::{Answer, check};
use core::mem::{MaybeUninit, size_of};
use core::ptr;
use windows_sys::Wdk::Foundation::{NtClose, OBJECT_ATTRIBUTES};
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_INFORMATION_CLASS, FILE_SYNCHRONOUS_IO_NONALERT, NTCREATEFILE_CREATE_DISPOSITION,
    NTCREATEFILE_CREATE_OPTIONS, NtCreateFile, NtQueryInformationFile, NtSetInformationFile,
};
use windows_sys::Win32::Foundation::{
    HANDLE, OBJ_CASE_INSENSITIVE, STATUS_BUFFER_OVERFLOW, UNICODE_STRING,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ACCESS_RIGHTS, FILE_ATTRIBUTE_NORMAL, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, SYNCHRONIZE,
};
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// Opens the name in the directory or, when it is empty, what the handle is of. Others may read, write
/// and remove it meanwhile, as on any Unix system.
///
/// # Safety
/// - The directory's handle is open, or null for a name that begins with `\`.
pub(super) unsafe fn open(
    directory: HANDLE,
    name: &[u16],
    access: FILE_ACCESS_RIGHTS,
    disposition: NTCREATEFILE_CREATE_DISPOSITION,
    options: NTCREATEFILE_CREATE_OPTIONS,
) -> Answer<HANDLE> {
    let bytes = u16::try_from(size_of_val(name)).unwrap_or(u16::MAX - 1);
    let name =
        UNICODE_STRING { Length: bytes, MaximumLength: bytes, Buffer: name.as_ptr().cast_mut() };
    let attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as u32,
        RootDirectory: directory,
        ObjectName: &raw const name,
        Attributes: OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: ptr::null(),
        SecurityQualityOfService: ptr::null(),
    };
    let mut handle = ptr::null_mut();
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: all that is passed by address lives until the call returns.
    check(unsafe {
        NtCreateFile(
            &raw mut handle,
            access | SYNCHRONIZE,
            &raw const attributes,
            &raw mut status,
            ptr::null(),
            FILE_ATTRIBUTE_NORMAL,
            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            disposition,
            options | FILE_SYNCHRONOUS_IO_NONALERT,
            ptr::null(),
            0,
        )
    })?;
    Ok(handle)
}

/// Closes a handle.
///
/// # Safety
/// - It is open, and nobody uses it any more.
pub(super) unsafe fn close(handle: HANDLE) {
    // SAFETY: by the caller's promise.
    unsafe { NtClose(handle) };
}

/// Asks for what is known of a file. What follows the structure and does not fit is left out.
///
/// # Safety
/// - The handle is open, and `T` is the structure of the class.
pub(super) unsafe fn query<T>(handle: HANDLE, class: FILE_INFORMATION_CLASS) -> Answer<T> {
    let mut information = MaybeUninit::<T>::zeroed();
    let mut status = IO_STATUS_BLOCK::default();
    // SAFETY: the buffer has the size that is passed; zeros are a value of every such structure.
    unsafe {
        let (pointer, size) = (information.as_mut_ptr().cast(), size_of::<T>() as u32);
        match NtQueryInformationFile(handle, &raw mut status, pointer, size, class) {
            STATUS_BUFFER_OVERFLOW => {}
            answer => check(answer)?,
        }
        Ok(information.assume_init())
    }
}

/// Changes something about a file.
///
/// # Safety
/// - The handle is open, and `T` is the structure of the class.
pub(super) unsafe fn set<T>(
    handle: HANDLE,
    class: FILE_INFORMATION_CLASS,
    information: &T,
) -> Answer<()> {
    let mut status = IO_STATUS_BLOCK::default();
    let (pointer, size) = (ptr::from_ref(information).cast(), size_of::<T>() as u32);
    // SAFETY: the buffer has the size that is passed.
    check(unsafe { NtSetInformationFile(handle, &raw mut status, pointer, size, class) })
}
