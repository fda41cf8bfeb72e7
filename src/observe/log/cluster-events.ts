// Log lines for events of a server that shares a journal with others.
import type { CopyEvent } from '../../http/cluster/copies.ts'
import type { ReplicaEvent } from '../../replication/replica.ts'
import { reasonOf } from '../../wire/text.ts'
import type { Logger } from './log.ts'

/** @param settings the digest of this server's settings that decide about writes */
export function createClusterEventLog(log: Logger, settings: string): (event: ReplicaEvent) => void {
  return event => {
    switch (event.kind) {
      case 'role':
        log.info({ from: event.from, to: event.to }, 'cluster: the role of this server has changed')
        return
      case 'epoch':
        log.info(
          { epoch: event.epoch, writer: event.leader?.address ?? null },
          event.leader === undefined ? 'cluster: the writer has resigned' : 'cluster: a server is the writer',
        )
        if (event.leader !== undefined && event.leader.settings !== settings)
          log.warn(
            'cluster: the writer decides by other settings than this server would: adapters.required, compatibility, or limits of adapters differ',
          )
        return
      case 'claimed':
        log.info({ outcome: event.outcome }, 'cluster: this server has claimed to be the writer')
        return
      case 'fault':
        log.error({ fault: event.fault.kind }, `cluster: ${event.fault.message}`)
        return
      case 'fault-ended':
        log.info('cluster: the journal agrees with this server again')
        return
      case 'unreachable':
        log.warn({ reason: reasonOf(event.error) }, 'cluster: the database does not answer; writes wait')
        return
      case 'reachable':
        log.info('cluster: the database answers again')
        return
      case 'call-failed':
        log.warn(
          { call: event.call, reason: reasonOf(event.error) },
          'cluster: a call of the database failed',
        )
        return
    }
  }
}

/** Copies of the data folder that other servers have asked for (contract 14.15). */
export function createCopyEventLog(log: Logger): (event: CopyEvent) => void {
  return ({ outcome, server, bytes, durationMs, reason }) => {
    const fields = { server, bytes, durationMs: Math.round(durationMs) }
    if (outcome === 'sent') log.info(fields, 'cluster: another server has a copy of the data folder')
    else if (outcome === 'broken')
      log.warn({ ...fields, reason }, 'cluster: a copy for another server was broken off')
    else log.warn({ server, reason }, 'cluster: a copy for another server was refused')
  }
}
