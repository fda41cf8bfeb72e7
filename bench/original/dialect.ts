// Generations of the original server, which differ in the name of their summary and in the method of a report. The
// conditions of a new cluster show which one a server is.

export interface Dialect {
  /** Setting with which our server speaks it. */
  readonly compatibility: 'documents' | 'current'
  readonly reportMethod: 'POST' | 'PUT'
  readonly notReady: string
  /** Search for what no adapter has looked at since a time. */
  readonly stale: (before: string) => string
}

const DOCUMENTS = dialect('documents', 'POST', 'Ready')
const CURRENT = dialect('current', 'PUT', 'Reconciled')

function dialect(
  compatibility: Dialect['compatibility'],
  reportMethod: Dialect['reportMethod'],
  summary: string,
): Dialect {
  const condition = `status.conditions.${summary}`
  return {
    compatibility,
    reportMethod,
    notReady: `${condition}='False'`,
    stale: before => `${condition}='True' and ${condition}.last_updated_time < '${before}'`,
  }
}

/**
 * @param types the types of the conditions of a new cluster
 * @throws Error if they fit no generation
 */
export function dialectOf(types: readonly string[]): Dialect {
  if (types.includes('Ready')) return DOCUMENTS
  if (types.includes('Reconciled')) return CURRENT
  throw new Error(
    `a new cluster has the conditions [${types.join(', ')}], neither Ready nor Reconciled: does the server require adapters?`,
  )
}
