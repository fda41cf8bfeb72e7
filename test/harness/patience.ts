// Timeouts of tests. They are for hangs only: with many times more work than cores, everything takes many times longer,
// and such a failure says nothing about the program.

/** One wait, for an answer, a line or the end of a process; in milliseconds. The error of this wait says what did not come. */
export const WAIT_HANGS_AFTER_MS = 120_000

/** A test, or a suite with all its tests; in milliseconds. Longer than several waits, whose errors say more. */
export const TEST_HANGS_AFTER_MS = 900_000
