// How long tests wait: only what hangs reaches these bounds. On a machine with many times more work than cores
// everything takes that many times longer, and a test that fails there says nothing of the program.

/** One wait, for an answer, a line or the end of a process; in milliseconds. The error of this wait says what did not come. */
export const WAIT_HANGS_AFTER_MS = 120_000

/** A test, or a suite with all its tests; in milliseconds. Longer than several waits, whose errors say more. */
export const TEST_HANGS_AFTER_MS = 900_000
