// What an empty fleet shows: the commands that fill it.
import type { ListName } from '../fields.ts'

const COMMANDS = `hyperfleet create cluster my-cluster --spec '{region: us-east1}'
hyperfleet report cluster my-cluster --adapter validator \\
  --condition Available=True --condition Applied=True --condition Health=True
hyperfleet simulate`

export function EmptyFleet({ list }: { readonly list: ListName }) {
  return (
    <div class="empty">
      <p>There are no {list} yet. These commands make some:</p>
      <pre>{COMMANDS}</pre>
    </div>
  )
}
