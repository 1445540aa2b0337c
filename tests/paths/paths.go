// What a tool does with paths, in Go: see `tests/paths.rs`.
package main

import (
	"fmt"
	"os"
	"strings"
)

func say(what, path string, err error) {
	result := "done"
	if err != nil {
		result = "failed"
	}
	fmt.Printf("%s %s: %s\n", what, path, result)
}

func read(shown, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		text = []byte("failed")
	}
	fmt.Printf("read %s: %s\n", shown, strings.TrimRight(string(text), "\n"))
}

func write(shown, path string) {
	say("write", shown, os.WriteFile(path, []byte("written\n"), 0o666))
	read(shown, path)
}

func list(path string) {
	entries, err := os.ReadDir(path)
	fmt.Printf("list %s:", path)
	if err != nil {
		fmt.Print(" failed")
	}
	for _, entry := range entries {
		fmt.Print(" ", entry.Name())
	}
	fmt.Println()
}

func size(path string) {
	status, err := os.Stat(path)
	if err != nil {
		fmt.Printf("size %s: failed\n", path)
	} else if status.IsDir() {
		fmt.Printf("size %s: folder 0\n", path)
	} else {
		fmt.Printf("size %s: file %d\n", path, status.Size())
	}
}

func main() {
	here, temporary := os.Getenv("PWD"), os.TempDir()
	if here == "" || temporary == "" {
		fmt.Println("PWD or TMPDIR is not set")
		os.Exit(1)
	}
	for _, path := range []string{"x", "./x", "sub/x", "sub/../x", "./sub/./x", "link", "linked/x", "missing", "sub/missing"} {
		read(path, path)
	}
	for _, path := range []string{"x", "sub/x", "sub/../x", "./x", "link", "linked/x", "missing"} {
		read(here+"/"+path, here+"/"+path)
	}
	for _, path := range []string{".", "sub", "./sub/", here, here + "/sub"} {
		list(path)
	}
	for _, path := range []string{"x", "sub", here, here + "/sub/x"} {
		size(path)
	}
	for _, path := range []string{"new1", "./new2", "sub/new3", here + "/new4"} {
		write(path, path)
	}
	say("folder", "made", os.Mkdir("made", 0o777))
	write("made/inside", "made/inside")
	say("rename", "new1", os.Rename("new1", "made/moved"))
	say("rename", "new4", os.Rename(here+"/new4", "sub/moved"))
	say("remove", "new2", os.Remove("./new2"))
	say("remove", "made/inside", os.Remove(here+"/made/inside"))
	list(here)
	list("made")
	write("temporary", temporary+"/temporary")
	folders := false
	for _, argument := range os.Args[1:] {
		if argument == "-d" {
			folders = true
		}
		argument = strings.TrimPrefix(argument, "--out=")
		if strings.HasPrefix(argument, "-") {
			continue
		}
		if folders {
			list(argument)
			read(argument+"/inside", argument+"/inside")
			write(argument+"/made", argument+"/made")
		} else {
			read(argument, argument)
			write(argument, argument)
			size(argument)
		}
	}
	working, err := os.Getwd()
	say("folder of work", working, err)
}
