// A process with a replica on PostgreSQL and the fleet of the simulation. It keeps nothing on disk, and so applies the whole journal first.
import { randomBytes } from 'node:crypto'
import { SYSTEM_CLOCK } from '../../../src/replication/clock.ts'
import { firstCursor } from '../../../src/replication/cursor.ts'
import { beginning } from '../../../src/replication/entry.ts'
import { parseDatabaseUrl } from '../../../src/replication/postgres/address.ts'
import { openPostgres } from '../../../src/replication/postgres/postgres.ts'
import { Replica } from '../../../src/replication/replica.ts'
import { decodeGroup, Fleet, NO_CHANGES, type Staged } from '../simulation/fleet.ts'
import { FleetService } from '../simulation/service.ts'
import type { Message, ProcessTask, Request } from './message.ts'

const CALL_MS = 1000

// Only the test starts this process, and sends it requests.
const { server, url } = JSON.parse(process.argv[2] ?? '') as ProcessTask
const send = (message: Message) => process.send?.(message)

const { engine, journal: present } = await openPostgres({
  address: parseDatabaseUrl(url),
  passwordPath: undefined,
  tls: { caPath: undefined, certificatePath: undefined, keyPath: undefined },
  callMs: CALL_MS,
  applicationName: server,
  server,
  onHintFailed: () => {},
})
const fresh = randomBytes(16).toString('hex')
const journal = present ?? (await engine.found(fresh, beginning(fresh)))
const fleet = new Fleet(NO_CHANGES, (body, own) => replica.append(body, own))
const replica: Replica<readonly Staged[]> = new Replica({
  engine,
  clock: SYSTEM_CLOCK,
  random: Math.random,
  journal,
  self: { writer: randomBytes(16).toString('hex'), server, address: server, version: '1', settings: '' },
  cursor: firstCursor(journal),
  positionOnDisk: () => 0,
  apply: (entry, _, own) => {
    if (entry.kind === 'group') fleet.apply(decodeGroup(entry.body), own)
  },
  onEvent: event => {
    if (event.kind === 'role') send({ kind: 'role', role: event.to })
    if (event.kind === 'fault') send({ kind: 'fault', message: event.fault.message })
  },
  onFatal: error => {
    send({ kind: 'fault', message: String(error) })
    process.exit(1)
  },
})
const service = new FleetService(replica, fleet)
process.on('message', (message: Request) => {
  void service.answer(message).then(answer => send({ kind: 'answer', number: message.number, answer }))
})
replica.start()
send({ kind: 'role', role: 'following' })
