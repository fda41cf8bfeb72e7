// What the server has of the simulation from earlier runs: it is taken into the ledger as it is, so that a second run
// goes on where the first ended.
import { type Crew, shareOut } from './crew.ts'
import { type Collection, type FleetApi, quoted, resourcePath, type ServedResource } from './fleet-api.ts'
import type { Ledger } from './ledger.ts'

/** Reads every resource with the simulation's label, and its reports; gives how many there are. */
export async function readEarlier(
  api: FleetApi,
  ledger: Ledger,
  crew: Crew,
  namePrefix: string,
): Promise<Readonly<Record<Collection, number>>> {
  const search = `labels.simulation=${quoted(namePrefix)}`
  const readAll = async (collection: Collection) => {
    let found = 0
    for await (const page of api.pages(collection, search)) {
      await shareOut(crew, page, async resource => readResource(api, ledger, resource))
      found += page.length
    }
    return found
  }
  return { clusters: await readAll('clusters'), nodepools: await readAll('nodepools') }
}

async function readResource(api: FleetApi, ledger: Ledger, resource: ServedResource): Promise<void> {
  ledger.add(resource, await api.statuses(resourcePath(resource)))
}
