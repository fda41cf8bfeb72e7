// `hyperfleet apply`: creates or changes clusters and nodepools to match documents.
import { type Command, notGiven, UsageError } from './command.ts'
import { withServer } from './connection/api.ts'
import { CONNECTION_FLAGS } from './connection/flags.ts'
import { thisMachine } from './connection/machine.ts'
import { readTarget } from './connection/target.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { readArguments } from './flags/flag-reader.ts'
import { CLUSTER_FLAG } from './resources/list-flags.ts'
import { creationsOfAll, FILES_FLAG } from './write/creations.ts'
import { DocumentWriter, writeAll } from './write/document-writer.ts'
import { OUTPUT_FLAG, readForm } from './write/result.ts'

const FLAGS = [FILES_FLAG, CLUSTER_FLAG, OUTPUT_FLAG, ...CONNECTION_FLAGS] as const satisfies readonly Flag[]

export const apply: Command = {
  help: () => `Usage: hyperfleet apply -f FILE|- [flags]

Creates each cluster and nodepool whose name does not exist yet, and changes the others: the document's spec and labels replace
the existing ones as a whole; a member that the document omits is not changed. Prints for each whether it was created, configured
or unchanged. Takes the same documents as 'create -f'; members that the server sets, such as ids and times, are ignored.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet apply -f fleet.yaml'],
    ['hyperfleet get cluster my-cluster -o yaml | sed s/us-east1/us-east4/ | hyperfleet apply -f -'],
  ],
  flags: FLAGS,
  async run(args, output) {
    const given = readArguments('apply', FLAGS, args)
    const files = given.all('file')
    if (given.operands.length > 0 || files.length === 0)
      throw new UsageError(`apply takes documents with -f${notGiven(given.operands)}`)
    const form = readForm(given.text('output'))
    const creations = await creationsOfAll(files, given.text('cluster'))
    return withServer(readTarget(given, thisMachine()), api => {
      const writer = new DocumentWriter(api)
      return writeAll(creations, creation => writer.apply(creation), form, output)
    })
  },
}
