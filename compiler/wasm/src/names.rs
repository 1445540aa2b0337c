//! The name section: what the program's author called things (core specification, appendix 7.4).
//!
//! Names are for people only: a malformed name section is not an error, what could be read is used.

use crate::{Entity, Export, FuncIndex};
use std::collections::HashMap;
use wasmparser::{Name, NameSectionReader};

/// Names from the name section.
#[derive(Debug, Default)]
pub struct Names<'a> {
    /// The module's own name.
    pub module: Option<&'a str>,
    /// Functions' names; what has none of its own is called as it is exported first.
    pub functions: HashMap<FuncIndex, &'a str>,
}

impl<'a> Names<'a> {
    pub(crate) fn read(&mut self, section: NameSectionReader<'a>) {
        for name in section {
            match name {
                Ok(Name::Module { name, .. }) => self.module = Some(name),
                Ok(Name::Function(map)) => {
                    for naming in map {
                        let Ok(naming) = naming else { return };
                        self.functions.insert(FuncIndex::from_u32(naming.index), naming.name);
                    }
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Calls functions that have no name as they are exported.
    pub(crate) fn add_exports(&mut self, exports: &[Export<'a>]) {
        for export in exports {
            if let Entity::Function(function) = export.entity {
                self.functions.entry(function).or_insert(export.name);
            }
        }
    }
}
