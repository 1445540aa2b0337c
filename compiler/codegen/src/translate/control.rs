//! Control instructions (core specification, 4.4.8), except calls.
//!
//! A structured block becomes CLIF blocks only as far as branches need them: a block's end exists once
//! something branches to it. Invariant: operands below a frame's height are never touched inside it.

use super::Translator;
use crate::convention::clif_type;
use crate::trap;
use cranelift_codegen::ir::{Block, BlockArg, InstBuilder, JumpTableData, Value, types};
use std::collections::HashMap;
use wasm2native_wasm::wasmparser::{BlockType, BrTable, FuncType, Operator, ValType};

/// A structured control instruction that is being translated.
pub(super) struct Frame<'p> {
    kind: Kind,
    types: Types<'p>,
    /// Where branches out of it go, once there are any.
    end: Option<Block>,
    /// Operands below its parameters.
    height: usize,
}

enum Kind {
    Function,
    Block,
    Loop { header: Block },
    If { otherwise: Block, parameters: Vec<Value> },
}

/// A block's type.
#[derive(Clone, Copy)]
enum Types<'p> {
    Empty,
    Result(ValType),
    Function(&'p FuncType),
}

impl Types<'_> {
    fn parameters(&self) -> &[ValType] {
        match self {
            Self::Empty | Self::Result(_) => &[],
            Self::Function(function) => function.params(),
        }
    }

    fn results(&self) -> &[ValType] {
        match self {
            Self::Empty => &[],
            Self::Result(result) => std::slice::from_ref(result),
            Self::Function(function) => function.results(),
        }
    }
}

impl<'p> Frame<'p> {
    /// The outermost block of a function.
    pub(super) fn function(function_type: &'p FuncType) -> Self {
        Self { kind: Kind::Function, types: Types::Function(function_type), end: None, height: 0 }
    }
}

fn block_arguments(values: &[Value]) -> Vec<BlockArg> {
    values.iter().map(|value| BlockArg::Value(*value)).collect()
}

impl<'p> Translator<'_, 'p> {
    /// Translates a control instruction other than a call; `false` when it is none.
    pub(super) fn control(&mut self, operator: &Operator<'_>) -> bool {
        match operator {
            Operator::Nop => {}
            Operator::Unreachable => {
                self.builder.ins().trap(trap::UNREACHABLE);
                self.reachable = false;
            }
            Operator::Block { blockty } => self.enter(Kind::Block, *blockty),
            Operator::Loop { blockty } => self.enter_loop(*blockty),
            Operator::If { blockty } => self.enter_if(*blockty),
            Operator::Else => self.enter_else(),
            Operator::End => self.leave(),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.reachable = false;
            }
            Operator::BrIf { relative_depth } => self.branch_if(*relative_depth),
            Operator::BrTable { targets } => {
                self.branch_table(targets);
                self.reachable = false;
            }
            Operator::Return => {
                let results = self.stack.top(self.convention.results.len()).to_vec();
                self.return_values(&results);
                self.reachable = false;
            }
            _ => return false,
        }
        true
    }

    /// Follows the block structure of an operator that is never executed.
    pub(super) fn unreachable_operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => {
                self.unreachable_depth += 1;
            }
            Operator::Else if self.unreachable_depth == 0 => self.enter_else(),
            Operator::End if self.unreachable_depth == 0 => self.leave(),
            Operator::End => self.unreachable_depth -= 1,
            _ => {}
        }
    }

    /// Returns from the function.
    pub(super) fn return_values(&mut self, results: &[Value]) {
        let Some(area) = &self.convention.return_area else {
            self.builder.ins().return_(results);
            return;
        };
        let address = self.return_area.expect("the address of a return area is an argument");
        for (result, offset) in results.iter().zip(&area.offsets) {
            let flags = super::call::private_flags();
            self.builder.ins().store(flags, *result, address, *offset);
        }
        self.builder.ins().return_(&[]);
    }

    fn types(&self, block_type: BlockType) -> Types<'p> {
        match block_type {
            BlockType::Empty => Types::Empty,
            BlockType::Type(result) => Types::Result(result),
            BlockType::FuncType(index) => Types::Function(&self.module.types[index as usize]),
        }
    }

    fn enter(&mut self, kind: Kind, block_type: BlockType) {
        let types = self.types(block_type);
        let height = self.stack.height() - types.parameters().len();
        self.frames.push(Frame { kind, types, end: None, height });
    }

    fn enter_loop(&mut self, block_type: BlockType) {
        let types = self.types(block_type);
        let header = self.new_block(types.parameters());
        let count = types.parameters().len();
        let arguments = block_arguments(self.stack.top(count));
        self.builder.ins().jump(header, &arguments);
        self.builder.switch_to_block(header);
        let height = self.stack.height() - count;
        self.stack.truncate(height);
        self.stack.push_all(self.builder.block_params(header));
        self.frames.push(Frame { kind: Kind::Loop { header }, types, end: None, height });
    }

    fn enter_if(&mut self, block_type: BlockType) {
        let condition = self.stack.pop();
        let count = self.types(block_type).parameters().len();
        let parameters = self.stack.top(count).to_vec();
        let then = self.builder.create_block();
        let otherwise = self.builder.create_block();
        self.builder.ins().brif(condition, then, &[], otherwise, &[]);
        self.builder.seal_block(then);
        self.builder.seal_block(otherwise);
        self.builder.switch_to_block(then);
        self.enter(Kind::If { otherwise, parameters }, block_type);
    }

    fn enter_else(&mut self) {
        let depth = self.frames.len() - 1;
        if self.reachable {
            self.branch(0);
        }
        let frame = &mut self.frames[depth];
        let Kind::If { otherwise, parameters } = std::mem::replace(&mut frame.kind, Kind::Block)
        else {
            panic!("validation pairs `else` with `if`");
        };
        self.stack.truncate(frame.height);
        self.stack.push_all(&parameters);
        self.builder.switch_to_block(otherwise);
        self.reachable = true;
    }

    fn leave(&mut self) {
        if matches!(self.frames.last(), Some(Frame { kind: Kind::If { .. }, .. })) {
            // Without `else`, parameters are results.
            self.enter_else();
        }
        let frame = self.frames.last().expect("validation pairs `end` with a block");
        if let Kind::Loop { header } = frame.kind {
            self.builder.seal_block(header);
        } else if frame.end.is_some() && self.reachable {
            self.branch(0);
        }
        let frame = self.frames.pop().expect("there was one just now");
        if let Some(end) = frame.end {
            self.builder.switch_to_block(end);
            self.builder.seal_block(end);
            self.stack.truncate(frame.height);
            self.stack.push_all(self.builder.block_params(end));
            self.reachable = true;
        } else if !self.reachable {
            self.stack.truncate(frame.height);
        }
        if matches!(frame.kind, Kind::Function) && self.reachable {
            let results = self.stack.top(self.convention.results.len()).to_vec();
            self.return_values(&results);
            self.reachable = false;
        }
    }

    fn new_block(&mut self, parameters: &[ValType]) -> Block {
        let block = self.builder.create_block();
        for parameter in parameters {
            self.builder.append_block_param(block, clif_type(*parameter));
        }
        block
    }

    /// Where a branch to the label `depth` goes, and how many operands it takes along.
    fn target(&mut self, depth: u32) -> (Block, usize) {
        let position = self.frames.len() - 1 - depth as usize;
        let frame = &self.frames[position];
        if let Kind::Loop { header } = frame.kind {
            return (header, frame.types.parameters().len());
        }
        let types = frame.types;
        let end = match frame.end {
            Some(end) => end,
            None => self.new_block(types.results()),
        };
        self.frames[position].end = Some(end);
        (end, types.results().len())
    }

    fn branch(&mut self, depth: u32) {
        let (target, count) = self.target(depth);
        let arguments = block_arguments(self.stack.top(count));
        self.builder.ins().jump(target, &arguments);
    }

    fn branch_if(&mut self, depth: u32) {
        let condition = self.stack.pop();
        let (target, count) = self.target(depth);
        let arguments = block_arguments(self.stack.top(count));
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, target, &arguments, next, &[]);
        self.builder.seal_block(next);
        self.builder.switch_to_block(next);
    }

    fn branch_table(&mut self, targets: &BrTable<'_>) {
        let index = self.stack.pop();
        let depths: Vec<u32> = std::iter::once(Ok(targets.default()))
            .chain(targets.targets())
            .collect::<Result<_, _>>()
            .expect("validation read the targets before");
        let mut uses: HashMap<u32, u32> = HashMap::new();
        for depth in &depths {
            *uses.entry(*depth).or_default() += 1;
        }
        // Labels that take operands, or that occur several times, get a block each that passes on
        // operands and locals, so that the size of the table does not multiply with their number.
        let mut blocks: HashMap<u32, Block> = HashMap::new();
        let mut passing: Vec<(Block, u32)> = Vec::new();
        let mut calls = Vec::with_capacity(depths.len());
        for depth in depths {
            let block = match blocks.get(&depth) {
                Some(block) => *block,
                None => {
                    let (target, count) = self.target(depth);
                    let block = if count == 0 && uses[&depth] == 1 {
                        target
                    } else {
                        let block = self.builder.create_block();
                        passing.push((block, depth));
                        block
                    };
                    blocks.insert(depth, block);
                    block
                }
            };
            calls.push(self.builder.func.dfg.block_call(block, &[]));
        }
        let table = JumpTableData::new(calls[0], &calls[1..]);
        let table = self.builder.create_jump_table(table);
        self.builder.ins().br_table(index, table);
        for (block, depth) in passing {
            self.builder.seal_block(block);
            self.builder.switch_to_block(block);
            self.branch(depth);
        }
    }

    /// An `i32` that is 1 when `condition`, an `i8`, holds.
    pub(super) fn truth(&mut self, condition: Value) -> Value {
        self.builder.ins().uextend(types::I32, condition)
    }
}
