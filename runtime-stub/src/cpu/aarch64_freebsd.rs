//! AArch64 on FreeBSD: what the kernel tells every process. Source: FreeBSD,
//! `sys/arm64/include/elf.h` and `elf_aux_info(3)`.

use std::ffi::{c_int, c_ulong, c_void};

/// The bits that must all be set, in `AT_HWCAP` and in `AT_HWCAP2`.
const PLACES: [(&str, c_ulong, c_ulong); 4] = [
    ("lse", 1 << 8, 0),
    // For scalars and for vectors.
    ("fp16", 1 << 9 | 1 << 10, 0),
    ("dotprod", 1 << 20, 0),
    ("i8mm", 0, 1 << 13),
];

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    let (first, second) = (announced(libc::AT_HWCAP), announced(libc::AT_HWCAP2));
    super::select(needed, |name| {
        let place = PLACES.iter().find(|place| place.0 == name);
        place.is_some_and(|place| first & place.1 == place.1 && second & place.2 == place.2)
    })
}

/// A word of the auxiliary vector; nothing announced where the kernel does not know it.
fn announced(kind: c_int) -> c_ulong {
    let mut word: c_ulong = 0;
    let room = (&raw mut word).cast::<c_void>();
    // SAFETY: the room is valid for writes of the size that is passed.
    let error = unsafe { libc::elf_aux_info(kind, room, size_of::<c_ulong>() as c_int) };
    if error == 0 { word } else { 0 }
}
