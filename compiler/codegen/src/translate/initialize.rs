//! What remains of instantiation to code (core specification, 4.5.4): see [`crate::plan::Step`].

use super::{Environment, Scratch, Translator};
use crate::convention::runtime_signature;
use crate::plan::Step;
use cranelift_codegen::ir::{Function, InstBuilder, Value, types};

impl Environment<'_> {
    /// Makes the function that brings an instance to life; its type is `extern fn()`.
    pub(super) fn initialize(
        &self,
        instance: usize,
        function: &mut Function,
        scratch: &mut Scratch,
    ) {
        function.signature = runtime_signature(&[], &[]);
        let nothing = self.conventions.nothing();
        let mut translator = Translator::with_signature(self, instance, nothing, function, scratch);
        for step in &self.plan.instances[instance].steps {
            translator.step(*step);
        }
        translator.builder.ins().return_(&[]);
        translator.builder.finalize(self.frontend);
    }
}

impl Translator<'_, '_> {
    fn step(&mut self, step: Step) {
        let plan = self.environment.plan;
        let segments = &plan.instances[self.instance];
        match step {
            Step::Global(global) => {
                let global = *plan.global(self.instance, global);
                let value = self.constant(global.initial);
                self.set_global(&global, value);
            }
            Step::Elements { segment, table, offset } => {
                let segment = segments.elements[segment.position()];
                let table = plan.table(self.instance, table);
                let range = self.range(offset, segment.active_count);
                self.copy_elements(segment.contents.unwrap_or(0), table, range);
            }
            Step::Data { segment, memory, offset } => {
                let segment = segments.data[segment.position()];
                let memory = plan.memory(self.instance, memory);
                let range = self.range(offset, segment.active_bytes);
                self.copy_bytes(segment.contents.unwrap_or(0), memory, range);
            }
            Step::Start(function) => {
                let signature = plan.functions.signature(self.instance, function);
                let callee = plan.callee(self.instance, function);
                self.call_callee(callee, signature, &[]);
            }
        }
    }

    /// Where a whole segment goes: place, offset in the segment, size.
    fn range(&mut self, offset: u64, count: Option<u64>) -> [Value; 3] {
        let count = count.expect("a step is for an active segment");
        [offset, 0, count].map(|number| self.builder.ins().iconst(types::I64, number.cast_signed()))
    }
}
