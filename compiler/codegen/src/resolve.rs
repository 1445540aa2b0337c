//! References from code to code of the same program, filled in where only the distance matters and the
//! instruction reaches, so that most code carries no relocations.
//!
//! Invariant: what is filled in is what the linker would write. Sources: the psABI of each architecture.

use cranelift_codegen::binemit::Reloc;

/// Fills in the reference at offset `at` of `text` to the offset `target`; `false` when the linker has
/// to do it, or to say that it does not reach.
pub(crate) fn resolve(text: &mut [u8], kind: Reloc, at: u64, target: u64, addend: i64) -> bool {
    let distance = target.wrapping_add_signed(addend).wrapping_sub(at).cast_signed();
    let Ok(near) = i32::try_from(distance) else { return false };
    let Ok(at) = usize::try_from(at) else { return false };
    match kind {
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => write(text, at, near.to_le_bytes()),
        Reloc::Arm64Call => {
            // 26 bits of words.
            if !(-(1 << 27)..1 << 27).contains(&near) || near % 4 != 0 {
                return false;
            }
            let opcode = read(text, at) & 0xfc00_0000;
            write(text, at, (opcode | (near >> 2).cast_unsigned() & 0x03ff_ffff).to_le_bytes());
        }
        Reloc::RiscvCallPlt => {
            // `auipc` adds the upper 20 bits, `jalr` the lower 12, which it sign-extends.
            let Some(upper) = near.checked_add(0x800) else { return false };
            let auipc = read(text, at) & 0xfff | (upper & !0xfff).cast_unsigned();
            let jalr = read(text, at + 4) & 0x000f_ffff | near.cast_unsigned() << 20;
            write(text, at, auipc.to_le_bytes());
            write(text, at + 4, jalr.to_le_bytes());
        }
        Reloc::S390xPCRel32Dbl | Reloc::S390xPLTRel32Dbl => {
            // 32 bits of halfwords.
            if near % 2 != 0 {
                return false;
            }
            write(text, at, (near / 2).to_be_bytes());
        }
        _ => return false,
    }
    true
}

fn read(text: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]])
}

fn write(text: &mut [u8], at: usize, bytes: [u8; 4]) {
    text[at..at + 4].copy_from_slice(&bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes after resolving a reference at offset 0x1000 over `distance`.
    fn resolved(kind: Reloc, code: &[u8], distance: i64) -> Option<Vec<u8>> {
        let mut text = vec![0; 0x1000];
        text.extend_from_slice(code);
        let target = 0x1000_u64.wrapping_add_signed(distance);
        resolve(&mut text, kind, 0x1000, target, 0).then(|| text.split_off(0x1000))
    }

    #[test]
    fn branches_of_aarch64_reach_128_mib_and_no_further() {
        let bl = 0x9400_0000_u32.to_le_bytes();
        let resolved = |distance| {
            let bytes = resolved(Reloc::Arm64Call, &bl, distance)?;
            Some(u32::from_le_bytes(bytes.try_into().unwrap()))
        };
        assert_eq!(resolved(8), Some(0x9400_0002));
        assert_eq!(resolved(-4), Some(0x97ff_ffff));
        assert_eq!(resolved((1 << 27) - 4), Some(0x95ff_ffff));
        assert_eq!(resolved(-(1 << 27)), Some(0x9600_0000));
        assert_eq!(resolved(1 << 27), None);
        assert_eq!(resolved(-(1 << 27) - 4), None);
        assert_eq!(resolved(2), None);
    }

    #[test]
    fn calls_of_riscv_round_the_upper_part() {
        // auipc ra, 0; jalr ra, 0(ra)
        let code = [0x97, 0, 0, 0, 0xe7, 0x80, 0, 0];
        let resolved = |distance| resolved(Reloc::RiscvCallPlt, &code, distance);
        assert_eq!(resolved(0x1234), Some(vec![0x97, 0x10, 0, 0, 0xe7, 0x80, 0x40, 0x23]));
        assert_eq!(resolved(0x800), Some(vec![0x97, 0x10, 0, 0, 0xe7, 0x80, 0x00, 0x80]));
        assert_eq!(resolved(-2), Some(vec![0x97, 0, 0, 0, 0xe7, 0x80, 0xe0, 0xff]));
        assert_eq!(resolved(0x7fff_ffff), None);
    }

    #[test]
    fn calls_of_ibm_z_count_halfwords() {
        let resolved = |distance| resolved(Reloc::S390xPLTRel32Dbl, &[0; 4], distance);
        assert_eq!(resolved(0x200), Some(vec![0, 0, 1, 0]));
        assert_eq!(resolved(-2), Some(vec![0xff; 4]));
        assert_eq!(resolved(3), None);
    }
}
