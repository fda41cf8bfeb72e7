// Checks a database for what its settings mean for a journal: what survives which failure, as sentences for an operator.

import { type DatabaseAddress, isSocket } from './address.ts'
import type { Connection } from './connection.ts'

/**
 * refuse: the database cannot keep a journal. danger: an acknowledged write may be lost. warning: something else should be otherwise. note: what
 * the settings mean.
 */
export type FindingKind = 'refuse' | 'danger' | 'warning' | 'note'

export interface Finding {
  readonly kind: FindingKind
  readonly text: string
}

/** The settings of a database that matter. */
export interface DatabaseSettings {
  /** Such as 150020 for 15.20. */
  readonly versionNumber: number
  readonly isStandby: boolean
  readonly isReadOnly: boolean
  readonly fsync: string
  readonly fullPageWrites: string
  readonly synchronousCommit: string
  readonly synchronousStandbyNames: string
  readonly dataChecksums: string
}

/** PostgreSQL 12, the oldest version that the statements are written for. */
const OLDEST_VERSION = 120_000

/** Settings of `synchronous_commit` under which a commit is at least on the disk of this node, and of a standby that it waits for. */
const DURABLE_COMMITS = ['on', 'remote_apply']

export async function readSettings(connection: Connection): Promise<DatabaseSettings> {
  const { rows } = await connection.query(
    `select current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('transaction_read_only')::bool,
       current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
       current_setting('synchronous_standby_names'), current_setting('data_checksums')`,
  )
  const [version, isStandby, isReadOnly, ...settings] = rows[0] ?? []
  const [
    fsync = '',
    fullPageWrites = '',
    synchronousCommit = '',
    synchronousStandbyNames = '',
    dataChecksums = '',
  ] = settings.map(String)
  return {
    versionNumber: Number(version),
    isStandby: isStandby === true,
    isReadOnly: isReadOnly === true,
    fsync,
    fullPageWrites,
    synchronousCommit,
    synchronousStandbyNames,
    dataChecksums,
  }
}

/** The `synchronous_commit` of appends: that of the database if it is strong enough. */
export function commitSetting({ synchronousCommit }: DatabaseSettings): string {
  return DURABLE_COMMITS.includes(synchronousCommit) ? synchronousCommit : 'on'
}

/** The meaning of the settings, the worst first. */
export function findingsOf(settings: DatabaseSettings, address: DatabaseAddress): readonly Finding[] {
  return [...refusals(settings), ...dangers(settings), ...warnings(settings, address), promise(settings)]
}

function refusals({ versionNumber, isStandby, isReadOnly }: DatabaseSettings): Finding[] {
  const findings: Finding[] = []
  const refuse = (text: string) => findings.push({ kind: 'refuse', text })
  if (versionNumber < OLDEST_VERSION)
    refuse(`PostgreSQL ${Math.floor(versionNumber / 10_000)} is too old: it must be 12 or newer`)
  if (isStandby) refuse('the database is a standby: connect to the primary')
  else if (isReadOnly)
    refuse('transactions are read-only: connect to the primary, or set default_transaction_read_only = off')
  return findings
}

function dangers({ fsync, fullPageWrites }: DatabaseSettings): Finding[] {
  const findings: Finding[] = []
  const danger = (text: string) => findings.push({ kind: 'danger', text })
  if (fsync !== 'on')
    danger(
      'fsync = off: a crash of the machine may lose acknowledged writes and damage the database. Set fsync = on',
    )
  if (fullPageWrites !== 'on')
    danger(
      'full_page_writes = off: a crash of the machine may damage pages, unless the file system writes them whole. Set ' +
        'full_page_writes = on',
    )
  return findings
}

function warnings(settings: DatabaseSettings, address: DatabaseAddress): Finding[] {
  const findings: Finding[] = []
  const warn = (text: string) => findings.push({ kind: 'warning', text })
  const { synchronousCommit, dataChecksums } = settings
  if (commitSetting(settings) !== synchronousCommit)
    warn(
      `synchronous_commit = ${synchronousCommit}: this server's appends are made with synchronous_commit = on`,
    )
  if (dataChecksums !== 'on')
    warn(
      'data checksums are off: the database does not notice a flipped bit in its files. The servers notice one in an entry when they ' +
        'read it, and stop. Enable them with pg_checksums',
    )
  if (!isSocket(address) && address.tlsMode === 'disable')
    warn('sslmode=disable: whoever is on the way to the database can read and change the fleet')
  if (address.tlsMode === 'require')
    warn(
      'sslmode=require: the connection is encrypted, but nobody checks who answers. Use sslmode=verify-full',
    )
  return findings
}

/** The failures that an answered write survives. */
function promise(settings: DatabaseSettings): Finding {
  const names = settings.synchronousStandbyNames
  if (names === '')
    return {
      kind: 'note',
      text:
        'no synchronous standby: an answered write survives a crash of the database and of its machine, and not the loss of its disk. A ' +
        'fail-over to another standby may lose the newest answered writes; servers that had applied them notice it, and take no ' +
        'writes until somebody decides',
    }
  const applied = commitSetting(settings) === 'remote_apply' ? 'applied' : 'on disk'
  return {
    kind: 'note',
    text: `synchronous standbys ${names}: a write is answered once it is ${applied} there too, and waits while they are away`,
  }
}
