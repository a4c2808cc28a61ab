//go:build race

package model

// raced: a simulation takes eight times as long under the race detector, which sees nothing in one goroutine.
const raced = true
