// Package theory computes, exactly, what queueing theory knows of a line: the figures to which the
// reference model (package model) is held before the real queue is held to the model.
//
// Units: any one unit of time throughout; the tables of the tests use seconds. Arrivals are
// Poisson, in contacts per unit; service times are exponential, given by their mean; a server is
// one slot of an adviser, because N advisers with K slots at constant speed are N x K servers.
//
// Every function checks its arguments and answers with an error that names the fault, ErrOverload
// where the load has no steady state. No function gives NaN or an infinity. Results are in double
// precision; sums over infinite chains stop where the rest is below 1e-15 of the whole.
//
//	erlang.go       Erlang B and C: contacts who never lose patience
//	patience.go     Erlang A: contacts who leave
//	priority.go     classes: strict order, slopes, credit, and the law that they all obey
//	skills.go       advisers who do not serve everybody: longest waiting to longest idle
package theory
