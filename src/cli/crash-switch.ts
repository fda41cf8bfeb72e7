// The switch that lets the server die at a named moment, for the tests of recovery (docs/durability.md). It is no setting:
// an operator has no use for it.
import { CRASH_POINTS, noCrash, type Reached } from '../store/crash-point.ts'
import { UsageError } from './command.ts'

/**
 * Reads the switch, `point` or `point:nth`: die when the point is reached for the nth time, or the first.
 * @param die ends the process at once
 * @throws UsageError when there is no such point
 */
export function crashSwitch(text: string | undefined, die: () => void): Reached {
  if (text === undefined) return noCrash
  const [name, nth = '1'] = text.split(':')
  const point = CRASH_POINTS.find(candidate => candidate === name)
  if (point === undefined || !/^[1-9]\d{0,8}$/.test(nth))
    throw new UsageError(`HYPERFLEET_TEST_CRASH_POINT is '${text}': must be POINT or POINT:NTH`)
  let left = Number(nth)
  return reached => {
    if (reached === point && --left === 0) die()
  }
}
