// Process of a separate server: prints its port, and for every line it reads its heap size after a collection.
import { createInterface } from 'node:readline'
import { ENGINES, startTestServer } from '../harness/server.ts'

const [, , engineName, folder = '', environment = '{}'] = process.argv
const engine = ENGINES.find(name => name === engineName) ?? 'node'
const server = await startTestServer({ engine, folder, environment: JSON.parse(environment) })
console.log(server.server.port)
for await (const _ of createInterface({ input: process.stdin })) {
  globalThis.gc?.()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  console.log(heapUsed + external)
}
await server.stop()
