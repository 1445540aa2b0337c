//! Code that passes a call on from one convention to another: entry points, and functions of the
//! runtime as code that tables and references can hold.

use super::call::{private_flags, slot_offsets};
use super::variable::value_flags;
use super::{Environment, Scratch, Translator};
use crate::convention::{POINTER, clif_type, runtime_signature};
use crate::plan::Callee;
use crate::signature::SignatureId;
use cranelift_codegen::ir::{Function, InstBuilder, Value};

impl Environment<'_> {
    /// Makes an entry point: see [`wasm2native_abi::program::EntryCode`].
    pub(super) fn entry(&self, entry: usize, function: &mut Function, scratch: &mut Scratch) {
        function.signature = runtime_signature(&[POINTER], &[]);
        let entry = &self.plan.program.entries[entry];
        let nothing = self.conventions.nothing();
        let mut translator =
            Translator::with_signature(self, entry.instance, nothing, function, scratch);
        let slots = translator.arguments()[0];
        let signature = self.plan.functions.signature(entry.instance, entry.function);
        let callee = self.plan.callee(entry.instance, entry.function);
        let function_type = self.plan.signatures.get(signature);
        let parameters = function_type.params().iter().zip(slot_offsets());
        let arguments: Vec<Value> = parameters
            .map(|(ty, offset)| {
                let flags = value_flags(private_flags(), *ty);
                translator.builder.ins().load(clif_type(*ty), flags, slots, offset)
            })
            .collect();
        let results = translator.call_callee(callee, signature, &arguments);
        for ((result, ty), offset) in
            results.iter().zip(function_type.results()).zip(slot_offsets())
        {
            let flags = value_flags(private_flags(), *ty);
            translator.builder.ins().store(flags, *result, slots, offset);
        }
        translator.builder.ins().return_(&[]);
        translator.builder.finalize(self.frontend);
    }
}

impl Translator<'_, '_> {
    /// Passes a call in the internal convention on.
    pub(super) fn wrapper(&mut self, callee: Callee, signature: SignatureId) {
        let arguments = self.arguments();
        let results = self.call_callee(callee, signature, &arguments);
        self.return_values(&results);
    }
}
