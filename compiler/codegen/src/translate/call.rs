//! Calls (core specification, 4.4.8): direct, indirect, and to the runtime.
//!
//! Critical to the sandbox: an indirect call reaches only code whose signature is the one it was
//! compiled for. Invariant: what a call passes by address lies in one slot of the caller's frame,
//! which no two calls use at the same time.

use super::Translator;
use super::address::Region;
use super::variable::value_flags;
use crate::convention::{Convention, POINTER, clif_type, runtime_signature};
use crate::plan::{Callee, FunctionNumber};
use crate::signature::SignatureId;
use crate::symbol::Symbol;
use crate::trap;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    ExtFuncData, ExternalName, FuncRef, Inst, InstBuilder, MemFlagsData, SigRef, StackSlotData,
    StackSlotKind, Type, Value, types,
};
use wasm2native_abi::runtime::{Libcall, RuntimeFunction};
use wasm2native_wasm::wasmparser::Operator;
use wasm2native_wasm::{FuncIndex, TableIndex, TypeIndex};

/// Size of a value in the slots that host calls use.
const SLOT_BYTES: u32 = wasm2native_abi::instance::GLOBAL_BYTES;

/// Flags for memory of the caller's own frame.
pub(super) fn private_flags() -> MemFlagsData {
    MemFlagsData::trusted()
}

/// What is called.
enum Target {
    Direct(FuncRef),
    Indirect(SigRef, Value),
}

impl Translator<'_, '_> {
    /// Translates a call; `false` when the operator is none.
    pub(super) fn call(&mut self, operator: &Operator<'_>) -> bool {
        match *operator {
            Operator::Call { function_index } => {
                let function = FuncIndex::from_u32(function_index);
                let plan = self.environment.plan;
                let signature = plan.functions.signature(self.instance, function);
                let callee = plan.callee(self.instance, function);
                let count = self.parameter_count(signature);
                let arguments = self.stack.top(count).to_vec();
                self.stack.truncate(self.stack.height() - count);
                let results = self.call_callee(callee, signature, &arguments);
                self.stack.push_all(&results);
            }
            Operator::CallIndirect { type_index, table_index } => {
                let index = self.stack.pop();
                let signatures = &self.environment.plan.instances[self.instance].signatures;
                let signature = signatures.get(TypeIndex::from_u32(type_index));
                let count = self.parameter_count(signature);
                let arguments = self.stack.top(count).to_vec();
                self.stack.truncate(self.stack.height() - count);
                let table = TableIndex::from_u32(table_index);
                let results = self.call_indirect(table, index, signature, &arguments);
                self.stack.push_all(&results);
            }
            _ => return false,
        }
        true
    }

    fn parameter_count(&self, signature: SignatureId) -> usize {
        self.environment.plan.signatures.get(signature).params().len()
    }

    /// Calls what a function index stands for.
    pub(super) fn call_callee(
        &mut self,
        callee: Callee,
        signature: SignatureId,
        arguments: &[Value],
    ) -> Vec<Value> {
        match callee {
            Callee::Compiled(number) => {
                let convention = self.environment.conventions.get(signature);
                let function = self.function(number, signature);
                self.call_compiled(Target::Direct(function), convention, arguments)
            }
            Callee::Host { function, instance } => {
                self.call_host(function, instance, signature, arguments)
            }
            Callee::Trap => self.call_nobody(signature),
        }
    }

    /// A call that traps; what follows is unreachable, though validation does not know it.
    fn call_nobody(&mut self, signature: SignatureId) -> Vec<Value> {
        let always = self.builder.ins().iconst(types::I32, 1);
        self.builder.ins().trapnz(always, trap::UNREACHABLE);
        let convention = self.environment.conventions.get(signature);
        convention.results.iter().map(|ty| self.zero(*ty)).collect()
    }

    fn call_compiled(
        &mut self,
        target: Target,
        convention: &Convention,
        arguments: &[Value],
    ) -> Vec<Value> {
        let Some(area) = &convention.return_area else {
            let call = self.emit_call(target, arguments);
            return self.builder.inst_results(call).to_vec();
        };
        let address = self.outgoing(area.size_bytes);
        let mut all = Vec::with_capacity(arguments.len() + 1);
        all.push(address);
        all.extend_from_slice(arguments);
        self.emit_call(target, &all);
        let offsets = convention.results.iter().zip(&area.offsets);
        offsets
            .map(|(ty, offset)| self.builder.ins().load(*ty, private_flags(), address, *offset))
            .collect()
    }

    fn emit_call(&mut self, target: Target, arguments: &[Value]) -> Inst {
        match target {
            Target::Direct(function) => self.builder.ins().call(function, arguments),
            Target::Indirect(signature, code) => {
                self.builder.ins().call_indirect(signature, code, arguments)
            }
        }
    }

    fn function(&mut self, number: FunctionNumber, signature: SignatureId) -> FuncRef {
        if let Some(function) = self.functions.get(number.position()) {
            return function;
        }
        let signature = self.signature(signature);
        let function = self.declare(Symbol::Function(number), signature);
        self.functions.set(number.position(), function);
        function
    }

    fn signature(&mut self, id: SignatureId) -> SigRef {
        if let Some(signature) = self.signatures.get(id.position()) {
            return signature;
        }
        let signature = self.environment.conventions.get(id).signature.clone();
        let signature = self.builder.import_signature(signature);
        self.signatures.set(id.position(), signature);
        signature
    }

    fn declare(&mut self, symbol: Symbol, signature: SigRef) -> FuncRef {
        let name = self.builder.func.declare_imported_user_function(symbol.name());
        self.builder.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature,
            colocated: true,
            patchable: false,
        })
    }

    /// The address of memory in the caller's frame for a call in progress.
    pub(super) fn outgoing(&mut self, size_bytes: u32) -> Value {
        let slots = &mut self.builder.func.sized_stack_slots;
        let slot = match self.outgoing {
            Some(slot) => {
                let data = &mut slots[slot];
                data.size = data.size.max(size_bytes);
                slot
            }
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size_bytes, 4);
                slots.push(data)
            }
        };
        self.outgoing = Some(slot);
        self.builder.ins().stack_addr(POINTER, slot, 0)
    }

    /// Calls a host function: arguments and result travel in slots (see
    /// [`wasm2native_abi::runtime::HostCode`]).
    fn call_host(
        &mut self,
        function: RuntimeFunction,
        instance: usize,
        signature: SignatureId,
        arguments: &[Value],
    ) -> Vec<Value> {
        let function_type = self.environment.plan.signatures.get(signature);
        let count = arguments.len().max(function_type.results().len()).max(1);
        let count = u32::try_from(count).expect("parameters are limited to a thousand");
        let slots = self.outgoing(count * SLOT_BYTES);
        for ((argument, ty), offset) in
            arguments.iter().zip(function_type.params()).zip(slot_offsets())
        {
            let flags = value_flags(private_flags(), *ty);
            self.builder.ins().store(flags, *argument, slots, offset);
        }
        let vmctx = self.addresses.block(&mut self.builder, instance);
        self.call_runtime(function, &[POINTER, POINTER], &[], &[vmctx, slots]);
        let results = function_type.results().iter().zip(slot_offsets());
        results
            .map(|(ty, offset)| {
                let flags = value_flags(private_flags(), *ty);
                self.builder.ins().load(clif_type(*ty), flags, slots, offset)
            })
            .collect()
    }

    fn call_runtime(
        &mut self,
        function: RuntimeFunction,
        parameters: &[Type],
        results: &[Type],
        arguments: &[Value],
    ) -> Inst {
        let signature = self.builder.import_signature(runtime_signature(parameters, results));
        let function = self.declare(Symbol::runtime(function), signature);
        self.builder.ins().call(function, arguments)
    }

    /// Calls a libcall that takes `arguments` and may return a 64-bit number.
    pub(super) fn libcall(&mut self, libcall: Libcall, arguments: &[Value]) -> Option<Value> {
        let parameters: Vec<Type> =
            arguments.iter().map(|argument| self.builder.func.dfg.value_type(*argument)).collect();
        let results: &[Type] = match libcall {
            Libcall::MemoryGrow | Libcall::TableGrow => &[types::I64],
            Libcall::MemoryCopy | Libcall::MemoryFill | Libcall::TableFill => &[],
        };
        let function = RuntimeFunction::libcall(libcall);
        let call = self.call_runtime(function, &parameters, results, arguments);
        self.builder.inst_results(call).first().copied()
    }

    /// Calls through a table: bounds, then null and signature, then the call. One load brings both
    /// the signature and the distance of the code from the reference base.
    fn call_indirect(
        &mut self,
        table: TableIndex,
        index: Value,
        signature: SignatureId,
        arguments: &[Value],
    ) -> Vec<Value> {
        let plan = self.environment.plan;
        let table = plan.table(self.instance, table);
        let element = self.element_address(table, index, trap::UNDEFINED_ELEMENT);
        let mut flags = self.addresses.trusted(&mut self.builder, Region::Table);
        if table.contents.read_only {
            flags = flags.with_readonly();
        }
        let packed = self.builder.ins().load(types::I64, flags, element, 0);
        let contents = &table.contents;
        let only_signature =
            contents.candidates.len() == 1 && contents.candidates.contains_key(&signature);
        if contents.read_only && only_signature {
            // No element has another signature, so null is all that can be wrong.
            if contents.has_null {
                self.builder.ins().trapz(packed, trap::UNINITIALIZED_ELEMENT);
            }
        } else {
            self.check_signature(packed, signature);
        }
        let convention = self.environment.conventions.get(signature);
        let target = if let Some(function) = contents.only_candidate(signature) {
            Target::Direct(self.function(function, signature))
        } else {
            let code = self.code_address(packed);
            Target::Indirect(self.signature(signature), code)
        };
        self.call_compiled(target, convention, arguments)
    }

    /// Traps unless a packed reference is to a function of this signature.
    fn check_signature(&mut self, packed: Value, signature: SignatureId) {
        let identity = self.builder.ins().ushr_imm_u(packed, 32);
        let expected = i64::from(signature.identity());
        let matches = self.builder.ins().icmp_imm_u(IntCC::Equal, identity, expected);
        let mismatch = self.builder.create_block();
        let proceed = self.builder.create_block();
        self.builder.ins().brif(matches, proceed, &[], mismatch, &[]);
        self.builder.seal_block(mismatch);
        self.builder.seal_block(proceed);
        self.builder.set_cold_block(mismatch);
        self.builder.switch_to_block(mismatch);
        self.builder.ins().trapz(packed, trap::UNINITIALIZED_ELEMENT);
        self.builder.ins().trap(trap::INDIRECT_CALL_TYPE_MISMATCH);
        self.builder.switch_to_block(proceed);
    }

    /// The address of the code that a packed reference, not null, is to.
    fn code_address(&mut self, packed: Value) -> Value {
        let distance = self.builder.ins().ireduce(types::I32, packed);
        let distance = self.builder.ins().sextend(types::I64, distance);
        let base = self.addresses.read_only(&mut self.builder, 0);
        self.builder.ins().iadd(base, distance)
    }
}

/// The offsets of slots.
pub(super) fn slot_offsets() -> impl Iterator<Item = i32> {
    (0..).step_by(SLOT_BYTES as usize)
}
