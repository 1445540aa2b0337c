//! Numbers for every piece of code, and the reference array of references to it.
//!
//! Compiled code is one run of bytes, in the order of [`FunctionNumber`]: the functions of all
//! instances, then what no module wrote (wrappers of host functions, initialisers, entry points).
//! Invariant: whatever can be called indirectly is code in the internal calling convention.

use super::Reference;
use crate::signature::{ModuleSignatures, SignatureId};
use crate::{ImportTarget, Program};
use std::collections::HashMap;
use wasm2native_abi::runtime::RuntimeFunction;
use wasm2native_wasm::{DefinedFuncIndex, Entity, FuncIndex, ImportType};

/// A piece of code, by its position in the code section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FunctionNumber(u32);

impl FunctionNumber {
    /// The number of the piece of code at `position`.
    pub(crate) fn from_position(position: usize) -> Self {
        Self(u32::try_from(position).expect("functions are limited to 32 bits"))
    }

    /// The number.
    pub(crate) fn as_u32(self) -> u32 {
        self.0
    }

    /// The position in a list of all pieces of code.
    pub(crate) fn position(self) -> usize {
        self.0 as usize
    }
}

/// What calling a function of a module comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Callee {
    /// Code of the program.
    Compiled(FunctionNumber),
    /// A function of the runtime, on behalf of the instance that imports it.
    Host {
        /// The function.
        function: RuntimeFunction,
        /// The instance whose block it is given.
        instance: usize,
    },
    /// A trap: nobody provides the function.
    Trap,
}

/// What a piece of code is made from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body {
    /// A function that a module defines.
    Defined {
        /// The instance.
        instance: usize,
        /// The function.
        function: DefinedFuncIndex,
    },
    /// A function in the internal convention that passes a call on.
    Wrapper {
        /// Where to.
        callee: Callee,
        /// The function's type.
        signature: SignatureId,
    },
    /// The code that brings an instance to life.
    Initialize {
        /// The instance.
        instance: usize,
    },
    /// The code that the runtime enters a function through.
    Entry {
        /// Position in the program's list of entries.
        entry: usize,
    },
}

/// All code of a program.
pub(crate) struct Functions {
    bodies: Vec<Body>,
    /// For each instance: what its imported functions are.
    imported: Vec<Vec<Callee>>,
    /// For each instance: the number of its first defined function.
    first_defined: Vec<u32>,
    /// For each instance: the types of all its functions.
    types: Vec<Vec<SignatureId>>,
    wrappers: HashMap<(Callee, SignatureId), FunctionNumber>,
    references: Vec<Reference>,
    reference_positions: HashMap<FunctionNumber, u32>,
    first_entry: Option<FunctionNumber>,
}

impl Functions {
    /// Numbers the functions of all instances and resolves their imports.
    pub(crate) fn new(program: &Program<'_>, signatures: &[ModuleSignatures]) -> Self {
        let mut functions = Self {
            bodies: Vec::new(),
            imported: Vec::new(),
            first_defined: Vec::new(),
            types: Vec::new(),
            wrappers: HashMap::new(),
            references: Vec::new(),
            reference_positions: HashMap::new(),
            first_entry: None,
        };
        for (position, instance) in program.instances.iter().enumerate() {
            let module = instance.module;
            let mut imported = Vec::with_capacity(module.imported_functions as usize);
            for (import, target) in module.imports.iter().zip(&instance.imports) {
                if matches!(import.import_type, ImportType::Function(..)) {
                    imported.push(functions.resolve(position, target));
                }
            }
            functions.imported.push(imported);
            functions.first_defined.push(FunctionNumber::from_position(functions.bodies.len()).0);
            let types = module.function_types.iter().map(|ty| signatures[position].get(*ty));
            functions.types.push(types.collect());
            let defined = (0..module.functions.len()).map(|function| Body::Defined {
                instance: position,
                function: DefinedFuncIndex::from_position(function),
            });
            functions.bodies.extend(defined);
        }
        functions
    }

    fn resolve(&self, importer: usize, target: &ImportTarget) -> Callee {
        match *target {
            ImportTarget::Host(function) => Callee::Host { function, instance: importer },
            ImportTarget::Trap => Callee::Trap,
            ImportTarget::Export { instance, item: Entity::Function(function) } => {
                assert!(instance < importer, "an import refers to an earlier instance");
                self.callee(instance, function)
            }
            ImportTarget::Export { .. } => panic!("a function import is bound to a function"),
        }
    }

    /// What a function of an instance's module is.
    pub(crate) fn callee(&self, instance: usize, function: FuncIndex) -> Callee {
        let imported = &self.imported[instance];
        match imported.get(function.position()) {
            Some(&callee) => callee,
            None => {
                let defined = function.position() - imported.len();
                Callee::Compiled(FunctionNumber(
                    self.first_defined[instance] + FunctionNumber::from_position(defined).0,
                ))
            }
        }
    }

    /// The type of a function of an instance's module.
    pub(crate) fn signature(&self, instance: usize, function: FuncIndex) -> SignatureId {
        self.types[instance][function.position()]
    }

    /// Adds a piece of code that no module wrote.
    pub(crate) fn add(&mut self, body: Body) -> FunctionNumber {
        let number = FunctionNumber::from_position(self.bodies.len());
        self.bodies.push(body);
        number
    }

    /// Adds the code of an entry point; entries are added in order.
    pub(crate) fn add_entry(&mut self, entry: usize) {
        let number = self.add(Body::Entry { entry });
        self.first_entry.get_or_insert(number);
    }

    /// The code of the entry point at `position`.
    pub(crate) fn entry(&self, position: usize) -> FunctionNumber {
        let first = self.first_entry.expect("entries were added");
        FunctionNumber::from_position(first.position() + position)
    }

    /// A reference to a function of an instance's module, as code in the internal convention.
    pub(crate) fn reference(&mut self, instance: usize, function: FuncIndex) -> Reference {
        let signature = self.signature(instance, function);
        let callee = self.callee(instance, function);
        let number = match callee {
            Callee::Compiled(number) => number,
            _ => match self.wrappers.get(&(callee, signature)) {
                Some(&number) => number,
                None => {
                    let number = self.add(Body::Wrapper { callee, signature });
                    self.wrappers.insert((callee, signature), number);
                    number
                }
            },
        };
        Some((number, signature))
    }

    /// Gives a reference its element in the reference array.
    pub(crate) fn refer(&mut self, reference: Reference) {
        let Some((number, _)) = reference else { return };
        let position = u32::try_from(self.references.len()).expect("limited to 32 bits");
        if let std::collections::hash_map::Entry::Vacant(entry) =
            self.reference_positions.entry(number)
        {
            entry.insert(position);
            self.references.push(reference);
        }
    }

    /// Gives functions of an instance their elements in the reference array; ignores functions that do
    /// not exist, which only a malformed body refers to.
    pub(crate) fn refer_all(&mut self, instance: usize, functions: &[u32]) {
        for &function in functions {
            let function = FuncIndex::from_u32(function);
            if function.position() < self.types[instance].len() {
                let reference = self.reference(instance, function);
                self.refer(reference);
            }
        }
    }

    /// The offset in the reference array of the reference to a function.
    ///
    /// # Panics
    /// When it was never referred to.
    pub(crate) fn reference_offset(&self, number: FunctionNumber) -> u32 {
        self.reference_positions[&number] * super::constants::REFERENCE_BYTES as u32
    }

    /// As [`Self::reference_offset`], for a function of an instance's module.
    pub(crate) fn function_reference_offset(&self, instance: usize, function: FuncIndex) -> u32 {
        let number = match self.callee(instance, function) {
            Callee::Compiled(number) => number,
            callee => self.wrappers[&(callee, self.signature(instance, function))],
        };
        self.reference_offset(number)
    }

    /// The reference array.
    pub(crate) fn references(&self) -> &[Reference] {
        &self.references
    }

    /// What every piece of code is made from, in order.
    pub(crate) fn bodies(&self) -> &[Body] {
        &self.bodies
    }
}
