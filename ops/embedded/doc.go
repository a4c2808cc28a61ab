// Package embedded runs a private Postgres and a private Redis as supervised children of this
// process: the services of a trial, of a small line and of every test. A line with services of its
// own does not use it.
//
// Nothing listens on a network: both children take unix sockets only, in a folder that nobody but
// their user may enter. As root they run as the user postgres, else nobody. They die with this
// process, even when it is killed: each is started and waited for by one goroutine that keeps its
// OS thread, because the kernel sends the parent-death signal when the creating THREAD ends.
//
// Two locks guard a data folder:
//
//   - `lock` is held by this process alone: a second start on the same folder fails at once.
//   - `postgres.lock` and `redis.lock` are handed down to the child, which holds them unknowingly
//     until its last process is gone: a start after a kill waits for the children of the old one
//     by asking the kernel, never by trusting a process number in a file.
//
// Neither child may log what people write: statements, parameters, details of errors and crash
// reports with arguments are all switched off.
package embedded
