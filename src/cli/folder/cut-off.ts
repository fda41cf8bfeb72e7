// A restore that was cut off is finished by the next command that would make the data folder.
import { finishExchange } from '../../store/exchange.ts'

/** @throws StoreError when a restore is at work, or cannot be finished */
export async function finishCutOff(path: string): Promise<void> {
  const finished = await finishExchange(path)
  if (finished === undefined) return
  const { target, aside } = finished
  console.error(
    `hyperfleet: an earlier restore to ${target} was cut off between its two renames: it is finished now, and the data ` +
      `folder that was there is ${aside}`,
  )
}
