// The switch that lets a command die at a named moment (docs/internals/durability.md), as `dying-command.ts` reads it from its
// environment.

/**
 * Reads the switch, `point` or `point:nth`: die when the point is reached for the nth time, or the first.
 * @param points those that the command reaches
 * @param die ends the process at once
 * @throws Error when there is no such point
 */
export function crashSwitch<Point extends string>(
  text: string,
  points: readonly Point[],
  die: () => void,
): (point: Point) => void {
  const [name, nth = '1'] = text.split(':')
  const point = points.find(candidate => candidate === name)
  if (point === undefined || !/^[1-9]\d{0,8}$/.test(nth))
    throw new Error(`HYPERFLEET_TEST_CRASH_POINT is '${text}': must be POINT or POINT:NTH`)
  let left = Number(nth)
  return reached => {
    if (reached === point && --left === 0) die()
  }
}
