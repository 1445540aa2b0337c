//! Gives every piece of code its offset, with islands of veneers where branches are too short.
//!
//! AArch64's branch reaches 128 MiB. In larger programs the code is cut into regions, and behind each
//! stands an island: for everything far that the region's functions call, three instructions that go
//! there. The islands are planned here rather than by the linker because tables of the program hold
//! offsets of code. Invariants: a program that is small enough has no island; which calls go through
//! one depends on nothing but the code. Source: AAPCS64, 6.1.1 (`x16` is a veneer's to use).

use crate::Error;
use crate::compile::{CodeTarget, CompiledFunction};
use crate::plan::{CODE_LIMIT_BYTES, FunctionNumber};
use crate::symbol::Symbol;
use cranelift_codegen::binemit::Reloc;
use std::collections::BTreeSet;
use wasm2native_targets::Architecture;

/// How far branches of an architecture go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reach {
    /// Calls over at most this distance, islands not counted, are direct; to the runtime, whose place
    /// is before the code, those from offsets of at most this.
    pub(crate) direct_bytes: u64,
    /// A region ends with the function that makes it larger than this.
    pub(crate) region_bytes: u64,
}

impl Reach {
    /// What is short on an architecture; nothing where 32 bits of distance fit.
    pub(crate) fn of(architecture: Architecture) -> Option<Self> {
        // What is left of 128 MiB is for islands, the stub and a region's last function.
        (architecture == Architecture::Aarch64)
            .then_some(Self { direct_bytes: 96 << 20, region_bytes: 64 << 20 })
    }
}

/// Instructions that go to a place 4 GiB away at most: `adrp x16`, `add x16, x16`, `br x16`.
pub(crate) const VENEER: [u32; 3] = [0x9000_0010, 0x9100_0210, 0xd61f_0200];
/// Size of [`VENEER`].
const VENEER_BYTES: u64 = 12;
/// The relocations of a veneer, each of the instruction at its position.
pub(crate) const VENEER_RELOCATIONS: [Reloc; 2] =
    [Reloc::Aarch64AdrPrelPgHi21, Reloc::Aarch64AddAbsLo12Nc];

/// Veneers behind a region.
#[derive(Debug)]
pub(crate) struct Island {
    /// Its offset in the code.
    pub(crate) offset: u64,
    /// The position of the first function of its region, and that of the first behind it.
    region: (usize, usize),
    /// Where its veneers go, ascending, a veneer each.
    pub(crate) targets: Vec<Symbol>,
}

/// The offsets of everything.
#[derive(Debug)]
pub(crate) struct Places {
    /// Of the functions.
    pub(crate) functions: Vec<u64>,
    /// Ascending.
    pub(crate) islands: Vec<Island>,
    /// Size of the code.
    pub(crate) code_bytes: u64,
}

impl Places {
    /// Places all code.
    ///
    /// # Errors
    /// [`Error::TooLarge`].
    pub(crate) fn new(code: &[CompiledFunction], reach: Option<Reach>) -> Result<Self, Error> {
        let mut places = Self::place(code, &mut []);
        if let Some(reach) = reach.filter(|reach| places.code_bytes > reach.direct_bytes) {
            let mut islands: Vec<Island> = regions(&places.functions, reach)
                .map(|region| {
                    let targets = far(code, &places.functions, region, reach);
                    Island { offset: 0, region, targets }
                })
                .filter(|island| !island.targets.is_empty())
                .collect();
            places = Self::place(code, &mut islands);
            places.islands = islands;
        }
        if places.code_bytes > CODE_LIMIT_BYTES {
            return Err(Error::TooLarge { what: "code", limit_bytes: CODE_LIMIT_BYTES });
        }
        Ok(places)
    }

    fn place(code: &[CompiledFunction], islands: &mut [Island]) -> Self {
        let mut end = 0_u64;
        let mut functions = Vec::with_capacity(code.len());
        let mut next = islands.iter_mut().peekable();
        let mut put_islands = |position: usize, end: &mut u64| {
            while let Some(island) = next.next_if(|island| island.region.1 == position) {
                island.offset = end.next_multiple_of(4);
                *end = island.offset + island.targets.len() as u64 * VENEER_BYTES;
            }
        };
        for (position, function) in code.iter().enumerate() {
            put_islands(position, &mut end);
            let offset = end.next_multiple_of(u64::from(function.align));
            functions.push(offset);
            end = offset + function.bytes.len() as u64;
        }
        put_islands(code.len(), &mut end);
        Self { functions, islands: Vec::new(), code_bytes: end }
    }

    /// The island in front of the function at `position`, which is the number of functions for the last.
    pub(crate) fn island_before(&self, position: usize) -> Option<&Island> {
        let index = self.islands.binary_search_by_key(&position, |island| island.region.1).ok()?;
        Some(&self.islands[index])
    }

    /// The offset of the veneer by which the function at `position` calls `symbol`, if it does so.
    pub(crate) fn veneer(&self, position: usize, symbol: Symbol) -> Option<u64> {
        let index = self.islands.partition_point(|island| island.region.1 <= position);
        let island = self.islands.get(index).filter(|island| island.region.0 <= position)?;
        let veneer = island.targets.binary_search(&symbol).ok()?;
        Some(island.offset + veneer as u64 * VENEER_BYTES)
    }
}

/// Positions of the first functions of regions and of those behind them.
fn regions(functions: &[u64], reach: Reach) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let first = *functions.get(start)?;
        let rest = &functions[start..];
        let count = rest.partition_point(|offset| *offset <= first + reach.region_bytes);
        let region = (start, start + count.max(1));
        start = region.1;
        Some(region)
    })
}

/// What the functions of a region call that is far.
fn far(
    code: &[CompiledFunction],
    functions: &[u64],
    region: (usize, usize),
    reach: Reach,
) -> Vec<Symbol> {
    let mut targets = BTreeSet::new();
    for position in region.0..region.1 {
        let at = functions[position];
        for relocation in &code[position].relocations {
            let CodeTarget::Symbol(symbol) = relocation.target else { continue };
            let distance = match (relocation.kind, symbol) {
                (Reloc::Arm64Call, Symbol::Function(number)) => {
                    functions[FunctionNumber::position(number)].abs_diff(at)
                }
                (Reloc::Arm64Call, Symbol::Runtime(_)) => at,
                _ => continue,
            };
            if distance > reach.direct_bytes {
                targets.insert(symbol);
            }
        }
    }
    targets.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::CodeRelocation;

    const REACH: Reach = Reach { direct_bytes: 100, region_bytes: 50 };

    /// A function of 40 bytes that calls the given ones.
    fn function(callees: &[Symbol]) -> CompiledFunction {
        let call = |(index, symbol): (usize, &Symbol)| CodeRelocation {
            offset: 4 * index as u32,
            kind: Reloc::Arm64Call,
            target: CodeTarget::Symbol(*symbol),
            addend: 0,
        };
        CompiledFunction {
            bytes: vec![0; 40].into(),
            align: 4,
            relocations: callees.iter().enumerate().map(call).collect(),
            traps: Box::new([]),
        }
    }

    fn number(position: usize) -> Symbol {
        Symbol::Function(FunctionNumber::from_position(position))
    }

    #[test]
    fn small_programs_have_no_islands() {
        let code = [function(&[number(1), Symbol::Runtime(0)]), function(&[number(0)])];
        let places = Places::new(&code, Some(REACH)).unwrap();
        assert!(places.islands.is_empty());
        assert_eq!((places.functions, places.code_bytes), (vec![0, 40], 80));
    }

    #[test]
    fn far_calls_go_through_the_island_of_their_region() {
        let code: Vec<_> = (0..6)
            .map(|position| match position {
                0 => function(&[number(5), number(1), number(5)]),
                1 => function(&[number(5)]),
                5 => function(&[number(0), number(4), Symbol::Runtime(3)]),
                _ => function(&[]),
            })
            .collect();
        let places = Places::new(&code, Some(REACH)).unwrap();
        // Regions are two functions each; the second calls nothing far.
        let offsets: Vec<_> = places.islands.iter().map(|island| island.offset).collect();
        assert_eq!(offsets, [80, 252]);
        assert_eq!(places.functions, [0, 40, 92, 132, 172, 212]);
        assert_eq!(places.code_bytes, 276);
        assert_eq!(places.veneer(0, number(5)), Some(80));
        assert_eq!(places.veneer(1, number(5)), Some(80));
        assert_eq!(places.veneer(0, number(1)), None);
        assert_eq!(places.veneer(5, number(0)), Some(252));
        assert_eq!(places.veneer(5, Symbol::Runtime(3)), Some(264));
        assert_eq!(places.veneer(3, number(5)), None);
        assert_eq!(places.island_before(2).map(|island| island.offset), Some(80));
        assert_eq!(places.island_before(6).map(|island| island.offset), Some(252));
    }
}
