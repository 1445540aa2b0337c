//! IBM Z. Source: z/Architecture Principles of Operation, `STORE FACILITY LIST EXTENDED`.

/// The numbers of facilities.
const PLACES: [(&str, usize); 7] = [
    ("vector", 129),
    ("vector-enhancements-1", 135),
    ("miscellaneous-extensions-2", 58),
    ("vector-enhancements-2", 148),
    ("miscellaneous-extensions-3", 61),
    ("vector-enhancements-3", 198),
    ("miscellaneous-extensions-4", 84),
];

/// In `AT_HWCAP`: the kernel saves vector registers. Source: Linux, `arch/s390/include/asm/elf.h`.
const HWCAP_VECTOR: u64 = 1 << 11;

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    let facilities = facilities();
    // SAFETY: the call has no preconditions.
    let has_vectors = unsafe { libc::getauxval(libc::AT_HWCAP) } & HWCAP_VECTOR != 0;
    super::select(needed, |name| {
        let Some((_, number)) = PLACES.iter().find(|place| place.0 == name) else { return false };
        // The leftmost bit is number 0.
        let word = facilities.get(number / 64).copied().unwrap_or(0);
        word & 1 << (63 - number % 64) != 0 && (has_vectors || !name.starts_with("vector"))
    })
}

/// The list of facilities: 256 bits, zeros where the processor stores fewer.
fn facilities() -> [u64; 4] {
    let mut list = [0; 4];
    // Register 0 says how many words there is room for, less one.
    // SAFETY: every processor that the stub is built for has the instruction; it writes no more than
    // the words of the list.
    unsafe {
        std::arch::asm!(
            "stfle 0({list})",
            list = in(reg_addr) list.as_mut_ptr(),
            inout("r0") list.len() as u64 - 1 => _,
            options(nostack)
        );
    }
    list
}
