//! Primes below a million by a sieve, and a checksum with vectors: Zig's own runtime.
const std = @import("std");

pub fn main() void {
    const limit = 1_000_000;
    const state = struct {
        var composite: [limit]bool = @splat(false);
    };
    var count: usize = 0;
    var lanes: @Vector(4, u32) = @splat(0);
    for (2..limit) |number| {
        if (state.composite[number]) continue;
        count += 1;
        const value: u32 = @intCast(number);
        lanes = lanes *% @as(@Vector(4, u32), @splat(31)) +% @Vector(4, u32){ value, value *% 3, value *% 5, value *% 7 };
        var multiple = number * number;
        while (multiple < limit) : (multiple += number) state.composite[multiple] = true;
    }
    std.debug.print("{d} primes, checksum {x}\n", .{ count, @reduce(.Xor, lanes) });
}
