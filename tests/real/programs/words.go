// Counts words: maps, sorting, goroutines, a recovered panic, an exit status.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"
)

func main() {
	counts := map[string]int{}
	scanner := bufio.NewScanner(os.Stdin)
	for scanner.Scan() {
		for _, word := range strings.Fields(scanner.Text()) {
			counts[strings.ToLower(word)]++
		}
	}
	words := make([]string, 0, len(counts))
	for word := range counts {
		words = append(words, word)
	}
	sort.Strings(words)
	done := make(chan int)
	for _, word := range words {
		go func() { done <- counts[word] }()
	}
	total := 0
	for range words {
		total += <-done
	}
	for _, word := range words {
		fmt.Println(word, counts[word])
	}
	fmt.Printf("%d words, %d different, %q\n", total, len(words), os.Args[1:])
	defer func() { fmt.Println("recovered:", recover()); os.Exit(5) }()
	var empty []int
	fmt.Println(empty[len(words)])
}
