//! Function types, interned over the whole program: equal types of any modules get one identity, so
//! that an indirect call's check is one comparison (core specification, 4.4.8, `call_indirect`).

use std::collections::HashMap;
use wasm2native_wasm::wasmparser::FuncType;
use wasm2native_wasm::{Module, TypeIndex};

/// A function type of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SignatureId(u32);

impl SignatureId {
    /// What packed function references carry in their high half; never zero.
    pub(crate) fn identity(self) -> u32 {
        self.0 + 1
    }

    /// The position in a list of all signatures.
    pub(crate) fn position(self) -> usize {
        self.0 as usize
    }
}

/// All function types of a program.
#[derive(Default)]
pub(crate) struct Signatures {
    types: Vec<FuncType>,
    ids: HashMap<FuncType, SignatureId>,
}

impl Signatures {
    /// The identity of a type, which is given one when it has none.
    pub(crate) fn intern(&mut self, function_type: &FuncType) -> SignatureId {
        if let Some(&id) = self.ids.get(function_type) {
            return id;
        }
        let position = u32::try_from(self.types.len()).expect("types are limited to 32 bits");
        let id = SignatureId(position);
        self.types.push(function_type.clone());
        self.ids.insert(function_type.clone(), id);
        id
    }

    /// The identities of all of a module's types, by [`TypeIndex`].
    pub(crate) fn intern_module(&mut self, module: &Module<'_>) -> ModuleSignatures {
        ModuleSignatures(module.types.iter().map(|ty| self.intern(ty)).collect())
    }

    /// The type with this identity.
    pub(crate) fn get(&self, id: SignatureId) -> &FuncType {
        &self.types[id.position()]
    }

    /// All types, by identity.
    pub(crate) fn all(&self) -> &[FuncType] {
        &self.types
    }
}

/// The identities of one module's types.
pub(crate) struct ModuleSignatures(Vec<SignatureId>);

impl ModuleSignatures {
    /// The identity of one of the module's types.
    pub(crate) fn get(&self, index: TypeIndex) -> SignatureId {
        self.0[index.position()]
    }
}
