//! The one seam through which code reaches instance blocks and read-only data.
//!
//! Static form: a block is a symbol in the program's own data, so nothing is passed to functions. A
//! context form, for blocks that exist once a thread, would replace [`InstanceAddress::block`] alone.
//! Invariant: the address of a block never changes while a function runs.

use crate::convention::POINTER;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, ExternalName, GlobalValue, GlobalValueData, InstBuilder,
    MemFlagsData, Value,
};
use cranelift_frontend::FunctionBuilder;
use std::borrow::Cow;

/// Addresses as one function uses them.
pub(super) struct InstanceAddress {
    symbols: Vec<(Symbol, GlobalValue)>,
    regions: [Option<AliasRegion>; 3],
}

/// Memory that nothing outside it overlaps, as alias analysis sees it.
#[derive(Clone, Copy)]
pub(super) enum Region {
    /// Linear memories.
    Memory = 0,
    /// Instance blocks: globals, descriptors, flags.
    Block = 1,
    /// Elements of tables.
    Table = 2,
}

impl InstanceAddress {
    /// For a new function.
    pub(super) fn new() -> Self {
        Self { symbols: Vec::new(), regions: [None; 3] }
    }

    /// The address of an instance's block.
    pub(super) fn block(&mut self, builder: &mut FunctionBuilder<'_>, instance: usize) -> Value {
        self.symbol(builder, Symbol::block(instance))
    }

    /// The address of read-only data at `offset`; offset 0 is the reference base.
    pub(super) fn read_only(&mut self, builder: &mut FunctionBuilder<'_>, offset: u32) -> Value {
        self.symbol(builder, Symbol::ReadOnly(offset))
    }

    fn symbol(&mut self, builder: &mut FunctionBuilder<'_>, symbol: Symbol) -> Value {
        let known = self.symbols.iter().find(|(known, _)| *known == symbol);
        let global_value = match known {
            Some((_, global_value)) => *global_value,
            None => {
                let name = builder.func.declare_imported_user_function(symbol.name());
                let global_value = builder.create_global_value(GlobalValueData::Symbol {
                    name: ExternalName::user(name),
                    offset: 0.into(),
                    colocated: true,
                    tls: false,
                });
                // A function that refers to very many places would search for long: then it declares
                // some of them again.
                if self.symbols.len() < 64 {
                    self.symbols.push((symbol, global_value));
                }
                global_value
            }
        };
        builder.ins().symbol_value(POINTER, global_value)
    }

    /// Flags for an access that cannot trap, to memory of this kind.
    pub(super) fn trusted(
        &mut self,
        builder: &mut FunctionBuilder<'_>,
        region: Region,
    ) -> MemFlagsData {
        let region = self.region(builder, region);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    /// The alias region of memory of this kind.
    pub(super) fn region(
        &mut self,
        builder: &mut FunctionBuilder<'_>,
        region: Region,
    ) -> AliasRegion {
        *self.regions[region as usize].get_or_insert_with(|| {
            let description = match region {
                Region::Memory => "linear memory",
                Region::Block => "instance block",
                Region::Table => "table",
            };
            builder.func.dfg.alias_regions.insert(AliasRegionData {
                user_id: region as u32,
                description: Cow::Borrowed(description),
            })
        })
    }
}
