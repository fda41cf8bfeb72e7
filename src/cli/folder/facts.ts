// What a folder holds, in words.
import type { Counts } from '../../store/copy/copy.ts'
import { count } from '../count.ts'

/** `1,000 clusters, 2,469 nodepools and 9,876 statuses`. */
export function countsText({ clusters, nodepools, statuses }: Counts): string {
  return `${plural(clusters, 'cluster')}, ${plural(nodepools, 'nodepool')} and ${plural(statuses, 'status')}`
}

function plural(value: number, noun: string): string {
  if (value === 1) return `1 ${noun}`
  return `${count(value)} ${noun}${noun.endsWith('s') ? 'es' : 's'}`
}
