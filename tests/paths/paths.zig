//! What a tool does with paths, in Zig without a C library: see `tests/paths.rs`. Less two reads: on WASI
//! Zig's library does not follow a link to open a file.

const std = @import("std");
const Dir = std.Io.Dir;

var io: std.Io = undefined;
var arena: std.mem.Allocator = undefined;
var out: *std.Io.Writer = undefined;

fn join(folder: []const u8, name: []const u8) ![]const u8 {
    return std.mem.concat(arena, u8, &.{ folder, "/", name });
}

fn say(what: []const u8, path: []const u8, result: anytype) !void {
    const word = if (result) |_| "done" else |_| "failed";
    try out.print("{s} {s}: {s}\n", .{ what, path, word });
}

fn read(shown: []const u8, path: []const u8) !void {
    var buffer: [256]u8 = undefined;
    const text = Dir.cwd().readFile(io, path, &buffer) catch "failed";
    try out.print("read {s}: {s}\n", .{ shown, std.mem.trimEnd(u8, text, "\n") });
}

fn write(shown: []const u8, path: []const u8) !void {
    try say("write", shown, Dir.cwd().writeFile(io, .{ .sub_path = path, .data = "written\n" }));
    try read(shown, path);
}

fn lessThan(_: void, a: []const u8, b: []const u8) bool {
    return std.mem.lessThan(u8, a, b);
}

fn namesOf(path: []const u8) ![][]const u8 {
    var folder = try Dir.cwd().openDir(io, path, .{ .iterate = true });
    defer folder.close(io);
    var names: std.ArrayList([]const u8) = .empty;
    var entries = folder.iterate();
    while (try entries.next(io)) |entry| try names.append(arena, try arena.dupe(u8, entry.name));
    std.mem.sort([]const u8, names.items, {}, lessThan);
    return names.items;
}

fn list(path: []const u8) !void {
    try out.print("list {s}:", .{path});
    if (namesOf(path)) |names| {
        for (names) |name| try out.print(" {s}", .{name});
    } else |_| try out.print(" failed", .{});
    try out.print("\n", .{});
}

fn size(path: []const u8) !void {
    const status = Dir.cwd().statFile(io, path, .{}) catch {
        return out.print("size {s}: failed\n", .{path});
    };
    if (status.kind == .directory) {
        try out.print("size {s}: folder 0\n", .{path});
    } else {
        try out.print("size {s}: file {d}\n", .{ path, status.size });
    }
}

pub fn main(init: std.process.Init) !void {
    io = init.io;
    arena = init.arena.allocator();
    var buffer: [4096]u8 = undefined;
    var stdout = std.Io.File.stdout().writerStreaming(io, &buffer);
    out = &stdout.interface;
    const here = init.environ_map.get("PWD") orelse return error.NoPwd;
    const temporary = init.environ_map.get("TMPDIR") orelse return error.NoTemporary;
    for ([_][]const u8{ "x", "./x", "sub/x", "sub/../x", "./sub/./x", "linked/x", "missing", "sub/missing" }) |path| {
        try read(path, path);
    }
    for ([_][]const u8{ "x", "sub/x", "sub/../x", "./x", "linked/x", "missing" }) |path| {
        try read(try join(here, path), try join(here, path));
    }
    for ([_][]const u8{ ".", "sub", "./sub/", here, try join(here, "sub") }) |path| try list(path);
    for ([_][]const u8{ "x", "sub", here, try join(here, "sub/x") }) |path| try size(path);
    for ([_][]const u8{ "new1", "./new2", "sub/new3", try join(here, "new4") }) |path| {
        try write(path, path);
    }
    const cwd = Dir.cwd();
    try say("folder", "made", cwd.createDir(io, "made", .default_dir));
    try write("made/inside", "made/inside");
    try say("rename", "new1", cwd.rename("new1", cwd, "made/moved", io));
    try say("rename", "new4", cwd.rename(try join(here, "new4"), cwd, "sub/moved", io));
    try say("remove", "new2", cwd.deleteFile(io, "./new2"));
    try say("remove", "made/inside", cwd.deleteFile(io, try join(here, "made/inside")));
    try list(here);
    try list("made");
    try write("temporary", try join(temporary, "temporary"));
    var folders = false;
    const arguments = try init.minimal.args.toSlice(arena);
    for (arguments[1..]) |word| {
        var argument: []const u8 = word;
        if (std.mem.eql(u8, argument, "-d")) folders = true;
        if (std.mem.startsWith(u8, argument, "--out=")) argument = argument[6..];
        if (argument[0] == '-') continue;
        if (folders) {
            try list(argument);
            try read(try join(argument, "inside"), try join(argument, "inside"));
            try write(try join(argument, "made"), try join(argument, "made"));
        } else {
            try read(argument, argument);
            try write(argument, argument);
            try size(argument);
        }
    }
    try out.flush();
}
