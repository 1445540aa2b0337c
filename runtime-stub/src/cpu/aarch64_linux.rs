//! AArch64 on Linux: what the kernel tells every process. Source: Linux,
//! `arch/arm64/include/uapi/asm/hwcap.h` and `Documentation/arch/arm64/elf_hwcaps.rst`.

/// The bits that must all be set, in `AT_HWCAP` and in `AT_HWCAP2`.
const PLACES: [(&str, u64, u64); 4] = [
    ("lse", 1 << 8, 0),
    // For scalars and for vectors.
    ("fp16", 1 << 9 | 1 << 10, 0),
    ("dotprod", 1 << 20, 0),
    ("i8mm", 0, 1 << 13),
];

/// Which of the `needed` features this processor has, as the bits of the shared ABI.
pub(super) fn present(needed: u32) -> u32 {
    // SAFETY: the calls have no preconditions.
    let (first, second) =
        unsafe { (libc::getauxval(libc::AT_HWCAP), libc::getauxval(libc::AT_HWCAP2)) };
    super::select(needed, |name| {
        let place = PLACES.iter().find(|place| place.0 == name);
        place.is_some_and(|place| first & place.1 == place.1 && second & place.2 == place.2)
    })
}
