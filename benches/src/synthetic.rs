//! A module like those that compilers make, in the text format: what is measured when no other is given.
//!
//! It is synthetic so that a measurement needs no file from elsewhere. Invariant: the same count gives
//! the same text.

use std::fmt::Write;

/// How many functions make up a module of about 5 MB.
pub(crate) const LARGE: u32 = 16_800;

/// A module of `count` functions of several kinds, from accessors to interpreters' loops, that call each
/// other directly and through a table, with a fifth of data.
pub(crate) fn module(count: u32) -> String {
    let mut text = format!(
        "(module (memory (export \"memory\") 64) (table {count} funcref)\n\
         (type $f (func (param i32 i32) (result i32)))\n"
    );
    let mut state = 1;
    for index in 0..count {
        function(&mut text, index, count, &mut state).expect("strings accept everything");
    }
    for index in 0..count.div_ceil(16) {
        data(&mut text, index, &mut state).expect("strings accept everything");
    }
    text.push_str("(elem (i32.const 0)");
    for index in 0..count {
        write!(text, " $f{index}").expect("strings accept everything");
    }
    text.push_str(")\n(func (export \"_start\") (drop (call $f0 (i32.const 1) (i32.const 2)))))");
    text
}

/// The next number of a sequence without pattern (a linear congruential generator).
fn next(state: &mut u32) -> u32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state >> 8
}

fn function(text: &mut String, index: u32, count: u32, state: &mut u32) -> std::fmt::Result {
    let callee = next(state) % count;
    writeln!(
        text,
        "(func $f{index} (type $f) (local $i i32) (local $l i64) (local $d f64) (local $p i32)"
    )?;
    // A few functions are very large.
    let pieces = match index % 64 {
        0 => 40,
        1..=15 => 4,
        16..=39 => 2,
        _ => 1,
    };
    for _ in 0..pieces {
        match next(state) % 6 {
            0 => accessor(text, state)?,
            1 => integer_loop(text, state)?,
            2 => float_loop(text, state)?,
            3 => hash(text, state)?,
            4 => bytes(text, state)?,
            _ => dispatch(text, next(state) % count, state)?,
        }
    }
    writeln!(text, "(call $f{callee} (local.get $i) (i32.const {index})))")
}

/// Fields of structures.
fn accessor(text: &mut String, state: &mut u32) -> std::fmt::Result {
    let offset = next(state) % 256 * 4;
    writeln!(
        text,
        "(local.set $p (i32.load offset={offset} (local.get 0)))
         (if (i32.eqz (local.get $p)) (then (return (i32.const 0))))
         (i32.store offset={} (local.get $p) (i32.load16_u offset={} (local.get 1)))
         (i64.store offset={} (local.get $p) (i64.load offset=8 (local.get 1)))",
        offset % 64,
        offset % 32,
        offset % 128
    )
}

/// Branches and integers in a loop.
fn integer_loop(text: &mut String, state: &mut u32) -> std::fmt::Result {
    let (limit, shift) = (next(state) % 1000 + 1, next(state) % 31);
    writeln!(
        text,
        "(local.set $i (i32.const 0))
         (loop $again
           (i32.store offset={} (i32.and (local.get 0) (i32.const 65532))
             (i32.add (local.get $i) (i32.load (i32.and (local.get 1) (i32.const 65532)))))
           (if (i32.lt_u (local.get 0) (i32.const {limit}))
             (then (local.set 1 (i32.mul (local.get 1) (i32.const {}))))
             (else (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 1) (i32.const {shift}))))))
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $i) (i32.const {limit}))))",
        limit * 4 % 4096,
        limit | 1
    )
}

/// Floats over an array.
fn float_loop(text: &mut String, state: &mut u32) -> std::fmt::Result {
    let factor = next(state) % 100;
    writeln!(
        text,
        "(local.set $p (local.get 0))
         (loop $again
           (local.set $d (f64.add (local.get $d)
             (f64.mul (f64.load (local.get $p)) (f64.sub (f64.load offset=8 (local.get $p)) (f64.const {factor}.5)))))
           (f64.store (local.get $p) (f64.div (local.get $d) (f64.convert_i32_s (local.get 1))))
           (br_if $again (i32.lt_u (local.tee $p (i32.add (local.get $p) (i32.const 16))) (local.get 1))))
         (if (f64.gt (f64.sqrt (f64.abs (local.get $d))) (f64.const {factor}))
           (then (local.set $i (i32.trunc_sat_f64_s (local.get $d)))))"
    )
}

/// Mixing 64 bits.
fn hash(text: &mut String, state: &mut u32) -> std::fmt::Result {
    for _ in 0..3 {
        let (odd, shift) =
            (u64::from(next(state)) << 32 | u64::from(next(state) | 1), next(state) % 63 + 1);
        writeln!(
            text,
            "(local.set $l (i64.mul (i64.xor (local.get $l) (i64.rotl (i64.load offset={shift} (local.get 0)) (i64.const {shift}))) (i64.const {odd})))"
        )?;
    }
    text.push_str("(local.set $i (i32.wrap_i64 (i64.shr_u (local.get $l) (i64.const 32))))\n");
    Ok(())
}

/// Comparing strings.
fn bytes(text: &mut String, state: &mut u32) -> std::fmt::Result {
    let letter = next(state) % 26 + 97;
    writeln!(
        text,
        "(block $done
           (loop $again
             (local.set $p (i32.load8_u (i32.add (local.get 0) (local.get $i))))
             (br_if $done (i32.ne (local.get $p) (i32.load8_u offset=1 (i32.add (local.get 1) (local.get $i)))))
             (br_if $done (i32.eq (local.get $p) (i32.const {letter})))
             (local.set $i (i32.add (local.get $i) (i32.const 1)))
             (br_if $again (local.get $p))))
         (memory.copy (local.get 1) (local.get 0) (local.get $i))"
    )
}

/// An interpreter's choice, and calls.
fn dispatch(text: &mut String, callee: u32, state: &mut u32) -> std::fmt::Result {
    let mask = next(state) % 8 + 8;
    writeln!(
        text,
        "(block $end (block $d (block $c (block $b (block $a
           (br_table $a $b $c $d $b $a $d $c $end (i32.and (local.get 1) (i32.const {mask}))))
           (local.set $i (call $f{callee} (local.get $p) (local.get $i))) (br $end))
           (local.set $i (call_indirect (type $f) (local.get 0) (local.get 1) (i32.and (local.get 1) (i32.const {mask})))) (br $end))
           (local.set $i (i32.popcnt (i32.rotl (local.get $i) (i32.const {mask})))) (br $end))
           (local.set $i (select (local.get 0) (i32.div_u (local.get 1) (i32.or (local.get $i) (i32.const 1))) (i32.eqz (local.get $p)))))"
    )
}

/// A kilobyte of data: numbers and text.
fn data(text: &mut String, index: u32, state: &mut u32) -> std::fmt::Result {
    write!(text, "(data (i32.const {}) \"", index * 1024)?;
    for _ in 0..512 {
        let number = next(state);
        write!(text, "\\{:02x}{}", number & 0xff, char::from((number >> 8) as u8 % 26 + b'a'))?;
    }
    text.push_str("\")\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasm2native::{Builder, Error, Target};

    #[test]
    fn the_module_can_be_compiled_for_every_architecture() {
        let module = wat::parse_str(super::module(130)).expect("it is well-formed");
        let mut architectures = 0;
        let result = Builder::new(&module).targets(Target::all()).compile_each(|_| {
            architectures += 1;
            Ok::<_, Error>(())
        });
        assert!(result.is_ok() && architectures == 4, "{architectures}");
    }
}
