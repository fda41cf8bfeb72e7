// The first request: is there a HyperFleet server at all? It is not repeated, so that a wrong address shows at once.
import type { Answer, Client } from '../../src/cli/client.ts'
import { EXIT } from '../../src/cli/command.ts'
import { noHyperfleet, unreachable } from '../../src/cli/server-address.ts'
import { SimulationError } from './failures.ts'

/** @throws SimulationError that says what to do */
export async function greet(client: Client, server: URL): Promise<void> {
  const answer = await ask(client, server)
  if (answer.status === 200 && saysHyperfleet(answer.body)) return
  throw new SimulationError(noHyperfleet(server, '/api/hyperfleet', answer.status))
}

async function ask(client: Client, server: URL): Promise<Answer> {
  try {
    return await client.send('GET', '/api/hyperfleet')
  } catch (error) {
    throw new SimulationError(unreachable(server, error), EXIT.unreachable)
  }
}

/** Contract 1.2. */
function saysHyperfleet(body: Buffer): boolean {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'))
    if (typeof said !== 'object' || said === null || !('id' in said) || !('kind' in said)) return false
    return said.id === 'hyperfleet' && said.kind === 'API'
  } catch {
    return false
  }
}
