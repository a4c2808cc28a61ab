// Package e2e tests the real program from outside: it builds `adviceline` once, starts it with
// services of its own, and speaks to it as phones, browsers and consoles do.
//
//	main_test.go      builds the program, finds the browser
//	house_test.go     one running house: start, kill -9, restart, accounts, log
//	postgres_test.go  a Postgres that a test starts and stops by itself
//	deploy_test.go    servers and a proxy with the files of ops/deploy
//	socket_test.go contact_test.go console_test.go    protocol clients that come back by themselves
//	page_test.go      the same by browser tabs
//	cluster_test.go   several nodes over one Postgres and one Redis, sockets that move between them
//	memory_test.go    what sockets weigh, by a node's own metrics
//
// What starts nodes, Postgres and Redis is in rig, which bench shares: `make bench` measures the program
// beside the least that could do its work.
//
// Every other file is a test, named for what it proves. A module of its own keeps the browser's
// libraries out of the program's go.sum.
package e2e
